"""Why the two are known to differ, and how each reason is recognised in the numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from math import isclose

from lakehouse.grain import Grain
from tests.metricflow.asking import Cells, Key
from tests.metricflow.comparing import Difference

By = tuple[str, ...]
LONGER = (Grain.WEEK, Grain.MONTH, Grain.QUARTER, Grain.YEAR)


class Why(StrEnum):
    """Reasons, as the page tells them."""

    NO_HISTORY = (
        "a window that begins before the first known day has no value here; there it has that of the known days"
    )
    INCOMPLETE = "a period of which days are not known has no change here; there it has one"
    NOTHING_BEFORE = "what was before the first known day is not known here; there it is 0"
    BEFORE_LAKE = "rows of days before the first known one do not count in its period here; there they do"
    STILL_OPEN = "a period that is not over is told up to its last known day here; there up to its last day"
    TO_DATE = "compared with as many days of the other period as have passed here; there with all of it"
    FIRST_DAY = (
        "a running total of a longer period is that of its first day there, unless told otherwise; here of its last"
    )
    LAST_WITH_ROWS = (
        "without rows in its window on the last day, the last day that has some is told there; here it is 0"
    )
    NO_ROWS = "a part without rows is null there, and all that is made of it; here it is 0"
    OTHER_WEEK = "a year before a Monday is no Monday, so no week is found there; here it is the week 52 weeks before"
    AFTER_FIRST_DAY = (
        "the total at the end of the first day is taken off there, that day with it; here that day is in it"
    )
    UNKNOWN_DAYS = "a day that is not known is null here; there it is 0, or what is known of it"
    NO_VISITS = "days without visits do not count in the period here, as the metric requires visits; there they do"
    SHIFTED_DAYS = "the last day of the period is shifted there, and months differ in length; here the period is"


_UNKNOWN = {"no_history": Why.NO_HISTORY, "incomplete_period": Why.INCOMPLETE, "not_arrived": Why.UNKNOWN_DAYS}


@dataclass(frozen=True)
class Known:
    """Metrics that differ at grains, for a reason."""

    metrics: tuple[str, ...]
    grains: tuple[Grain, ...]
    why: Why


@dataclass(frozen=True)
class Reasons:
    """The known reasons, and what is needed to recognise them: the lake's last day, and our answers by day.

    `begun` says of a metric that is taken off at the beginning of a period of what it is the total, and `parts` of a
    sum which metric is a part of it.
    """

    known: tuple[Known, ...]
    last: date
    daily: Mapping[tuple[str, By], Cells] = field(default_factory=dict)
    begun: Mapping[str, tuple[str, Grain]] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> set[tuple[str, Grain, Why]]:
        """Each known reason with one metric and one grain."""
        return {(metric, grain, each.why) for each in self.known for metric in each.metrics for grain in each.grains}

    def told(self, differences: Iterable[Difference]) -> tuple[set[tuple[str, Grain, Why]], list[Difference]]:
        """Which of the known reasons the differences have, and the differences that have none."""
        seen, others = set(), []
        for difference in differences:
            at = (difference.metric, difference.grain)
            found = [row for row in self.rows if row[:2] == at and self._is(row[2], difference)]
            seen.update(found)
            others += [] if found else [difference]
        return seen, others

    def _is(self, why: Why, difference: Difference) -> bool:
        ours, theirs = difference.ours, difference.theirs.value
        is_open = end_of(difference.period, difference.grain) > self.last
        if theirs is None:
            return why in {Why.NO_ROWS, Why.OTHER_WEEK} or (why is Why.STILL_OPEN and is_open)
        if ours.value is None:
            return _UNKNOWN.get(ours.reason or "") is why or (why is Why.NOTHING_BEFORE and theirs == 0)
        match why:
            case Why.STILL_OPEN | Why.TO_DATE:
                is_it = is_open
            case Why.FIRST_DAY:
                is_it = theirs == self._first(difference)
            case Why.LAST_WITH_ROWS:
                is_it = self._is_of_an_earlier_day(difference, ours.value, theirs)
            case Why.AFTER_FIRST_DAY:
                is_it = isclose(ours.value - theirs, self._begun(difference), abs_tol=1e-9)
            case Why.BEFORE_LAKE:
                is_it = self._begins_within(difference)
            case Why.NO_VISITS:
                is_it = theirs > ours.value
            case _:
                is_it = why is Why.SHIFTED_DAYS and difference.grain is not Grain.DAY
        return is_it

    def _begins_within(self, difference: Difference) -> bool:
        """Whether the first day that has an answer is in the period, and not its first."""
        days = self.daily[difference.metric, difference.by].items()
        first = min(_day(key) for key, cell in days if cell.value is not None)
        return difference.period < first <= end_of(difference.period, difference.grain)

    def _is_of_an_earlier_day(self, difference: Difference, ours: float, theirs: float) -> bool:
        """Whether it, or the part of it that is 0 here, is what it was on a day before."""
        part = self.parts.get(difference.metric)
        days = self._days(difference, date.min, part).values()
        is_zero = ours == 0 or part is not None
        return is_zero and any(isclose(abs(ours - theirs), value, abs_tol=1e-9) for value in days)

    def _first(self, difference: Difference) -> float | None:
        """What our answer is on the first day of the period that has any."""
        found = self._days(difference, difference.period)
        return found[min(found)] if found else None

    def _days(self, difference: Difference, first: date, metric: str | None = None) -> Mapping[date, float]:
        """What our answers by day are, where they are any, from a day on to the end of the period."""
        days = self.daily.get((metric or difference.metric, difference.by), {})
        last = end_of(difference.period, difference.grain)
        return {
            day: cell.value
            for key, cell in days.items()
            if first <= (day := _day(key)) <= last and key[1:] == difference.key[1:] and cell.value
        }

    def _begun(self, difference: Difference) -> float:
        """What the first day of the month or year had."""
        of, grain = self.begun[difference.metric]
        start = difference.period.replace(day=1)
        start = start.replace(month=1) if grain is Grain.YEAR else start
        return self.daily[of, difference.by][start, *difference.key[1:]].value or 0.0


def _day(key: Key) -> date:
    day = key[0]
    assert isinstance(day, date)
    return day


def end_of(start: date, grain: Grain) -> date:
    """The last day of the period."""
    if grain in {Grain.DAY, Grain.WEEK}:
        return start + timedelta(days=6 if grain is Grain.WEEK else 0)
    months = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}[grain]
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, 1) - timedelta(days=1)
