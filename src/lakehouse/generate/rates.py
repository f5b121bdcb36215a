"""Daily exchange rates into the reporting currency: a random walk, not published on weekends and some holidays."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from lakehouse.generate.arrays import Ints, amounts, words
from lakehouse.generate.clock import BusinessDays
from lakehouse.generate.places import CURRENCIES, OPENING_RATES, REPORTING_CURRENCY

_SCALE = 8
_DAYS_AHEAD = 10
_HOLIDAYS = frozenset({(1, 1), (5, 1), (12, 25), (12, 26)})


def published(day: date) -> bool:
    return day.weekday() < 5 and (day.month, day.day) not in _HOLIDAYS


class Rates:
    """All rates of the whole span and of the ten days before it, in units of 10^-8."""

    def __init__(self, rng: np.random.Generator, days: BusinessDays) -> None:
        calendar = [days.date(number) for number in range(-_DAYS_AHEAD, days.count)]
        self.dates = [day for day in calendar if published(day)]
        self.day_numbers: Ints = np.array([(day - days.start).days for day in self.dates], dtype=np.int64)
        steps = rng.normal(0.0, 0.004, (len(self.dates), len(OPENING_RATES)))
        walk = np.array(list(OPENING_RATES.values())) * np.exp(np.cumsum(steps, axis=0))
        self.values: Ints = np.rint(walk * 10**6).astype(np.int64) * 10 ** (_SCALE - 6)

    def published_on(self, day: int) -> Ints:
        """Positions of the dates whose rates are delivered on this day; the first day brings the ten before too."""
        due = self.day_numbers <= 0 if day == 0 else self.day_numbers == day
        return np.flatnonzero(due).astype(np.int64)

    def columns(self, published_on: Ints) -> dict[str, pa.Array]:
        """The rows of these dates, one per currency."""
        count = len(OPENING_RATES)
        currency = np.array([CURRENCIES.index(name) for name in OPENING_RATES], dtype=np.int64)
        return {
            "rate_date": words([str(each) for each in self.dates], np.repeat(published_on, count)),
            "from_currency": words(CURRENCIES, np.tile(currency, len(published_on))),
            "to_currency": words((REPORTING_CURRENCY,), np.zeros(len(published_on) * count, dtype=np.int64)),
            "rate": amounts(self.values[published_on].reshape(-1), _SCALE),
        }
