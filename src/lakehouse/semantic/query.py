"""A question: which metrics, at which grain, from when to when; and the languages it can be put in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from lakehouse.errors import ConfigurationError, Problem
from lakehouse.settings import Grain


class Dialect(StrEnum):
    """Engines that the SQL can be written for; Sail reads Spark's, Athena reads Trino's."""

    DUCKDB = "duckdb"
    SPARK = "spark"
    TRINO = "trino"


@dataclass(frozen=True)
class Query:
    """Metrics by name at a calendar grain, for the periods that touch the days `start` to `end`, both included.

    Where `start` or `end` is left out, the first or last day is that of the KPI tables. The first period is always
    whole, also where `start` lies within it, because a distinct count can not begin in the middle of a period; the last
    is cut at `end`, so it is to date. ConfigurationError if no metric is asked for or `end` is before `start`.
    """

    metrics: tuple[str, ...]
    grain: Grain = Grain.DAY
    start: date | None = None
    end: date | None = None

    def __post_init__(self) -> None:
        if not self.metrics:
            raise ConfigurationError([Problem("metrics", 0, 0, "no metric is asked for")])
        if self.start and self.end and self.end < self.start:
            message = f"the last day, {self.end}, is before the first, {self.start}"
            raise ConfigurationError([Problem("dates", 0, 0, message)])
