"""The truth in plain Python: decimals, dictionaries and sets, one row at a time. For shops of test size."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from lakehouse.generate.truth import (
    GRAINS,
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
from lakehouse.generate.truth_python_facts import Order, Rate, Row, convert, customer, orders, rates, rows

DayOf = Callable[[int], date]
_DAY = timedelta(days=1)


class _Sums:
    """Sums by day, distinct things by day and months by member, of which every grain is made."""

    def __init__(self) -> None:
        self.sums: dict[date, dict[str, Any]] = defaultdict(lambda: defaultdict(int))
        self.distinct: dict[str, dict[date, set[Hashable]]] = defaultdict(lambda: defaultdict(set))
        self.buyers: dict[date, Counter[Hashable]] = defaultdict(Counter)
        self.members: dict[str, dict[tuple[date, Member], dict[str, Any]]] = defaultdict(
            lambda: defaultdict(lambda: defaultdict(int))
        )
        self.days: set[date] = set()

    def add(self, day: date, **values: Number) -> None:
        for name, value in values.items():
            self.sums[day][name] += value

    def add_for(self, dimension: str, member: Member, day: date, **values: Number) -> None:
        for name, value in values.items():
            self.members[dimension][period_start(day, "month"), member][name] += value

    @property
    def span(self) -> Span | None:
        return (min(self.days), max(self.days)) if self.days else None

    def by_grain(self, grain: str, last: date) -> dict[date, Measures]:
        """The measures of all periods; what is counted in days before their end ends with `last`."""
        totals: dict[date, dict[str, Any]] = defaultdict(lambda: defaultdict(int))
        for day, values in self.sums.items():
            for name, value in values.items():
                totals[period_start(day, grain)][name] += value
        for name, things_by_day in self.distinct.items():
            things: dict[date, set[Hashable]] = defaultdict(set)
            for day, found in things_by_day.items():
                things[period_start(day, grain)] |= found
            for start, found in things.items():
                totals[start][name] = len(found)
        for start, counts in self._customers(grain, last).items():
            totals[start] |= counts
        return {start: Measures(**values) for start, values in totals.items()}

    def _customers(self, grain: str, last: date) -> dict[date, dict[str, int]]:
        bought: dict[date, Counter[Hashable]] = defaultdict(Counter)
        for day, buyers in self.buyers.items():
            bought[period_start(day, grain)].update(buyers)
        return {
            start: {
                "active_customers": len(bought[start]),
                "repeat_customers": sum(orders > 1 for orders in bought[start].values()),
                "retained_customers": len(bought[start].keys() & bought[period_start(start - _DAY, grain)].keys()),
                "active_customers_28_days": self._active_until(min(last_day(start, grain), last)),
            }
            for start in periods(self.span, grain)
        }

    def _active_until(self, end: date) -> int:
        window = (end - n * _DAY for n in range(WINDOW_DAYS))
        return len(set().union(*(self.buyers[day].keys() for day in window if day in self.buyers)))


def measure(folder: Path, zone: str, delivered: Span) -> Measured:
    """Measures the facts in `folder`, of which files of some days are delivered; days are those of the time zone."""
    local = ZoneInfo(zone)

    def day_of(second: int) -> date:
        return datetime.fromtimestamp(second, local).date()

    rate, sums = rates(folder), _Sums()
    sessions = {row["session_id"]: row for row in rows(folder, "sessions")}
    found = orders(folder, local, rate, {number: day_of(row["started_at"]) for number, row in sessions.items()})
    _measure_orders(found.values(), sums)
    lives = _lives(found.values())
    cohort_sizes, cohorts = _measure_lives(lives, sums)
    _measure_sessions(sessions, found.values(), day_of, sums)
    _measure_payments(folder, day_of, rate, found, sums)
    _measure_registrations(folder, day_of, lives, delivered[0], sums)
    for row in rows(folder, "refunds"):
        day, order = day_of(row["refunded_at"]), found[row["order_id"]]
        sums.days.add(day)
        parts = {part: convert(row[part], order.rate) for part in ("goods", "shipping", "tax")}
        sums.add(day, refunds=sum(parts.values(), ZERO), refunded_goods=parts["goods"])
    by_grain = {grain: sums.by_grain(grain, delivered[1]) for grain in GRAINS}
    return Measured(sums.span, by_grain, cohort_sizes, cohorts, sums.members)


# ── orders ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _measure_orders(orders: Iterable[Order], sums: _Sums) -> None:
    for order in orders:
        sums.days.add(order.day)
        is_cancelled_paid = order.is_cancelled and order.qualifies
        sums.add(
            order.day,
            placed_orders=int(order.is_placed),
            cancelled_orders=int(order.is_cancelled),
            orders_cancelled_after_payment=int(is_cancelled_paid),
        )
        if order.qualifies:
            _measure_order(order, sums)
            _measure_lines(order, sums)


def _measure_order(order: Order, sums: _Sums) -> None:
    sums.add(
        order.day,
        total_revenue=order.total,
        gross_sales=order.gross,
        discounts=order.discount,
        shipping_revenue=order.shipping,
        tax_collected=order.tax,
        total_orders=1,
        items_sold=order.items,
    )
    if order.online:
        sums.add(order.conversion_day, online_orders=1, online_revenue=order.total)
    sums.buyers[order.day][order.identity] += 1
    for dimension, member in (("country", order.country), ("sales_channel", order.sales_channel)):
        sums.add_for(dimension, member, order.day, total_revenue=order.total, total_orders=1)
    sums.add_for("order_hour", order.hour, order.day, total_orders=1)


def _measure_lines(order: Order, sums: _Sums) -> None:
    for line in order.lines:
        sums.add_for("product_category", line.category, order.day, total_revenue=line.total)
        if line.cost is not None:
            sums.add(
                order.day,
                cost_of_goods=line.cost,
                costed_gross_sales=line.gross,
                costed_discounts=line.discount,
            )


# ── customers ─────────────────────────────────────────────────────────────────────────────────────────────────────────

Lives = Mapping[Hashable, list[Order]]


def _lives(orders: Iterable[Order]) -> Lives:
    """The qualifying orders of each customer, in the order of time."""
    lives: dict[Hashable, list[Order]] = defaultdict(list)
    for order in sorted(orders, key=lambda order: (order.at, order.number)):
        if order.qualifies:
            lives[order.identity].append(order)
    return lives


def _measure_lives(lives: Lives, sums: _Sums) -> tuple[dict[date, int], dict[tuple[date, date], Cohort]]:
    """First and later orders; and the cohorts: their sizes, and what they did in each month."""
    sizes: Counter[date] = Counter()
    customers: Counter[tuple[date, date]] = Counter()
    revenue: dict[tuple[date, date], Decimal] = defaultdict(lambda: ZERO)
    for life in lives.values():
        sums.add(life[0].day, new_customers=1)
        began = period_start(life[0].day, "month")
        sizes[began] += 1
        customers.update({(began, period_start(order.day, "month")) for order in life})
        for order in life:
            revenue[began, period_start(order.day, "month")] += order.total
        for before, order in pairwise(life):
            sums.add(order.day, repeat_orders=1, days_between_orders=(order.day - before.day).days)
    return dict(sizes), {key: Cohort(count, revenue[key]) for key, count in customers.items()}


def _measure_registrations(folder: Path, day_of: DayOf, lives: Lives, first: date, sums: _Sums) -> None:
    """Accounts opened since the first day delivered; those that were there before are none of the shop's days."""
    for row in rows(folder, "customers"):
        day = day_of(row["registered_at"])
        if day < first:
            continue
        sums.days.add(day)
        orders = lives.get(customer(row["customer_id"]), [])
        has_ordered = any(order.day >= day for order in orders)
        sums.add(day, registrations=1, registrations_with_order=int(has_ordered))
        sums.add_for("acquisition_channel", row["acquisition_channel"], day, registrations=1)


# ── sessions and payments ─────────────────────────────────────────────────────────────────────────────────────────────


def _measure_sessions(sessions: Mapping[int, Row], orders: Iterable[Order], day_of: DayOf, sums: _Sums) -> None:
    converted = {order.session for order in orders if order.qualifies and order.online}
    for number, row in sessions.items():
        day, has_order = day_of(row["started_at"]), number in converted
        sums.days.add(day)
        sums.add(day, sessions=1, sessions_with_order=int(has_order))
        sums.distinct["visitors"][day].add(row["visitor_id"])
        if has_order:
            sums.distinct["visitors_with_order"][day].add(row["visitor_id"])


def _measure_payments(folder: Path, day_of: DayOf, rate: Rate, orders: Mapping[int, Order], sums: _Sums) -> None:
    counted: dict[Hashable, Row] = {}
    for row in rows(folder, "payments"):
        sums.days.add(day_of(row["attempted_at"]))
        key = row["idempotency_key"]
        request: Hashable = ("alone", row["payment_id"]) if key is None else (row["order_id"], key)
        best = counted.get(request)
        if best is None or _preference(row) < _preference(best):
            counted[request] = row
    tried: set[int] = set()
    for row in sorted(counted.values(), key=lambda row: (row["attempted_at"], row["payment_id"])):
        day = day_of(row["attempted_at"])
        sums.add(day, payment_attempts=1)
        if row["status"] in ("succeeded", "failed"):
            order = orders.get(row["order_id"])
            amount = convert(row["amount"], order.rate if order else rate(row["currency"], day))
            _measure_decided(row, day, amount, sums, is_first=row["order_id"] not in tried, is_known=order is not None)
        tried.add(row["order_id"])


def _measure_decided(row: Row, day: date, amount: Decimal, sums: _Sums, *, is_first: bool, is_known: bool) -> None:
    succeeded = row["status"] == "succeeded"
    sums.add(day, decided_payments=1, decided_payment_amount=amount, first_attempts=int(is_first))
    if is_known:
        sums.distinct["orders_attempted"][day].add(row["order_id"])
    if not succeeded:
        sums.add_for("failure_reason", row["failure_reason"], day, failed_payments=1)
        return
    sums.add(day, total_payments=amount, successful_payments=1, successful_first_attempts=int(is_first))
    sums.add_for("payment_method", row["method"], day, total_payments=amount)
    if is_known:
        sums.distinct["orders_paid"][day].add(row["order_id"])


def _preference(row: Row) -> tuple[bool, int, int]:
    return (row["status"] != "succeeded", row["attempted_at"], row["payment_id"])
