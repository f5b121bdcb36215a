"""The days that a backfill is of, and how they are published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from lakehouse.errors import ConfigurationError


class Publish(StrEnum):
    """One snapshot of all days, or one for each day, in their order."""

    ONCE = "once"
    DAY = "day"


@dataclass(frozen=True)
class Days:
    """A range of days, both ends in it; ConfigurationError if it ends before it begins."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ConfigurationError(f"no day is from {self.first} to {self.last}: name the earlier one first")

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"
