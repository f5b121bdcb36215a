"""What a period can be compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lakehouse.errors import UnknownNameError, nearest

TO_DATE = "_to_date"


class Period(StrEnum):
    """Which other period."""

    PREVIOUS = "previous_period"
    PREVIOUS_YEAR = "previous_year"
    SAME_WEEKDAY = "same_weekday_last_year"
    SAME_OCCASION = "same_occasion_last_year"

    @property
    def description(self) -> str:
        return _DESCRIPTIONS[self]


_DESCRIPTIONS: Mapping[Period, str] = {
    Period.PREVIOUS: "The one before, at the same grain.",
    Period.PREVIOUS_YEAR: "The same one a year before: date, month, quarter; of a week, the one 52 weeks before.",
    Period.SAME_WEEKDAY: "52 weeks before, so that weekdays stand against their like. Of days and weeks.",
    Period.SAME_OCCASION: "The same moving holiday a year before, else 52 weeks before. Of days.",
}


@dataclass(frozen=True, order=True)
class Comparison:
    """Another period, either whole or only as many days of it as have passed of the one that is compared."""

    period: Period
    to_date: bool = False

    def __str__(self) -> str:
        return f"{self.period}{TO_DATE if self.to_date else ''}"

    @classmethod
    def parse(cls, name: str) -> Comparison:
        """The comparison of that name; UnknownNameError if there is none."""
        for comparison in COMPARISONS:
            if str(comparison) == name:
                return comparison
        names = [str(comparison) for comparison in COMPARISONS]
        raise UnknownNameError(f"unknown comparison '{name}': it is {', '.join(names)}", nearest(name, names))


COMPARISONS = tuple(Comparison(period, to_date) for to_date in (False, True) for period in Period)
