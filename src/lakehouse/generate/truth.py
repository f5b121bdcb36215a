"""What the truth is made of: every measure of every period, of months by members, and of cohorts.

The measures come from one of two computations that know nothing of each other. What they share is here: the names, and
which days a period has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

GRAINS = ("day", "week", "month", "quarter", "year")
WEEK_START = "monday"
WINDOW_DAYS = 28
"""Days that the customers of a trailing window are counted in."""

Number = Decimal | int
Member = str | int | None
Span = tuple[date, date]
"""The first and the last day."""

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Measures:
    """What is summed or counted within one period; all that ratios are formed from."""

    total_revenue: Decimal = ZERO
    gross_sales: Decimal = ZERO
    discounts: Decimal = ZERO
    shipping_revenue: Decimal = ZERO
    tax_collected: Decimal = ZERO
    cost_of_goods: Decimal = ZERO
    costed_gross_sales: Decimal = ZERO
    costed_discounts: Decimal = ZERO
    total_orders: int = 0
    items_sold: int = 0
    placed_orders: int = 0
    cancelled_orders: int = 0
    orders_cancelled_after_payment: int = 0
    online_orders: int = 0
    online_revenue: Decimal = ZERO
    visitors: int = 0
    visitors_with_order: int = 0
    sessions: int = 0
    sessions_with_order: int = 0
    total_payments: Decimal = ZERO
    decided_payment_amount: Decimal = ZERO
    payment_attempts: int = 0
    decided_payments: int = 0
    successful_payments: int = 0
    first_attempts: int = 0
    successful_first_attempts: int = 0
    orders_attempted: int = 0
    orders_paid: int = 0
    active_customers: int = 0
    new_customers: int = 0
    repeat_customers: int = 0
    retained_customers: int = 0
    active_customers_28_days: int = 0
    """Of the 28 days up to the period's last, or to the last delivered."""
    repeat_orders: int = 0
    days_between_orders: int = 0
    registrations: int = 0
    registrations_with_order: int = 0
    refunds: Decimal = ZERO
    refunded_goods: Decimal = ZERO


@dataclass(frozen=True)
class Cohort:
    """What those who first ordered in one month did in one of the months since."""

    customers: int = 0
    revenue: Decimal = ZERO


ByMember = Mapping[tuple[date, Member], Mapping[str, Number]]
"""Metrics by month and member."""


@dataclass(frozen=True)
class Measured:
    """The measures of every period with anything in it, by grain and first day, and the first and the last day with
    anything at all (None where nothing ever happened).

    `cohort_sizes` are by month of the first order, `cohorts` by that and a month since; `by_member` is by dimension.
    """

    span: Span | None
    by_grain: Mapping[str, Mapping[date, Measures]]
    cohort_sizes: Mapping[date, int] = field(default_factory=dict)
    cohorts: Mapping[tuple[date, date], Cohort] = field(default_factory=dict)
    by_member: Mapping[str, ByMember] = field(default_factory=dict)


MEMBER_METRICS: Mapping[str, tuple[str, ...]] = {
    "country": ("total_revenue", "total_orders"),
    "sales_channel": ("total_revenue", "total_orders"),
    "product_category": ("total_revenue",),
    "payment_method": ("total_payments",),
    "failure_reason": ("failed_payments",),
    "order_hour": ("total_orders",),
    "acquisition_channel": ("registrations",),
}
"""The dimensions that months are broken down by, and what is measured of each."""

AMOUNTS = frozenset({"total_revenue", "total_payments"})
"""Those of them that are amounts; the others are counts."""


def period_start(day: date, grain: str) -> date:
    """The first day of the period that holds this day."""
    if grain == "week":
        return day - timedelta(days=day.weekday())
    if grain == "month":
        return day.replace(day=1)
    if grain == "quarter":
        return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return date(day.year, 1, 1) if grain == "year" else day


def last_day(start: date, grain: str) -> date:
    """The last day of the period that begins on this one."""
    longest = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}[grain]
    return period_start(start + timedelta(days=longest), grain) - timedelta(days=1)


def periods(span: Span | None, grain: str) -> Iterator[date]:
    """The first days of all periods from the one that holds the span's first day to the one that holds its last."""
    if span is None:
        return
    first, last = span
    start = period_start(first, grain)
    while start <= last:
        yield start
        start = last_day(start, grain) + timedelta(days=1)
