"""Which partitions hold rows with given keys, told by the log as far as it goes, and by the key column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from lakehouse.scope import Keys
from lakehouse.storage.lake import Stored
from lakehouse.storage.locate import partitions_holding

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
ROWS = [("a1", "x", JANUARY), ("a2", "y", JANUARY), ("b1", "x", FEBRUARY), ("c1", "z", MARCH), ("c2", None, MARCH)]


@pytest.fixture(scope="module")
def delta(tmp_path_factory: pytest.TempPathFactory) -> DeltaTable:
    """Keys that grow with the months, and customers who come again."""
    folder = str(tmp_path_factory.mktemp("orders"))
    columns = [list(column) for column in zip(*ROWS, strict=True)]
    types = (pa.string(), pa.string(), pa.date32())
    arrays = [pa.array(values, type_) for values, type_ in zip(columns, types, strict=True)]
    write_deltalake(folder, pa.table(arrays, ["order_id", "customer", "month"]), partition_by=["month"])
    return DeltaTable(folder)


CASES: Mapping[str, tuple[str, Sequence[str], Sequence[date]]] = {
    "one key": ("order_id", ["a2"], [JANUARY]),
    "keys of two months": ("order_id", ["a1", "c2"], [JANUARY, MARCH]),
    "between the keys of a month": ("order_id", ["a15"], []),
    "before all": ("order_id", ["A"], []),
    "after all": ("order_id", ["d"], []),
    "a customer who comes again": ("customer", ["x"], [JANUARY, FEBRUARY]),
    "nobody": ("customer", ["w", "xx"], []),
}


@pytest.mark.parametrize("case", CASES)
def test_partitions(delta: DeltaTable, case: str) -> None:
    column, keys, expected = CASES[case]
    assert partitions_holding(Stored(delta), "month", column, Keys.of(pa.array(keys))) == expected


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (date(2026, 2, 10), [FEBRUARY]),
        (date(2026, 2, 1), [JANUARY, FEBRUARY]),
        (date(2026, 1, 1), [JANUARY, FEBRUARY]),
        (date(2026, 3, 10), []),
    ],
    ids=str,
)
def test_a_key_from_a_day_on(delta: DeltaTable, since: date, expected: Sequence[date]) -> None:
    """The first day of a month can be the last one of the month before elsewhere."""
    keys = Keys(pa.array(["x"]), pa.array([since]))
    assert partitions_holding(Stored(delta), "month", "customer", keys) == expected


@pytest.mark.parametrize(("day", "expected"), [(9, []), (10, [MARCH]), (20, [MARCH]), (21, [])], ids=str)
def test_the_least_and_the_greatest_key_are_among_them(tmp_path: Path, day: int, expected: Sequence[date]) -> None:
    keys = pa.array([date(2026, 3, 10), date(2026, 3, 20)])
    write_deltalake(tmp_path, pa.table({"day": keys, "month": [MARCH, MARCH]}), partition_by=["month"])
    asked = Keys.of(pa.array([date(2026, 3, day)]))
    assert partitions_holding(Stored(DeltaTable(tmp_path)), "month", "day", asked) == expected


def test_each_key_has_a_day_of_its_own(delta: DeltaTable) -> None:
    keys = Keys(pa.array(["x", "z"]), pa.array([date(2026, 3, 10), date(2026, 1, 10)]))
    assert partitions_holding(Stored(delta), "month", "customer", keys) == [MARCH]
