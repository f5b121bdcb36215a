"""`truth.json`: every number that must come out of the landing files, at five grains.

The measures come from one of two computations that know nothing of each other; here they are put on a complete
calendar, ratios are formed, and everything is written as text that keeps each decimal exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

GRAINS = ("day", "week", "month", "quarter", "year")
WEEK_START = "monday"

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Measures:
    """What is summed or counted within one period; all that ratios are formed from."""

    total_revenue: Decimal = ZERO
    gross_sales: Decimal = ZERO
    discounts: Decimal = ZERO
    shipping_revenue: Decimal = ZERO
    tax_collected: Decimal = ZERO
    total_orders: int = 0
    items_sold: int = 0
    cancelled_orders: int = 0
    online_orders: int = 0
    visitors: int = 0
    sessions: int = 0
    total_payments: Decimal = ZERO
    decided_payments: int = 0
    successful_payments: int = 0
    active_customers: int = 0
    new_customers: int = 0
    refunds: Decimal = ZERO


@dataclass(frozen=True)
class Measured:
    """The measures of every period with anything in it, by grain and first day, and the first and the last day with
    anything at all (None where nothing ever happened)."""

    span: tuple[date, date] | None
    by_grain: Mapping[str, Mapping[date, Measures]]


def period_start(day: date, grain: str) -> date:
    """The first day of the period that holds this day."""
    if grain == "week":
        return day - timedelta(days=day.weekday())
    if grain == "month":
        return day.replace(day=1)
    if grain == "quarter":
        return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return date(day.year, 1, 1) if grain == "year" else day


def periods(span: tuple[date, date] | None, grain: str) -> Iterator[date]:
    """The first days of all periods from the one that holds the span's first day to the one that holds its last."""
    if span is None:
        return
    first, last = span
    longest = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}[grain]
    start = period_start(first, grain)
    while start <= last:
        yield start
        start = period_start(start + timedelta(days=longest), grain)


def describe(measured: Measured, delivered: tuple[date, date]) -> dict[str, Json]:
    """All grains as JSON: for each a list of periods in order, without a gap.

    `delivered` are the first and the last day of the landing files: a period that has other days too is not whole, and
    has no growth, nor has the one after it.
    """
    described: dict[str, Json] = {}
    for grain in GRAINS:
        previous: Measures | None = None
        rows: list[Json] = []
        for start in periods(measured.span, grain):
            current = measured.by_grain[grain].get(start, Measures())
            is_whole = delivered[0] <= start and _last_day(start, grain) <= delivered[1]
            rows.append({"start": start.isoformat(), **_described(current, previous if is_whole else None)})
            previous = current if is_whole else None
        described[grain] = rows
    return described


def _last_day(start: date, grain: str) -> date:
    return next(day for day in (start + timedelta(days=n) for n in range(366)) if _ends(day, grain))


def _ends(day: date, grain: str) -> bool:
    return period_start(day, grain) != period_start(day + timedelta(days=1), grain)


def _described(now: Measures, before: Measures | None) -> dict[str, Json]:
    additive: dict[str, Json] = {
        name: str(value) if isinstance(value, Decimal) else value for name, value in vars(now).items()
    }
    returning = now.active_customers - now.new_customers
    growth: dict[str, Json] = {"numerator": None, "denominator": None, "value": None}
    if before is not None:
        growth = _ratio(now.total_revenue - before.total_revenue, before.total_revenue)
    return {
        **additive,
        "failed_payments": now.decided_payments - now.successful_payments,
        "returning_customers": returning,
        "net_revenue": str(now.total_revenue - now.refunds),
        "average_order_value": _ratio(now.total_revenue, now.total_orders),
        "revenue_growth_rate": growth,
        "order_conversion_rate": _ratio(now.online_orders, now.visitors),
        "payment_success_rate": _ratio(now.successful_payments, now.decided_payments),
        "customer_acquisition_rate": _ratio(now.new_customers, now.active_customers),
        "customer_retention_rate": _ratio(returning, now.active_customers),
    }


def _ratio(numerator: Decimal | int, denominator: Decimal | int) -> dict[str, Json]:
    """Numerator and denominator as they are, and the nearest float to their exact quotient (null over zero)."""
    value = float(Fraction(numerator) / Fraction(denominator)) if denominator else None
    return {
        "numerator": str(numerator) if isinstance(numerator, Decimal) else numerator,
        "denominator": str(denominator) if isinstance(denominator, Decimal) else denominator,
        "value": value,
    }
