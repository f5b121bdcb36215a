"""A writer that knows nothing of the lease commits in the middle of a run, or between two."""

from __future__ import annotations

import pytest

from tests.faults.acts import CommitToo, append_again
from tests.faults.processes import run
from tests.faults.scorecard import record
from tests.faults.story import Fault, Prepared

pytestmark = pytest.mark.faults

READ_BACK = "another writer is at work on this lake, or the commit was lost"


@pytest.mark.parametrize("table", ["bronze.corner__orders", "silver.orders", "silver.order_lines", "gold.shipped"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_in_the_middle(lakehouse: Prepared, when: str, table: str) -> None:
    fault = Fault("A foreign commit", f"{when} our commit to {table}", (7,), READ_BACK)
    found = record(lakehouse.suffer(fault, CommitToo(f"{when} {table}")))
    assert found.is_good, found


@pytest.mark.parametrize("table", ["bronze.corner__orders", "silver.order_lines", "silver.customers"])
def test_after_our_commit_was_read_back(lakehouse: Prepared, table: str) -> None:
    """Also to a table that the run does not write."""
    location = str(lakehouse.subject.lake / table.replace(".", "/"))
    fault = Fault("A foreign commit", f"to {table}, at the last table", (7,), "another writer is at work on this lake")
    found = record(lakehouse.suffer(fault, CommitToo("before gold.shipped", location)))
    assert found.is_good, found


@pytest.mark.parametrize("table", ["silver.orders", "gold.shipped"])
def test_between_two_runs(lakehouse: Prepared, table: str) -> None:
    """Readers keep what was published, and the next run puts the table back first."""
    lakehouse.restart()
    append_again(str(lakehouse.subject.lake / table.replace(".", "/")))
    fault = Fault("A foreign commit", f"to {table} between two runs")
    assert lakehouse.subject.read() == lakehouse.before
    found = record(lakehouse.judge(fault, run(lakehouse.subject)))
    assert found.is_good, found
