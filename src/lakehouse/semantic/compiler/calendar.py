"""The steps that say which days a number is measured over.

`known`, how far each fact is known; `calendar`, days with their period and what is known of them; `periods`, those that
are asked for, each with the periods before it; `spans`, from when to when each of them is measured; `days`, the days of
each span; and `reach`, how much of each span is known.

Spark and Trino compute a step anew wherever it is named, and Trino refuses a query of more than 150 stages. So a step
names those before it as seldom as it can: how far facts are known goes along in the rows of all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from lakehouse.semantic.comparison import Comparison, Period
from lakehouse.semantic.compiler.columns import (
    Facts,
    arrived_days,
    counts,
    first_day,
    known,
    known_days,
    last_day,
    length,
    since,
    until,
)
from lakehouse.semantic.compiler.sql import (
    ONE,
    ZERO,
    between,
    coalesce,
    column,
    day,
    days_after,
    days_before,
    days_from,
    every,
    first_of,
    is_not_null,
    is_null,
    least,
    number,
    text,
    union,
    when,
    year_before,
)
from lakehouse.semantic.definition import EVER
from lakehouse.semantic.facts import FACTS
from lakehouse.semantic.query import Calendar, Query
from lakehouse.semantic.span import Span

CALENDAR = "dim_dates"
COVERAGE = "coverage"
MISSING_DAYS = "missing_days"
OCCASION = "occasion_last_year_date"
WEEKS_OF_A_YEAR = 52

Step = tuple[str, exp.Query]


@dataclass(frozen=True)
class Days:
    """What a question needs to know of days: the spans it measures over, and the facts of each."""

    query: Query
    spans: tuple[Span, ...]
    facts: tuple[str, ...]
    fact_sets: tuple[tuple[Span, Facts], ...]
    to_date: tuple[Facts, ...]
    """The facts of each value that is compared to date."""

    def steps_of_days(self) -> Iterator[Step]:
        """Those that tell of days and of the periods that these are in."""
        yield "known", self._known()
        yield "missing", self._missing()
        yield "calendar", self._calendar()
        yield "all_periods", self._all_periods()

    def steps(self) -> Iterator[Step]:
        """The common table expressions, in order."""
        yield from self.steps_of_days()
        yield "periods", self._periods()
        yield "spans", self._spans()
        yield "days", self._days()
        yield "reach", self._reach()

    @property
    def bounds(self) -> tuple[str, ...]:
        """The columns of the periods that say how far the lake and each fact are known."""
        return ("lake_from", "lake_to", *(name(fact) for fact in self.facts for name in (since, until)))

    @property
    def reach_columns(self) -> tuple[str, ...]:
        """The columns of `reach`, but for the period's."""
        return tuple(name for name in self._reach().named_selects if name != "period_start")

    # ── what is known ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _known(self) -> exp.Select:
        """One row: the first and the last day of the lake, and the first and the last that each fact is known for."""
        bounds = [
            exp.Max(this=when(column("table_name").eq(text(fact)), column(field))).as_(name)
            for fact in self.facts
            for field, name in (("first_known_date", since(fact)), ("last_known_date", until(fact)))
        ]
        with_rows, told = exp.Max(this=column("last_date")), exp.Max(this=column("last_known_date"))
        last = when(told > coalesce(with_rows, told), told, coalesce(with_rows, told))
        return exp.select(exp.Min(this=column("first_date")).as_("lake_from"), last.as_("lake_to"), *bounds).from_(
            COVERAGE
        )

    def _missing(self) -> exp.Select:
        """A row for each day that some fact is not known on."""
        flags = [
            exp.Max(this=when(column("table_name").eq(text(fact)), ONE)).as_(f"{fact}_missing") for fact in self.facts
        ]
        return exp.select(column("calendar_date"), *flags).from_(MISSING_DAYS).group_by(column("calendar_date"))

    # ── days and periods ──────────────────────────────────────────────────────────────────────────────────────────────

    def _calendar(self) -> exp.Select:
        """Every day with its period, whether it is known, and counts, of each fact, and how far each is known."""
        date_ = column("calendar_date", CALENDAR)
        starts = [column(f"{grain}_start_date", CALENDAR) for grain in self._starts]
        columns = [
            date_,
            self._period_start().as_("period_start"),
            *starts,
            *([column(OCCASION, CALENDAR)] if self._has(Period.SAME_OCCASION) else []),
            *(column(name, "known") for name in self.bounds),
        ]
        for fact in self.facts:
            is_missing = column(f"{fact}_missing", "missing")
            is_in = between(date_, column(since(fact), "known"), column(until(fact), "known"))
            is_known = every([is_in, is_null(is_missing)])
            is_out = [date_ > column(until(fact), "known"), is_not_null(is_missing)]
            if FACTS[fact].predates_lake:
                is_out.append(date_ < column("lake_from", "known"))
            columns += [when(is_known, ONE, ZERO).as_(known(fact)), when(exp.or_(*is_out), ZERO, ONE).as_(counts(fact))]
        return (
            exp.select(*columns)
            .from_(CALENDAR)
            .join("known", join_type="cross")
            .join("missing", on=column("calendar_date", "missing").eq(date_), join_type="left")
        )

    def _period_start(self) -> exp.Expr:
        date_ = column("calendar_date", CALENDAR)
        if self.query.grain is not Calendar.TOTAL:
            return column(self.query.grain.start_field, CALENDAR)
        return when(between(date_, self._first("known"), self._last("known")), self._first("known"))

    @property
    def _starts(self) -> tuple[str, ...]:
        """The grains that some span begins with a period of, up to its day."""
        names = dict.fromkeys(str(span.window.to_date) for span in self.spans if span.window.to_date is not None)
        return tuple(name for name in names if name not in {EVER, Calendar.DAY})

    def _has(self, period: Period) -> bool:
        return any(span.comparison is not None and span.comparison.period is period for span in self.spans)

    def _first(self, step: str) -> exp.Expr:
        return column("lake_from", step) if self.query.start is None else day(self.query.start)

    def _last(self, step: str) -> exp.Expr:
        return column("lake_to", step) if self.query.end is None else day(self.query.end)

    def _all_periods(self) -> exp.Select:
        """Every period of the calendar: its last day, how many days it has, and which of them the lake covers."""
        date_ = column("calendar_date", "calendar")
        is_covered: exp.Expr = between(date_, column("lake_from", "calendar"), column("lake_to", "calendar"))
        if self.query.end is not None:
            is_covered = every([is_covered, date_ <= day(self.query.end)])
        occasion = [exp.Max(this=column(OCCASION, "calendar")).as_(OCCASION)] if self._has(Period.SAME_OCCASION) else []
        return (
            exp.select(
                column("period_start", "calendar"),
                exp.Max(this=date_.copy()).as_("period_to"),
                exp.Count(this=exp.Star()).as_("period_length"),
                exp.Min(this=when(is_covered, date_)).as_("first_date"),
                exp.Max(this=when(is_covered, date_)).as_("last_date"),
                *occasion,
                *(exp.Max(this=column(name, "calendar")).as_(name) for name in self.bounds),
            )
            .from_("calendar")
            .where(is_not_null(column("period_start", "calendar")))
            .group_by(column("period_start", "calendar"))
        )

    def _lags(self) -> tuple[int, ...]:
        return tuple(sorted({lag for span in self.spans if (lag := self._lag(span)) > 0}))

    def _lag(self, span: Span) -> int:
        """How many periods before the period a span begins; 0 for the period itself, and where days are counted."""
        if self.query.grain is Calendar.DAY:
            return 0
        lag = int(span.before)
        if span.comparison is None:
            return lag
        if span.comparison.period is Period.PREVIOUS:
            return lag + 1
        return lag + (self.query.grain.periods_of_a_year or 0)

    def _periods(self) -> exp.Select:
        """The periods asked for, with those before them that they are compared with."""
        order = exp.Order(expressions=[exp.Ordered(this=column("period_start"), nulls_first=False)])
        lags = [
            exp.Window(this=exp.Lag(this=column(name), offset=number(lag)), order=order.copy()).as_(f"{name}_{lag}")
            for lag in self._lags()
            for name in ("period_start", "period_to", "period_length")
        ]
        with_lags = exp.select(exp.Star(), *lags).from_("all_periods").subquery("shifted")
        return (
            exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier("shifted")))
            .from_(with_lags)
            .where(
                column("period_to", "shifted") >= self._first("shifted"),
                column("period_start", "shifted") <= self._last("shifted"),
            )
        )

    # ── spans ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _spans(self) -> exp.Select:
        """A row for each period and span: from when to when the span is, and how long it is when it is over."""
        stretches = {span: self._stretch(span) for span in self.spans}
        names = union([exp.select(text(span.name).as_("span")) for span in self.spans]).subquery("names")
        tree = exp.select(
            column("span", "names"),
            column("period_start", "periods"),
            self._by_span({span: stretch.start for span, stretch in stretches.items()}).as_("from_date"),
            self._by_span({span: stretch.end for span, stretch in stretches.items()}).as_("to_date"),
            self._by_span({span: stretch.length for span, stretch in stretches.items()}).as_("length"),
        )
        tree = tree.from_("periods").join(names, join_type="cross")
        anchored = {span: stretch.end for span, stretch in stretches.items() if span.window.to_date in self._starts}
        if anchored:
            on = column("calendar_date", "anchor").eq(self._by_span(anchored))
            tree = tree.join(exp.to_table("calendar").as_("anchor"), on=on, join_type="left", copy=False)
        return tree

    def _by_span(self, values: Mapping[Span, exp.Expr]) -> exp.Expr:
        """Of the values that of the row's span; without a choice where there is but one."""
        if len(self.spans) == 1:
            return next(iter(values.values()))
        case = exp.Case()
        for span, value in values.items():
            case = case.when(column("span", "names").eq(text(span.name)), value.copy())
        return case

    def _stretch(self, span: Span) -> _Stretch:
        """From when to when a span of a period is, and how long it is when it is over; null where there is none."""
        start, end, days = self._base(span)
        if span.comparison is not None and span.comparison.to_date and self._lag(span) and not span.before:
            period_to = column("period_to", "periods")
            now = first_of([period_to, *self._arrived(span)])
            passed = days_from(column("period_start", "periods"), now)
            days = when(exp.or_(now.eq(period_to), passed > days), days, passed)
            end = days_after(start, exp.Sub(this=exp.paren(days), expression=ONE))
        elif span.window.name and span.comparison is None and not span.before:
            arrived = first_of([end, *self._arrived(span)])
            return self._window(span, start, when(arrived >= start, arrived), end)
        elif span.is_period and self.query.end is not None:
            end = least([end, day(self.query.end)])
        return self._window(span, start, end, end, days)

    def _arrived(self, span: Span) -> list[exp.Expr]:
        """Up to when the period can be known: what was asked for, and what has come."""
        asked = [] if self.query.end is None else [day(self.query.end)]
        return [*asked, *(column(until(fact), "periods") for fact in span.arrived)]

    def _base(self, span: Span) -> tuple[exp.Expr, exp.Expr, exp.Expr]:
        """First day, last day and length of the period that a span's window ends with."""
        start = column("period_start", "periods")
        if self.query.grain is Calendar.DAY:
            at = days_before(self._day(span.comparison, start), int(span.before))
            return at, at, ONE
        lag = self._lag(span)
        if not lag:
            return start, column("period_to", "periods"), column("period_length", "periods")
        one, other, days = (
            column(f"{name}_{lag}", "periods") for name in ("period_start", "period_to", "period_length")
        )
        return one, other, days

    def _day(self, comparison: Comparison | None, date_: exp.Expr) -> exp.Expr:
        match comparison:
            case None:
                return date_
            case Comparison(period=Period.PREVIOUS):
                return days_before(date_, 1)
            case Comparison(period=Period.PREVIOUS_YEAR):
                return year_before(date_)
            case Comparison(period=Period.SAME_OCCASION):
                return coalesce(column(OCCASION, "periods"), days_before(date_, 7 * WEEKS_OF_A_YEAR))
        return days_before(date_, 7 * WEEKS_OF_A_YEAR)

    def _window(
        self, span: Span, start: exp.Expr, end: exp.Expr, whole: exp.Expr, days: exp.Expr | None = None
    ) -> _Stretch:
        window = span.window
        if window.trailing_days is not None:
            return _Stretch(days_before(end, window.trailing_days - 1), end, number(window.trailing_days))
        if window.to_date == EVER:
            start = column("lake_from", "periods")
        elif window.to_date == Calendar.DAY:
            start = end
        elif window.to_date is not None:
            start = column(f"{window.to_date}_start_date", "anchor")
        if days is None or window.to_date is not None:
            days = days_from(start, whole)
        return _Stretch(start, end, days)

    def _days(self) -> exp.Select:
        """The days of each span, with whether they are known, and count, of each fact."""
        flags = [column(flag(fact), "calendar") for fact in self.facts for flag in (known, counts)]
        compared = dict.fromkeys(until(fact) for facts in self.to_date for fact in facts)
        date_ = column("calendar_date", "calendar")
        return (
            exp.select(
                *(column(name, "spans") for name in ("span", "period_start", "length")),
                date_,
                *flags,
                *(column(name, "calendar") for name in compared),
            )
            .from_("spans")
            .join("calendar", on=between(date_, column("from_date", "spans"), column("to_date", "spans")))
        )

    def _reach(self) -> exp.Select:
        """A row for each period: from when to when its spans are, and how many of their days are known."""
        columns: list[exp.Expr] = []
        for span in self.spans:
            of_span = _of(span, column("calendar_date", "days"))
            columns += [
                exp.Min(this=of_span).as_(first_day(span)),
                exp.Max(this=of_span.copy()).as_(last_day(span)),
                exp.Max(this=_of(span, column("length", "days"))).as_(length(span)),
            ]
        for span, facts in self.fact_sets:
            flags = every(column(known(fact), "days").eq(ONE) for fact in facts)
            is_known = every([column("span", "days").eq(text(span.name)), flags])
            columns.append(exp.Count(this=when(is_known, ONE)).as_(known_days(span, facts)))
        for facts in self.to_date:
            has_come = [column("calendar_date", "days") <= column(until(fact), "days") for fact in facts]
            is_passed = every([column("span", "days").eq(text(Span().name)), *has_come])
            columns.append(exp.Count(this=when(is_passed, ONE)).as_(arrived_days(facts)))
        period = column("period_start", "days")
        return exp.select(period, *columns).from_("days").group_by(period.copy())


@dataclass(frozen=True)
class _Stretch:
    start: exp.Expr
    end: exp.Expr
    length: exp.Expr


def _of(span: Span, value: exp.Expr) -> exp.Expr:
    return when(column("span", "days").eq(text(span.name)), value)
