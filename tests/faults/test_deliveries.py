"""A row that comes again in an older version, and a row that gets lost on its way."""

from __future__ import annotations

import pytest

from tests.faults.acts import LoseRows
from tests.faults.processes import run
from tests.faults.scorecard import record, score
from tests.faults.story import Fault, Prepared, last_line
from tests.faults.subject import Lakehouse, Tables, difference

pytestmark = pytest.mark.faults


def facts(tables: Tables | None) -> Tables:
    """What counts: bronze keeps all that ever came."""
    return {name: rows for name, rows in (tables or {}).items() if name.startswith(("silver.", "gold."))}


def test_an_older_version_comes_after_a_newer(lakehouse: Prepared) -> None:
    lakehouse.restart()
    subject = lakehouse.subject
    assert isinstance(subject, Lakehouse)
    assert run(subject).code == 0
    late = subject.shop.deliver("orders_late", "o2,2026-01-06,placed,2.00,1", minute=2)
    try:
        ended = run(subject)
    finally:
        late.unlink()
    seen = subject.read()
    found = score(
        "Deliveries",
        "an older version of a row after a newer",
        f"{ended.code}: {last_line(ended.said)}",
        is_safe=ended.code == 0,
        mixed_reads=int(seen is None),
        differences=[difference(facts(lakehouse.clean), facts(seen))],
    )
    assert record(found).is_good, found


def test_rows_that_get_lost_are_noticed(lakehouse: Prepared) -> None:
    fault = Fault("Deliveries", "rows get lost on their way by a defect", (7,), "accounted for in orders")
    found = record(lakehouse.suffer(fault, LoseRows()))
    assert found.is_good, found
