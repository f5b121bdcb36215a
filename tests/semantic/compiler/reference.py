"""What a question's answer must be, reckoned row by row in Python: slow, plain, and knowing nothing of SQL.

A lake is rows of facts and dimensions, and from when to when each fact is known. Values are Fractions; a null is the
reason for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from lakehouse.semantic.definition import (
    Aggregate,
    Cumulative,
    Derived,
    Growth,
    Measure,
    Offset,
    Ratio,
    Simple,
)
from lakehouse.semantic.definition import (
    Fraction as Over,
)
from lakehouse.semantic.metrics import Metrics

Row = Mapping[str, Any]
Value = Fraction | str
"""A number, or why there is none."""

DAY = timedelta(days=1)
WHY_UNKNOWN = {"no_data", "not_arrived"}


@dataclass(frozen=True, repr=False)
class Lake:
    """Rows by table; `known` and `missing` say on which days a fact is known, `begin` on which day the lake begins."""

    rows: Mapping[str, Sequence[Row]]
    known: Mapping[str, tuple[date, date] | None]
    missing: frozenset[tuple[str, date]] = frozenset()
    begin: date | None = None

    def __repr__(self) -> str:
        counts = {name: len(rows) for name, rows in self.rows.items() if rows}
        return f"<lake of {counts}, known {self.known}, missing {sorted(self.missing)}>"

    @property
    def span(self) -> tuple[date, date] | None:
        """The days that any fact covers."""
        days = [day for span in self.known.values() if span for day in span]
        return (min(days), max(days)) if days else None

    def knows(self, fact: str, day: date) -> bool:
        span = self.known.get(fact)
        return span is not None and span[0] <= day <= span[1] and (fact, day) not in self.missing

    def counts(self, fact: str, day: date) -> bool:
        """Whether rows of that day count: they do before the first day known, too."""
        span = self.known.get(fact)
        is_of_lake = fact != "fact_registrations" or self.begin is None or day >= self.begin
        return is_of_lake and (span is None or day <= span[1]) and (fact, day) not in self.missing


@dataclass(frozen=True)
class Stretch:
    """Days in a row, and how many there are of them when they are over."""

    first: date
    last: date
    length: int

    def __iter__(self) -> Iterator[date]:
        day = self.first
        while day <= self.last:
            yield day
            day += DAY


@dataclass(frozen=True)
class Reference:
    """Answers about one lake; `member` says what a dimension is of a fact's row, `start` in which period a day is."""

    lake: Lake
    metrics: Metrics
    grain: str
    start: Callable[[date, str], date]
    member: Callable[[str, Row, str], Any]
    end: date | None = None
    by: tuple[str, ...] = ()
    where: Callable[[str, Row], bool] = field(default=lambda _fact, _row: True)
    conditions: Mapping[str, Callable[[Row], bool]] = field(default_factory=dict)

    # ── periods ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def period(self, day: date) -> Stretch:
        """The period that holds the day, to its end."""
        first = self.start(day, self.grain)
        last = first
        while self.start(last + DAY, self.grain) == first:
            last += DAY
        return Stretch(first, last, (last - first).days + 1)

    def before(self, period: Stretch, times: int = 1) -> Stretch:
        for _ in range(times):
            period = self.period(period.first - DAY)
        return period

    def compared(self, period: Stretch, comparison: str, facts: Iterable[str]) -> Stretch:
        """The period that one is compared with."""
        to_date = comparison.endswith("_to_date")
        other = self._other(period, comparison.removesuffix("_to_date"))
        if not to_date or self.grain == "day":
            return other
        ends = [period.last, *([self.end] if self.end else []), *(self.lake.known[fact][1] for fact in facts)]  # type: ignore[index]
        now = min(ends)
        if now == period.last:
            return other
        passed = min((now - period.first).days + 1, other.length)
        return Stretch(other.first, other.first + (passed - 1) * DAY, passed)

    def _other(self, period: Stretch, comparison: str) -> Stretch:
        if comparison == "previous_period":
            return self.before(period)
        if self.grain == "day":
            if comparison == "previous_year":
                day = period.first
                is_leap_day = (day.month, day.day) == (2, 29)
                other = day.replace(year=day.year - 1, day=28 if is_leap_day else day.day)
            else:
                other = period.first - 364 * DAY
            return Stretch(other, other, 1)
        return self.before(period, {"week": 52, "month": 12, "quarter": 4, "year": 1}[self.grain])

    def window(self, definition: Cumulative, period: Stretch, facts: Iterable[str], *, is_now: bool) -> Stretch | None:
        """The days of a cumulative metric that end with the period's last day, or the last that has arrived."""
        last = period.last
        if is_now:
            spans = [self.lake.known[fact] for fact in facts]
            if None in spans:
                return None
            last = min([last, *([self.end] if self.end else []), *(span[1] for span in spans if span)])
            if last < period.first:
                return None
        if definition.trailing_days is not None:
            return Stretch(last - (definition.trailing_days - 1) * DAY, last, definition.trailing_days)
        assert self.lake.span is not None
        first = self.lake.span[0] if definition.to_date == "ever" else self.start(last, str(definition.to_date))
        return Stretch(first, last, (period.last - first).days + 1)

    # ── values ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def facts(self, name: str) -> list[str]:
        """The facts that a metric needs."""
        definition = self.metrics.by_name[name].definition
        if isinstance(definition, Simple):
            return sorted({definition.measure.table, *definition.measure.requires})
        return sorted({fact for part in self.metrics.by_name[name].operands for fact in self.facts(part)})

    def value(  # noqa: PLR0911
        self, name: str, period: Stretch, members: tuple[Any, ...], *, is_now: bool = True
    ) -> Value:
        """A metric of one period, or of the one it is compared with (then not `is_now`), of these members."""
        definition = self.metrics.by_name[name].definition
        match definition:
            case Ratio(numerator=above, denominator=below):
                return self._over(
                    self.value(above, period, members, is_now=is_now), self.value(below, period, members, is_now=is_now)
                )
            case Derived(add=add, subtract=subtract):
                parts = [(1, part) for part in add] + [(-1, part) for part in subtract]
                values = [(sign, self.value(part, period, members, is_now=is_now)) for sign, part in parts]
                unknown = [value for _, value in values if isinstance(value, str)]
                return unknown[0] if unknown else sum((sign * Fraction(value) for sign, value in values), Fraction(0))
            case Offset(of=of, against=against):
                other = self.compared(period, against, self.facts(of))
                return self.value(of, other, members, is_now=False)
            case Growth(of=of, against=against):
                return self._growth(of, against, period, members)
            case Cumulative(of=of):
                days = self.window(definition, period, self.facts(of), is_now=is_now)
                spans = [self.lake.known[fact] for fact in self.facts(of)]
                if days is None:
                    # What nobody delivers does not arrive either.
                    return "unknown" if None in spans else "not_arrived"
                if definition.trailing_days is not None and any(span and days.first < span[0] for span in spans):
                    return "no_history"
                return self.value(of, days, members, is_now=is_now)
            case Simple(measure=measure):
                return self.measured(measure, period, members, is_now=is_now)
        raise AssertionError(name)

    def _over(self, above: Value, below: Value) -> Value:
        if isinstance(above, str) or isinstance(below, str):
            return above if isinstance(above, str) else str(below)
        return "zero_denominator" if below == 0 else above / below

    def _growth(self, of: str | Over, against: str, period: Stretch, members: tuple[Any, ...]) -> Value:
        names = [of] if isinstance(of, str) else [of.numerator, of.denominator]
        facts = sorted({fact for name in names for fact in self.facts(name)})
        other = self.compared(period, against, facts)

        def value(at: Stretch, is_now: bool) -> Value:
            values = [self.value(name, at, members, is_now=is_now) for name in names]
            return values[0] if len(values) == 1 else self._over(*values)

        return self.growth(
            value(period, True), value(other, False), period, other, facts, to_date=against.endswith("_to_date")
        )

    def growth(
        self, now: Value, then: Value, period: Stretch, other: Stretch, facts: Sequence[str], *, to_date: bool
    ) -> Value:
        """The change of a value that was of one period and is of another."""
        if isinstance(now, str):
            return now
        if isinstance(then, str):
            return "no_history" if then == "no_data" else then
        whole = period.last
        if to_date:
            whole = min([whole, *([self.end] if self.end else []), *(self.lake.known[fact][1] for fact in facts)])  # type: ignore[index]
        elif self.end is not None and self.end < whole:
            return "incomplete_period"
        for first, last in ((period.first, whole), (other.first, other.last)):
            if not all(self.lake.knows(fact, day) for fact in facts for day in Stretch(first, last, 0)):
                return "incomplete_period"
        if then == 0:
            return "previous_zero"
        return "previous_negative" if then < 0 else (now - then) / then

    # ── rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    def measured(self, measure: Measure, period: Stretch, members: tuple[Any, ...], *, is_now: bool) -> Value:
        days = [day for day in period if not (is_now and self.end and day > self.end)]
        needed = (measure.table, *measure.requires)
        rows = [row for day in days for row in self._rows(measure, day, members)]
        is_known = any(all(self.lake.knows(fact, day) for fact in needed) for day in days)
        number = self._aggregate(measure, rows, period, members)
        if number is None or (number == 0 and not is_known and measure.aggregate not in {Aggregate.MIN, Aggregate.MAX}):
            return "unknown"
        return number

    def _rows(self, measure: Measure, day: date, members: tuple[Any, ...]) -> list[Row]:
        """The rows of a day that are measured."""
        if not self.lake.counts(measure.table, day) or not all(self.lake.knows(fact, day) for fact in measure.requires):
            return []
        return [
            row
            for row in self.lake.rows[measure.table]
            if row[measure.date] == day
            and all(self._holds(text, row) for text in measure.where)
            and self.where(measure.table, row)
            and tuple(self.member(measure.table, row, name) for name in self.by) == members
        ]

    def _holds(self, text: str, row: Row) -> bool:
        return self.conditions[text](row) if text in self.conditions else bool(row[text])

    def _aggregate(  # noqa: PLR0911
        self, measure: Measure, rows: Sequence[Row], period: Stretch, members: tuple[Any, ...]
    ) -> Fraction | None:
        field = measure.field or ""
        values = [row[field] for row in rows if row[field] is not None] if field else []
        match measure.aggregate:
            case Aggregate.COUNT:
                return Fraction(len(rows))
            case Aggregate.SUM:
                return Fraction(sum(values))
            case Aggregate.MIN:
                return Fraction(min(values)) if values else None
            case Aggregate.MAX:
                return Fraction(max(values)) if values else None
            case Aggregate.COUNT_DISTINCT:
                return Fraction(len(set(values)))
            case Aggregate.COUNT_REPEATED:
                return Fraction(sum(values.count(value) > 1 for value in set(values)))
            case Aggregate.COUNT_RETAINED:
                earlier = [row for day in self.before(period) for row in self._rows(measure, day, members)]
                return Fraction(len(set(values) & {row[field] for row in earlier}))
