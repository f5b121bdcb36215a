"""`truth.json`: every number that must come out of the landing files, at five grains, by cohort and by member.

Measures are put on a complete calendar, sums to date and ratios are formed, and everything is written as text that
keeps each decimal exact. What can not be known of the days that were delivered is null.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate

from lakehouse.generate.truth import (
    AMOUNTS,
    GRAINS,
    MEMBER_METRICS,
    WINDOW_DAYS,
    ZERO,
    Cohort,
    Measured,
    Measures,
    Member,
    Number,
    Span,
    last_day,
    period_start,
    periods,
)

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_RATIOS = {
    "average_order_value": ("total_revenue", "total_orders"),
    "items_per_order": ("items_sold", "total_orders"),
    "cancellation_rate": ("cancelled_orders", "placed_orders"),
    "refund_rate": ("refunds", "total_revenue"),
    "gross_margin_rate": ("gross_margin", "costed_sales"),
    "revenue_per_visitor": ("online_revenue", "visitors"),
    "order_conversion_rate": ("online_orders", "visitors"),
    "session_conversion_rate": ("sessions_with_order", "sessions"),
    "visitor_conversion_rate": ("visitors_with_order", "visitors"),
    "payment_success_rate": ("successful_payments", "decided_payments"),
    "payment_success_rate_by_value": ("total_payments", "decided_payment_amount"),
    "payment_success_rate_by_order": ("orders_paid", "orders_attempted"),
    "first_attempt_success_rate": ("successful_first_attempts", "first_attempts"),
    "customer_acquisition_rate": ("new_customers", "active_customers"),
    "customer_retention_rate": ("returning_customers", "active_customers"),
    "repeat_purchase_rate": ("repeat_customers", "active_customers"),
    "period_retention_rate": ("retained_customers", "previous_active_customers"),
    "average_days_between_orders": ("days_between_orders", "repeat_orders"),
    "registration_to_order_rate": ("registrations_with_order", "registrations"),
    "lifetime_value": ("revenue_ever", "customers_ever"),
}
"""Numerator and denominator of every ratio."""

Values = dict[str, Number | None]


def describe(measured: Measured, delivered: Span) -> dict[str, Json]:
    """All sections of the truth; `delivered` are the first and the last day of the landing files."""
    return {
        "grains": {grain: _described_grain(measured, grain, delivered) for grain in GRAINS},
        "cohorts": _described_cohorts(measured, delivered),
        "by": {dimension: _described_members(measured, dimension) for dimension in MEMBER_METRICS},
    }


# ── periods ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _described_grain(measured: Measured, grain: str, delivered: Span) -> list[Json]:
    """The periods in order, without a gap.

    One that has other days than those delivered, too, is not whole, and has no growth, nor has the one after it.
    """
    to_date = _ToDate(measured.by_grain["day"], delivered)
    before: Measures | None = None
    was_whole = False
    rows: list[Json] = []
    for start in periods(measured.span, grain):
        now, end = measured.by_grain[grain].get(start, Measures()), last_day(start, grain)
        is_whole = delivered[0] <= start and end <= delivered[1]
        values = _values(now, before) | to_date.values(min(end, delivered[1]), now)
        grown_from = before if was_whole and is_whole else None
        rows.append({"start": start.isoformat(), **_written(values), "revenue_growth_rate": _growth(now, grown_from)})
        before, was_whole = now, is_whole
    return rows


def _values(now: Measures, before: Measures | None) -> Values:
    """The measures of a period, and what adds up from them."""
    return {
        **vars(now),
        "failed_payments": now.decided_payments - now.successful_payments,
        "undecided_payments": now.payment_attempts - now.decided_payments,
        "returning_customers": now.active_customers - now.new_customers,
        "previous_active_customers": None if before is None else before.active_customers,
        "net_revenue": now.total_revenue - now.refunds,
        "net_sales": now.gross_sales - now.discounts - now.refunded_goods,
        "costed_sales": now.costed_gross_sales - now.costed_discounts,
        "gross_margin": now.costed_gross_sales - now.costed_discounts - now.cost_of_goods,
    }


class _ToDate:
    """What days up to one add up to."""

    def __init__(self, by_day: Mapping[date, Measures], delivered: Span) -> None:
        self.delivered = delivered
        self.days = sorted(by_day)
        measures = [by_day[day] for day in self.days]
        self.revenue = list(accumulate((each.total_revenue for each in measures), initial=ZERO))
        self.customers = list(accumulate((each.new_customers for each in measures), initial=0))

    def values(self, end: date, now: Measures) -> Values:
        """Sums of the days up to `end`; those of a window of days are null where it begins before the first one."""
        return {
            "revenue_month_to_date": self._revenue(period_start(end, "month"), end),
            "revenue_year_to_date": self._revenue(period_start(end, "year"), end),
            "revenue_trailing_7_days": self._trailing_revenue(7, end),
            "revenue_trailing_28_days": self._trailing_revenue(28, end),
            "active_customers_28_days": now.active_customers_28_days if self._has(WINDOW_DAYS, end) else None,
            "revenue_ever": self._revenue(date.min, end),
            "customers_ever": self.customers[bisect_right(self.days, end)],
        }

    def _revenue(self, first: date, last: date) -> Decimal:
        return self.revenue[bisect_right(self.days, last)] - self.revenue[bisect_left(self.days, first)]

    def _trailing_revenue(self, days: int, end: date) -> Decimal | None:
        return self._revenue(end - timedelta(days=days - 1), end) if self._has(days, end) else None

    def _has(self, days: int, end: date) -> bool:
        return self.delivered[0] <= end - timedelta(days=days - 1)


def _written(values: Values) -> dict[str, Json]:
    ratios = {name: _ratio(values[above], values[below]) for name, (above, below) in _RATIOS.items()}
    return {**{name: _text(value) for name, value in values.items()}, **ratios}


def _growth(now: Measures, before: Measures | None) -> Json:
    if before is None:
        return _ratio(None, None)
    return _ratio(now.total_revenue - before.total_revenue, before.total_revenue)


def _ratio(numerator: Number | None, denominator: Number | None) -> Json:
    """Numerator and denominator as they are, and the nearest float to their exact quotient (null over zero)."""
    value = None
    if numerator is not None and denominator:
        value = float(Fraction(numerator) / Fraction(denominator))
    return {"numerator": _text(numerator), "denominator": _text(denominator), "value": value}


def _text(value: Number | None) -> Json:
    return str(value) if isinstance(value, Decimal) else value


# ── cohorts and members ───────────────────────────────────────────────────────────────────────────────────────────────


def _described_cohorts(measured: Measured, delivered: Span) -> list[Json]:
    """Each month's new customers in that month and in all since; null where the month is not over."""
    rows: list[Json] = []
    for start, size in sorted(measured.cohort_sizes.items()):
        for since, month in enumerate(periods((start, max(start, delivered[1])), "month")):
            found = measured.cohorts.get((start, month), Cohort())
            is_over = last_day(month, "month") <= delivered[1]
            rows.append(
                {
                    "cohort_start": start.isoformat(),
                    "period_start": month.isoformat(),
                    "periods_since": since,
                    "cohort_size": size,
                    "cohort_customers": found.customers if is_over else None,
                    "cohort_retention_rate": _ratio(found.customers if is_over else None, size),
                    "cohort_revenue_per_customer": _ratio(found.revenue if is_over else None, size),
                }
            )
    return rows


def _described_members(measured: Measured, dimension: str) -> list[Json]:
    """Every month with every member that there is in any, what has no name last."""
    found = measured.by_member.get(dimension, {})
    members = sorted({member for _, member in found}, key=_place)
    rows: list[Json] = []
    for start in periods(measured.span, "month"):
        for member in members:
            values = found.get((start, member), {})
            numbers = {name: _text(values.get(name, _nothing(name))) for name in MEMBER_METRICS[dimension]}
            rows.append({"start": start.isoformat(), "member": member, **numbers})
    return rows


def _place(member: Member) -> tuple[bool, int, str]:
    return member is None, member if isinstance(member, int) else 0, str(member)


def _nothing(name: str) -> Number:
    return ZERO if name in AMOUNTS else 0
