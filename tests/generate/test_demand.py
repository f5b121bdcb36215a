from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from lakehouse.generate.arrays import stream
from lakehouse.generate.clock import BusinessDays
from lakehouse.generate.demand import black_friday, daily_orders, times_of_day

_YEARS = BusinessDays.of(date(2023, 1, 1), 731, "Europe/Berlin")


@pytest.mark.parametrize(
    ("year", "day"), [(2022, date(2022, 11, 25)), (2023, date(2023, 11, 24)), (2024, date(2024, 11, 29))]
)
def test_black_friday(year: int, day: date) -> None:
    assert black_friday(year) == day


def test_the_mean_is_what_was_asked_for() -> None:
    assert daily_orders(_YEARS, 222).mean() == pytest.approx(222)


def test_black_friday_is_the_best_day_and_business_grows() -> None:
    demand = daily_orders(_YEARS, 100)
    assert _YEARS.date(int(demand.argmax())) == date(2024, 11, 29)
    assert demand[365:730].sum() == pytest.approx(1.18 * demand[:365].sum(), rel=0.02)


def test_orders_come_in_the_evening_and_within_their_day() -> None:
    at = times_of_day(stream(1), 20_000, _YEARS, 83)
    assert (np.diff(at) >= 0).all()
    assert _YEARS.day_of(at).tolist() == [83] * 20_000
    hours = (at - _YEARS.midnights[83]) // 3_600
    assert (hours == 20).sum() > 10 * (hours == 3).sum()
