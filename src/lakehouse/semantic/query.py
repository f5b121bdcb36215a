"""A question: which metrics, by what, at which grain, from when to when, compared with what; and its languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from lakehouse.errors import ConfigurationError, Problem
from lakehouse.grain import Grain
from lakehouse.semantic.comparison import Comparison


class Dialect(StrEnum):
    """Engines that the SQL can be written for; Sail reads Spark's, Athena reads Trino's."""

    DUCKDB = "duckdb"
    SPARK = "spark"
    TRINO = "trino"
    REDSHIFT = "redshift"


class Calendar(StrEnum):
    """The periods of a question: those of the calendar, those of the fiscal or retail year, or all days as one."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    FISCAL_MONTH = "fiscal_month"
    FISCAL_QUARTER = "fiscal_quarter"
    FISCAL_YEAR = "fiscal_year"
    TOTAL = "total"

    @property
    def grain(self) -> Grain | None:
        """The grain whose columns of a KPI table answer it; None where distinct counts can not come from there."""
        return Grain(self.value) if self.value in set(Grain) else None

    @property
    def start_field(self) -> str:
        """The calendar's field with the first day of a day's period; not of the total."""
        return "calendar_date" if self is Calendar.DAY else f"{self.value}_start_date"

    @property
    def periods_of_a_year(self) -> int | None:
        """How many periods before is a year before; None for days and the total."""
        return _PERIODS_OF_A_YEAR.get(self)


_PERIODS_OF_A_YEAR: Mapping[Calendar, int] = MappingProxyType(
    {
        Calendar.WEEK: 52,
        Calendar.MONTH: 12,
        Calendar.QUARTER: 4,
        Calendar.YEAR: 1,
        Calendar.FISCAL_MONTH: 12,
        Calendar.FISCAL_QUARTER: 4,
        Calendar.FISCAL_YEAR: 1,
    }
)


class Source(StrEnum):
    """Where numbers are read: the KPI tables where they hold the answer, else the facts; or always the facts."""

    BEST = "best"
    FACTS = "facts"


@dataclass(frozen=True)
class Order:
    """A column of the answer to order by."""

    name: str
    descending: bool = False


@dataclass(frozen=True)
class Query:
    """Metrics by name, broken down by dimensions, in the periods that touch the days `start` to `end`, both included.

    Where `start` or `end` is left out, the first or last day is that of the lake. The first period is always whole,
    also where `start` lies within it, because a distinct count can not begin in the middle of a period; the last is cut
    at `end`, so it is to date. `where` is a condition on dimensions. The answer is in the order of time, then of the
    dimensions, unless `order` says otherwise; of that the first `limit` rows. ConfigurationError if no metric is asked
    for or `end` is before `start`.
    """

    metrics: tuple[str, ...]
    grain: Calendar = Calendar.DAY
    start: date | None = None
    end: date | None = None
    by: tuple[str, ...] = ()
    where: str | None = None
    compare: tuple[Comparison, ...] = ()
    order: tuple[Order, ...] = ()
    limit: int | None = None
    source: Source = Source.BEST

    def __post_init__(self) -> None:
        problems = []
        if not self.metrics:
            problems.append(Problem("metrics", 0, 0, "no metric is asked for"))
        if self.start and self.end and self.end < self.start:
            message = f"the last day, {self.end}, is before the first, {self.start}"
            problems.append(Problem("dates", 0, 0, message))
        if self.limit is not None and self.limit < 1:
            problems.append(Problem("limit", 0, 0, f"a limit is 1 or more, not {self.limit}"))
        if problems:
            raise ConfigurationError(problems)
