"""Keys, and what two states of some rows differ in."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from lakehouse.scope import Keys, differing, having


def keys(*values: str | None) -> Keys:
    return Keys.of(pa.array(values, pa.string()))


def listed(found: Keys) -> list[str]:
    return [str(value) for value in found.values.to_pylist()]


def test_keys_are_distinct_sorted_and_known() -> None:
    assert listed(keys("b", None, "a", "b")) == ["a", "b"]
    assert listed(Keys.of(pa.array(["b"], pa.large_string()), pa.chunked_array([["a"], ["b"]]))) == ["a", "b"]


def test_keys_as_sets() -> None:
    one, other = keys("a", "b"), keys("b", "c")
    assert listed(one | other) == ["a", "b", "c"]
    assert listed(one & other) == ["b"]
    assert listed(one - other) == ["a"]
    assert (listed(one | Keys.none()), listed(one - Keys.none()), listed(one & Keys.none())) == (
        ["a", "b"],
        ["a", "b"],
        [],
    )
    assert (bool(one), bool(Keys.none()), len(one)) == (True, False, 2)


def test_keys_from_a_day_on_keep_their_days() -> None:
    rows = pa.table({"key": ["b", "a"], "day": [date(2026, 2, 1), date(2026, 1, 1)]})
    found = Keys.from_day_on(rows, "key", "day")
    assert found.since is not None
    assert (listed(found), found.since.to_pylist()) == (["a", "b"], [date(2026, 1, 1), date(2026, 2, 1)])


def test_rows_that_differ() -> None:
    was = pa.table({"key": ["a", "a", "b", "c", "d"], "value": [1, 2, 3, None, 5]})
    now = pa.table({"key": ["a", "a", "b", "c", "e"], "value": [2, 1, 4, None, 5]})
    assert listed(differing(was, now, "key")) == ["b", "d", "e"]
    assert differing(was, was, "key").values.to_pylist() == []
    assert having(was, "key", keys("a", "d")).num_rows == 3


def test_a_row_more_of_the_same_differs() -> None:
    once, twice = pa.table({"key": ["a"], "value": [1]}), pa.table({"key": ["a", "a"], "value": [1, 1]})
    assert listed(differing(once, twice, "key")) == ["a"]
