"""Business days as half-open spans of epoch seconds: what day an instant belongs to, 23- and 25-hour days included."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from lakehouse.generate.arrays import NEVER, Ints


@dataclass(frozen=True)
class BusinessDays:
    """`count` local days from `start`; day numbers count from 0."""

    start: date
    count: int
    midnights: Ints

    @classmethod
    def of(cls, start: date, count: int, zone: str) -> BusinessDays:
        local = ZoneInfo(zone)
        days = [start + timedelta(days=number) for number in range(count + 1)]
        midnights = [int(datetime.combine(day, time(), tzinfo=local).timestamp()) for day in days]
        return cls(start, count, np.array(midnights, dtype=np.int64))

    @property
    def opening(self) -> int:
        return int(self.midnights[0])

    @property
    def closing(self) -> int:
        """The first second after the last day."""
        return int(self.midnights[-1])

    def date(self, number: int) -> date:
        return self.start + timedelta(days=number)

    def day_of(self, seconds: Ints) -> Ints:
        """The day number of each instant; what lies before or after belongs to the first or the last day."""
        found = np.searchsorted(self.midnights, seconds, side="right") - 1
        return np.clip(found, 0, self.count - 1).astype(np.int64)

    def seen(self, seconds: Ints) -> Ints:
        """The instants, NEVER where they lie beyond the last day."""
        return np.where(seconds < self.closing, seconds, NEVER).astype(np.int64)
