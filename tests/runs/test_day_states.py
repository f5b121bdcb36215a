"""What is said of days, by the files that came for them."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from lakehouse.derive.schema import arrow_schema
from lakehouse.quality.ledger import DELIVERIES
from lakehouse.runs.day_states import State, partial_days, states_of
from lakehouse.runs.deliveries import missed
from lakehouse.sources.definition import Source

FIELDS = {"files": "*.csv", "columns": ["id"]}
SHOP = Source.model_validate(
    {
        "source": "shop",
        "objects": {"orders": {**FIELDS, "required": True}, "lines": {**FIELDS, "required": True}, "visits": FIELDS},
        "entities": {},
    }
)
Days = dict[str, dict[int, int]]


def day(number: int) -> date:
    return date(2026, 3, number)


def deliveries(*files: Days) -> pa.Table:
    """What is kept of files given as records by object and day of March."""
    rows = [
        {"source": "shop", "object_name": name, "entity": "x", "delivery_date": day(number), "record_count": records}
        for each in files
        for name, days in each.items()
        for number, records in days.items()
    ]
    came = pa.Table.from_pylist(rows, schema=arrow_schema(DELIVERIES))
    return pa.concat_tables([came, missed(came, {"shop": SHOP})])


PUBLISHED: Days = {"orders": {1: 5, 2: 5}, "lines": {1: 9, 2: 9}, "visits": {1: 7, 2: 7}}
STATES = [
    pytest.param({"orders": {3: 5}, "lines": {3: 9}, "visits": {3: 7}}, [], id="as a day comes"),
    pytest.param(
        {"orders": {3: 0}, "lines": {3: 0}, "visits": {3: 7}},
        [(3, State.EMPTY, ("shop.lines", "shop.orders"))],
        id="delivered empty",
    ),
    pytest.param({"visits": {3: 7}}, [(3, State.PARTIAL, ("shop.lines", "shop.orders"))], id="visits alone"),
    pytest.param({"orders": {3: 5}, "visits": {3: 1}}, [(3, State.PARTIAL, ("shop.lines",))], id="without lines"),
    pytest.param({"orders": {3: 5}, "lines": {3: 9}}, [], id="visits are not required"),
    pytest.param({"orders": {1: 6, 3: 5}, "lines": {1: 9, 3: 9}}, [], id="a day that is delivered again is not late"),
    pytest.param({"orders": {4: 5}, "lines": {4: 9}}, [], id="a day that nothing came for is said by nobody"),
]


@pytest.mark.parametrize(("came", "expected"), STATES)
def test_states(came: Days, expected: list[tuple[int, State, tuple[str, ...]]]) -> None:
    assert states(PUBLISHED, came) == expected


def states(published: Days, came: Days) -> list[tuple[int, State, tuple[str, ...]]]:
    files = [("shop", name, day(number), records) for name, days in came.items() for number, records in days.items()]
    found = states_of(files, deliveries(published), deliveries(published, came))
    return [(each.day.day, each.state, each.objects) for each in found]


def test_late_is_what_comes_for_a_day_before_the_newest_though_it_was_missed() -> None:
    published: Days = {"orders": {1: 5, 3: 5}, "lines": {1: 9, 2: 9, 3: 9}}
    assert states(published, {"orders": {2: 5}}) == [(2, State.LATE, ("shop.orders",))]


def test_all_partial_days_are_told_in_order() -> None:
    table = deliveries({"orders": {2: 5, 5: 5}, "lines": {1: 9, 2: 9, 3: 9, 5: 9}, "visits": {4: 1, 6: 1}})
    assert [(each.day.day, each.objects) for each in partial_days(table)] == [
        (3, ("shop.orders",)),
        (4, ("shop.lines", "shop.orders")),
        (6, ("shop.lines", "shop.orders")),
    ]
