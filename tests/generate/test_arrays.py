from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse.generate.arrays import (
    NEVER,
    NONE,
    amounts,
    labels,
    pick,
    repeat_positions,
    stream,
    sum_by,
    timestamps,
    trait,
    words,
)

_INT64 = st.integers(-(10**15), 10**15)


@pytest.mark.parametrize(
    ("number", "width", "text"),
    [
        pytest.param(42, 9, "O-000000042", id="padded with zeros"),
        pytest.param(0, 3, "O-000", id="zero is a number"),
        pytest.param(9_000_000_001, 10, "O-9000000001", id="beyond 32 bits"),
        pytest.param(NONE, 9, None, id="none is null"),
    ],
)
def test_labels(number: int, width: int, text: str | None) -> None:
    assert labels("O-", np.array([number]), width).to_pylist() == [text]


@given(st.lists(st.integers(-(2**31), 2**32), max_size=20))
def test_timestamps_are_iso_in_utc(seconds: list[int]) -> None:
    expected = [datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for second in seconds]
    assert timestamps(np.array([*seconds, NEVER], dtype=np.int64)).to_pylist() == [*expected, None]


@given(st.lists(_INT64, max_size=20), st.sampled_from([2, 4]))
def test_amounts_keep_every_digit(units: list[int], scale: int) -> None:
    texts = amounts(np.array(units, dtype=np.int64), scale).to_pylist()
    assert [Decimal(text) for text in texts] == [Decimal(unit).scaleb(-scale) for unit in units]
    assert all(len(text.partition(".")[2]) == scale for text in texts)


def test_words_are_null_where_there_is_no_position() -> None:
    assert words(("a", "b", None), np.array([1, NONE, 0, 2])).to_pylist() == ["b", None, "a", None]


def test_children_know_their_parent_and_place() -> None:
    parents, positions = repeat_positions(np.array([2, 0, 3]))
    assert parents.tolist() == [0, 0, 2, 2, 2]
    assert positions.tolist() == [0, 1, 0, 1, 2]
    assert sum_by(parents, np.array([1, 2, 3, 4, 5]), 3).tolist() == [3, 0, 12]


def test_draws_follow_their_weights() -> None:
    drawn = pick(stream(1, "test"), 20_000, (3, 0, 1))
    assert np.bincount(drawn, minlength=3) / 20_000 == pytest.approx([0.75, 0, 0.25], abs=0.02)


def test_streams_are_independent_and_repeatable() -> None:
    draws = [stream(*path).random() for path in ((1, "a"), (1, "a", 0), (1, "a", 1), (1, "b"), (2, "a"))]
    assert len(set(draws)) == len(draws)
    assert stream(1, "a", 1).random() == stream(1, "a", 1).random()


def test_traits_are_spread_evenly_and_differ_by_salt() -> None:
    numbers = np.arange(20_000)
    assert np.histogram(trait(numbers, 1), bins=4, range=(0, 1))[0] / 20_000 == pytest.approx([0.25] * 4, abs=0.02)
    assert abs(np.corrcoef(trait(numbers, 1), trait(numbers, 2))[0, 1]) < 0.03
