"""Values as SQL over the columns that were measured, and of each null its reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from lakehouse.semantic.compiler.columns import (
    Facts,
    arrived_days,
    first_day,
    known_days,
    last_day,
    length,
    since,
    until,
)
from lakehouse.semantic.compiler.sql import (
    ZERO,
    coalesce,
    column,
    double,
    every,
    is_not_null,
    is_null,
    least,
    minus,
    nullif,
    plus,
    text,
    when,
)
from lakehouse.semantic.reason import Reason
from lakehouse.semantic.span import Span
from lakehouse.semantic.value import Change, Measured, Quotient, Total, Value, facts_of, measured


@dataclass(frozen=True)
class Values:
    """How a value is computed from the step `filled`, whose columns of what was measured have these names."""

    names: Mapping[Measured, str]

    def filled(self, part: Measured) -> exp.Expr:
        """What was measured; zero where its days are known and have none, null where they are not known."""
        raw = column(self.names[part], "measured")
        days = column(known_days(part.span, part.facts), "reach")
        if part.is_extreme:
            filled: exp.Expr = raw
        else:
            # Rows before the first day known count, but that there are none of them says nothing.
            filled = when(days > ZERO, coalesce(raw, ZERO), nullif(raw, ZERO))
        if part.span.window.trailing_days is not None:
            starts = [column(since(fact), "periods") <= column(first_day(part.span), "reach") for fact in part.facts]
            filled = when(every(starts), filled)
        return exp.cast(filled, part.type).as_(self.names[part])

    def sql(self, value: Value) -> exp.Expr:
        match value:
            case Measured():
                return column(self.names[value])
            case Total(add=add, subtract=subtract):
                total = minus(plus([self.sql(part) for part in add]), [self.sql(part) for part in subtract])
                return exp.cast(total, value.type)
            case Quotient(numerator=above, denominator=below):
                return exp.Div(this=double(self.sql(above)), expression=nullif(double(self.sql(below)), ZERO))
            case Change():
                return self._change(value)

    def reason(self, value: Value) -> exp.Expr:
        """Why the value is null; null where it is not."""
        return when(is_null(self.sql(value)), self._why_null(value))

    def until(self, value: Value) -> exp.Expr:
        """The last day that the value is of: earlier than the period's last where what it needs has not come."""
        now = value.now if isinstance(value, Change) else value
        # None of them is null where there is a value.
        last = least([column("last_date"), *(column(until(fact)) for fact in facts_of(now))])
        return when(is_not_null(self.sql(now)), last)

    def _why_null(self, value: Value) -> exp.Expr:
        match value:
            case Quotient(numerator=above, denominator=below):
                case = exp.Case().when(is_null(self.sql(above)), self._why_null(above))
                case = case.when(is_null(self.sql(below)), self._why_null(below))
                return case.else_(text(Reason.ZERO_DENOMINATOR))
            case Change():
                return self._why_no_change(value)
            case _:
                return self._unknown(value)

    # ── why there is none ─────────────────────────────────────────────────────────────────────────────────────────────

    def _unknown(self, value: Value) -> exp.Expr:
        """The reason where something that was measured is null: it will come, or nothing delivers it."""
        parts = list(measured(value))
        span, facts = parts[0].span, facts_of(value)
        begin, end = column(first_day(span)), column(last_day(span))
        is_after = [begin > column(until(fact)) for fact in facts]
        case = exp.Case()
        if span.window.trailing_days is not None:
            is_early = exp.or_(*(begin < column(since(fact)) for fact in facts))
            case = case.when(every([is_early, end >= column("lake_from")]), text(Reason.NO_HISTORY))
        # Of a smallest or largest there may have been none.
        if any(part.is_extreme for part in parts):
            to_come = exp.or_(*is_after)
        else:
            to_come = exp.or_(*is_after, every([end >= column(since(fact)) for fact in facts]))
        # Of a period that has not begun to arrive there is no span to date.
        to_come = exp.or_(to_come, every([is_null(begin), self._is_later(facts)]))
        is_of_before = span.comparison is not None or span.before
        return case.when(to_come, text(Reason.NOT_ARRIVED)).else_(
            text(Reason.NO_HISTORY if is_of_before else Reason.NO_DATA)
        )

    def _is_later(self, facts: Facts) -> exp.Expr:
        return exp.or_(*(column("period_start") > column(until(fact)) for fact in facts))

    # ── change ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _change(self, value: Change) -> exp.Expr:
        now, before = self.sql(value.now), self.sql(value.before)
        share = exp.Div(this=double(exp.paren(minus(now, [before]))), expression=double(before))
        return when(every([before > ZERO, self._is_complete(value)]), share)

    def _why_no_change(self, value: Change) -> exp.Expr:
        now, before = self.sql(value.now), self.sql(value.before)
        why_before = self._why_null(value.before)
        return (
            exp.Case()
            .when(is_null(now), self._why_null(value.now))
            .when(is_null(before), why_before)
            .when(exp.Not(this=exp.paren(self._is_complete(value))), text(Reason.INCOMPLETE_PERIOD))
            .when(before.eq(ZERO.copy()), text(Reason.PREVIOUS_ZERO))
            .else_(text(Reason.PREVIOUS_NEGATIVE))
        )

    def _is_complete(self, value: Change) -> exp.Expr:
        """Whether all days of both are known: of the period those that have passed, where it is compared to date."""
        then = self._are_known(value.before)
        if value.comparison.to_date:
            return every([*self._have_arrived(value.now), *then])
        return every([*self._are_known(value.now), *then])

    def _are_known(self, value: Value) -> Iterator[exp.Expr]:
        for span, facts in _sets(value):
            yield column(known_days(span, facts)).eq(column(length(span)))

    def _have_arrived(self, value: Value) -> Iterator[exp.Expr]:
        # What came is told by all that the value needs together, so that all of it is of the same days.
        facts = facts_of(value)
        for span, own in _sets(value):
            if span.window.name:
                yield column(known_days(span, own)).eq(column(length(span)))
            else:
                yield column(known_days(span, own)) >= column(arrived_days(facts))


def _sets(value: Value) -> tuple[tuple[Span, Facts], ...]:
    return tuple(dict.fromkeys((part.span, part.facts) for part in measured(value)))
