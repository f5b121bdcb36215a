from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pytest

from lakehouse.generate.arrays import NEVER
from lakehouse.generate.clock import BusinessDays


@pytest.mark.parametrize(
    ("start", "hours"),
    [
        pytest.param(date(2024, 3, 31), 23, id="clocks go forward"),
        pytest.param(date(2024, 10, 27), 25, id="clocks go back"),
        pytest.param(date(2024, 7, 1), 24, id="ordinary day"),
    ],
)
def test_length_of_a_business_day(start: date, hours: int) -> None:
    days = BusinessDays.of(start, 1, "Europe/Berlin")
    assert days.closing - days.opening == hours * 3_600


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        pytest.param("2024-03-30T22:59:59+00:00", 0, id="last second of the day before"),
        pytest.param("2024-03-30T23:00:00+00:00", 1, id="midnight belongs to the new day"),
        pytest.param("2024-03-31T21:59:59+00:00", 1, id="short day ends an hour earlier in UTC"),
        pytest.param("2024-03-31T22:00:00+00:00", 2, id="midnight in summer time"),
        pytest.param("2024-03-01T00:00:00+00:00", 0, id="before the span: first day"),
        pytest.param("2025-01-01T00:00:00+00:00", 2, id="after the span: last day"),
    ],
)
def test_day_of_an_instant(instant: str, day: int) -> None:
    days = BusinessDays.of(date(2024, 3, 30), 3, "Europe/Berlin")
    second = int(datetime.fromisoformat(instant).timestamp())
    assert days.day_of(np.array([second])).tolist() == [day]


def test_nothing_is_seen_after_closing() -> None:
    days = BusinessDays.of(date(2024, 1, 1), 1, "Europe/Berlin")
    assert days.seen(np.array([days.closing - 1, days.closing, NEVER])).tolist() == [days.closing - 1, NEVER, NEVER]
