"""How much is bought when: growth, months, weekdays, Black Friday, December, hours of the day."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from lakehouse.generate.arrays import Floats, Ints, pick
from lakehouse.generate.clock import BusinessDays

_BY_MONTH = (0.86, 0.82, 0.92, 0.94, 0.98, 0.96, 0.93, 0.90, 0.98, 1.04, 1.22, 1.30)
_BY_WEEKDAY = (1.06, 1.02, 0.99, 0.98, 0.97, 0.93, 1.05)
_AROUND_BLACK_FRIDAY = {-1: 1.3, 0: 3.2, 1: 1.8, 2: 1.6, 3: 1.8}
_YEARLY_GROWTH = 1.18
_BY_HOUR = (
    1.2, 0.6, 0.3, 0.2, 0.2, 0.3, 0.8, 1.6, 2.6, 3.6, 4.4, 4.7,
    4.9, 4.6, 4.3, 4.3, 4.6, 5.0, 5.6, 6.4, 6.8, 6.0, 4.2, 2.4,
)  # fmt: skip


def black_friday(year: int) -> date:
    """The day after the fourth Thursday of November."""
    first = date(year, 11, 1)
    thursday = first + timedelta(days=(3 - first.weekday()) % 7)
    return thursday + timedelta(days=22)


def _weight(day: date, elapsed: int) -> float:
    weight = _BY_MONTH[day.month - 1] * _BY_WEEKDAY[day.weekday()] * float(_YEARLY_GROWTH ** (elapsed / 365))
    weight *= _AROUND_BLACK_FRIDAY.get((day - black_friday(day.year)).days, 1.0)
    if day.month == 12:
        weight *= 1.15 if day.day <= 18 else 0.8 if day.day <= 23 else 0.55
    return weight


def daily_orders(days: BusinessDays, orders_per_day: int) -> Floats:
    """Orders to expect on each day; their mean over the whole span is `orders_per_day`."""
    weights: Floats = np.array([_weight(days.date(number), number) for number in range(days.count)])
    return weights * (orders_per_day / float(weights.mean()))


def times_of_day(rng: np.random.Generator, count: int, days: BusinessDays, day: int) -> Ints:
    """Sorted instants within one business day, few at night and many in the evening."""
    length = int(days.midnights[day + 1] - days.midnights[day])
    share = (pick(rng, count, _BY_HOUR) + rng.random(count)) / len(_BY_HOUR)
    return np.sort(days.midnights[day] + (share * length).astype(np.int64))
