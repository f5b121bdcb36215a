"""The steps that say which days a number is measured over.

`known`, how far each fact is known; `calendar`, days with their period and what is known of them; `periods`, those that
are asked for, each with the periods before it; `spans`, from when to when each of them is measured; `days`, the days of
each span; and `reach`, how much of each span is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from lakehouse.semantic.comparison import Comparison, Period
from lakehouse.semantic.compiler.sql import (
    ONE,
    ZERO,
    between,
    coalesce,
    column,
    day,
    days_before,
    days_from,
    every,
    is_not_null,
    is_null,
    least,
    number,
    text,
    union,
    when,
    year_before,
)
from lakehouse.semantic.facts import FACTS
from lakehouse.semantic.query import Calendar, Query
from lakehouse.semantic.span import Span

CALENDAR = "dim_dates"
COVERAGE = "coverage"
MISSING_DAYS = "missing_days"
OCCASION = "occasion_last_year_date"
WEEKS_OF_A_YEAR = 52

Facts = tuple[str, ...]
Step = tuple[str, exp.Query]


def since(fact: str) -> str:
    """Column with the first day that a fact is known for."""
    return f"{fact}_since"


def until(fact: str) -> str:
    """Column with the last day that a fact, or a metric's value, is known for."""
    return f"{fact}_until"


def known(fact: str) -> str:
    """Column that is 1 on the days that a fact is known for, else 0."""
    return f"{fact}_known"


def counts(fact: str) -> str:
    """Column that is 1 on the days whose rows of a fact count, else 0: also before the first day known."""
    return f"{fact}_counts"


def _short(facts: Facts) -> str:
    return "_".join(fact.removeprefix("fact_") for fact in facts)


def known_days(span: Span, facts: Facts) -> str:
    """Column with how many days of a span are known in all the facts."""
    return f"{span.name}_{_short(facts)}_days"


def arrived_days(facts: Facts) -> str:
    """Column with how many days of the period there are up to the last known in all the facts."""
    return f"arrived_{_short(facts)}_days"


def length(span: Span) -> str:
    """Column with how many days a span has when it is over."""
    return f"{span.name}_length"


def first_day(span: Span) -> str:
    """Column with the first day of a span."""
    return f"{span.name}_from"


def last_day(span: Span) -> str:
    """Column with the last day of a span."""
    return f"{span.name}_to"


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
        yield "spans", union([self._span(span) for span in self.spans])
        yield "days", self._days()
        yield "reach", self._reach()

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
        """Every day with the period it is in, and whether it is known, and counts, of each fact."""
        date_ = column("calendar_date", CALENDAR)
        starts = [column(f"{grain}_start_date", CALENDAR) for grain in self._windows_to_date()]
        columns = [
            date_,
            self._period_start().as_("period_start"),
            *starts,
            *([column(OCCASION, CALENDAR)] if self._has(Period.SAME_OCCASION) else []),
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
        return when(between(date_, self._first(), self._last()), self._first())

    def _windows_to_date(self) -> tuple[str, ...]:
        names = (span.window.to_date for span in self.spans)
        return tuple(dict.fromkeys(name for name in names if name not in {None, "ever", "day"} and name is not None))

    def _has(self, period: Period) -> bool:
        return any(span.comparison is not None and span.comparison.period is period for span in self.spans)

    def _first(self) -> exp.Expr:
        return column("lake_from", "known") if self.query.start is None else day(self.query.start)

    def _last(self) -> exp.Expr:
        return column("lake_to", "known") if self.query.end is None else day(self.query.end)

    def _all_periods(self) -> exp.Select:
        """Every period of the calendar: its last day, how many days it has, and which of them the lake covers."""
        date_ = column("calendar_date", "calendar")
        is_covered: exp.Expr = between(date_, column("lake_from", "known"), column("lake_to", "known"))
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
            )
            .from_("calendar")
            .join("known", join_type="cross")
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
            .join("known", join_type="cross")
            .where(column("period_to") >= self._first(), column("period_start") <= self._last())
        )

    # ── spans ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _span(self, span: Span) -> exp.Select:
        """A row for each period: from when to when the span is, and how long it is when it is over."""
        tree = exp.select().from_("periods").join("known", join_type="cross")
        start, end, days = self._base(span)
        if span.comparison is not None and span.comparison.to_date and self._lag(span) and not span.before:
            now = least([column("period_to", "periods"), *self._arrived(span)])
            passed = column("day_of_period", "now")
            is_over = column("calendar_date", "now").eq(column("period_to", "periods"))
            cut = when(exp.or_(is_over, passed > days), days, passed)
            tree = tree.join(_numbered("now"), on=column("calendar_date", "now").eq(now))
            at = every([column("period_start", "cut").eq(start), column("day_of_period", "cut").eq(cut)])
            tree = tree.join(_numbered("cut"), on=at)
            end, days = column("calendar_date", "cut"), column("day_of_period", "cut")
        elif span.window.name and span.comparison is None and not span.before:
            whole = end
            end = least([end, *self._arrived(span)])
            tree = tree.where(end >= start)
            return self._window(span, tree, start, end, whole)
        elif span.is_period and self.query.end is not None:
            end = least([end, day(self.query.end)])
        return self._window(span, tree, start, end, end, days)

    def _arrived(self, span: Span) -> list[exp.Expr]:
        """Up to when the period can be known: what was asked for, and what has come."""
        asked = [] if self.query.end is None else [day(self.query.end)]
        return [*asked, *(column(until(fact), "known") for fact in span.arrived)]

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
        self,
        span: Span,
        tree: exp.Select,
        start: exp.Expr,
        end: exp.Expr,
        whole: exp.Expr,
        days: exp.Expr | None = None,
    ) -> exp.Select:
        window = span.window
        if window.trailing_days is not None:
            start, days = days_before(end, window.trailing_days - 1), number(window.trailing_days)
        elif window.to_date == "ever":
            start = column("lake_from", "known")
        elif window.to_date == "day":
            start = end
        elif window.to_date is not None:
            tree = tree.join(
                exp.to_table("calendar").as_("anchor"), on=column("calendar_date", "anchor").eq(end), copy=False
            )
            start = column(f"{window.to_date}_start_date", "anchor")
        if days is None or (window.to_date is not None):
            days = days_from(start, whole)
        return tree.select(
            text(span.name).as_("span"),
            column("period_start", "periods"),
            start.copy().as_("from_date"),
            end.copy().as_("to_date"),
            days.copy().as_("length"),
        )

    def _days(self) -> exp.Select:
        """The days of each span, with whether they are known, and count, of each fact."""
        flags = [column(flag(fact), "calendar") for fact in self.facts for flag in (known, counts)]
        date_ = column("calendar_date", "calendar")
        return (
            exp.select(
                *(column(name, "spans") for name in ("span", "period_start", "length")),
                date_,
                *flags,
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
            has_come = [column("calendar_date", "days") <= column(until(fact), "known") for fact in facts]
            is_passed = every([column("span", "days").eq(text(Span().name)), *has_come])
            columns.append(exp.Count(this=when(is_passed, ONE)).as_(arrived_days(facts)))
        return (
            exp.select(column("period_start", "days"), *columns)
            .from_("days")
            .join("known", join_type="cross")
            .group_by(column("period_start", "days"))
        )


def _of(span: Span, value: exp.Expr) -> exp.Expr:
    return when(column("span", "days").eq(text(span.name)), value)


def _numbered(name: str) -> exp.Subquery:
    """The calendar with each day's number in its period."""
    order = exp.Order(expressions=[exp.Ordered(this=column("calendar_date"), nulls_first=False)])
    position = exp.Window(this=exp.RowNumber(), partition_by=[column("period_start")], order=order)
    return (
        exp.select(column("calendar_date"), column("period_start"), position.as_("day_of_period"))
        .from_("calendar")
        .subquery(name)
    )
