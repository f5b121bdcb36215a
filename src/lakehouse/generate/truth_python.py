"""The truth in plain Python: decimals, dictionaries and sets, one row at a time. For shops of test size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq

from lakehouse.generate.facts import facts_path
from lakehouse.generate.places import REPORTING_CURRENCY
from lakehouse.generate.truth import GRAINS, ZERO, Measured, Measures, period_start

_CENT = Decimal("0.01")
_OLDEST_RATE = 7

Row = dict[str, Any]
Rate = Callable[[str, date], Decimal]


@dataclass(frozen=True)
class _Order:
    """An order with what the measures ask of it, amounts in the reporting currency."""

    day: date
    conversion_day: date
    qualifies: bool
    counts_as_cancelled: bool
    online: bool
    identity: Hashable
    gross: Decimal
    discount: Decimal
    shipping: Decimal
    tax: Decimal
    items: int
    rate: Decimal

    @property
    def total(self) -> Decimal:
        return self.gross - self.discount + self.shipping + self.tax


class _Sums:
    """Sums by day, and distinct things by day, of which every grain is made."""

    def __init__(self) -> None:
        self.sums: dict[date, dict[str, Any]] = defaultdict(lambda: defaultdict(int))
        self.distinct: dict[str, dict[date, set[Hashable]]] = defaultdict(lambda: defaultdict(set))
        self.days: set[date] = set()

    def add(self, day: date, **values: Decimal | int) -> None:
        for name, value in values.items():
            self.sums[day][name] += value

    def by_grain(self, grain: str) -> dict[date, Measures]:
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
        return {start: Measures(**values) for start, values in totals.items()}


def measure(folder: Path, zone: str) -> Measured:
    """Measures the facts in `folder`; days are those of the time zone."""
    local = ZoneInfo(zone)

    def day_of(second: int) -> date:
        return datetime.fromtimestamp(second, local).date()

    rate = _rates(folder)
    sums = _Sums()
    session_days = _measure_sessions(folder, day_of, sums)
    orders = _orders(folder, day_of, rate, session_days)
    _measure_orders(orders.values(), sums)
    _measure_payments(folder, day_of, rate, orders, sums)
    for row in _rows(folder, "refunds"):
        day, order = day_of(row["refunded_at"]), orders[row["order_id"]]
        sums.days.add(day)
        sums.add(day, refunds=sum((_convert(row[part], order.rate) for part in ("goods", "shipping", "tax")), ZERO))
    span = (min(sums.days), max(sums.days)) if sums.days else None
    return Measured(span, {grain: sums.by_grain(grain) for grain in GRAINS})


def _rows(folder: Path, name: str) -> Iterable[Row]:
    with pq.ParquetFile(facts_path(folder, name)) as file:
        for batch in file.iter_batches():
            yield from batch.to_pylist()


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


def _convert(amount: Decimal, rate: Decimal) -> Decimal:
    return _rounded(amount * rate)


def _rates(folder: Path) -> Rate:
    published: dict[tuple[str, date], Decimal] = {
        (row["currency"], row["rate_date"]): row["rate"] for row in _rows(folder, "exchange_rates")
    }

    def rate(currency: str, day: date) -> Decimal:
        if currency == REPORTING_CURRENCY:
            return Decimal(1)
        candidates = (published.get((currency, day - timedelta(days=age))) for age in range(_OLDEST_RATE + 1))
        return next(found for found in candidates if found is not None)

    return rate


def _measure_sessions(folder: Path, day_of: Callable[[int], date], sums: _Sums) -> dict[int, date]:
    days: dict[int, date] = {}
    for row in _rows(folder, "sessions"):
        day = days[row["session_id"]] = day_of(row["started_at"])
        sums.days.add(day)
        sums.add(day, sessions=1)
        sums.distinct["visitors"][day].add(row["visitor_id"])
    return days


def _normalised(email: str | None) -> str | None:
    return (email or "").strip(" ").lower() or None


def _orders(
    folder: Path, day_of: Callable[[int], date], rate: Rate, session_days: dict[int, date]
) -> dict[int, _Order]:
    customer_by_email: dict[str, int] = {}
    for row in _rows(folder, "customers"):
        email = _normalised(row["email"])
        if email:
            customer_by_email[email] = min(row["customer_id"], customer_by_email.get(email, row["customer_id"]))
    goods: dict[int, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    items: dict[int, int] = defaultdict(int)
    for row in _rows(folder, "order_lines"):
        goods[row["order_id"]][0] += _rounded(row["quantity"] * row["unit_price"])
        goods[row["order_id"]][1] += row["discount"]
        items[row["order_id"]] += row["quantity"]
    found: dict[int, _Order] = {}
    for row in _rows(folder, "orders"):
        number, day = row["order_id"], day_of(row["ordered_at"])
        of_day = rate(row["currency"], day)
        gross, line_discount = goods[number]
        found[number] = _Order(
            day=day,
            conversion_day=session_days.get(row["session_id"], day),
            qualifies=_qualifies(row),
            counts_as_cancelled=row["status"] == "cancelled" and not row["is_test"],
            online=row["sales_channel"] in ("web", "app"),
            identity=_identity(row, customer_by_email),
            gross=_convert(gross, of_day),
            discount=_convert(line_discount + row["discount"], of_day),
            shipping=_convert(row["shipping"], of_day),
            tax=_convert(row["tax"], of_day),
            items=items[number],
            rate=of_day,
        )
    return found


def _qualifies(row: Row) -> bool:
    if row["status"] == "draft" or row["is_test"]:
        return False
    if row["status"] != "cancelled":
        return True
    return row["paid_at"] is not None and row["cancelled_at"] >= row["paid_at"]


def _identity(row: Row, customer_by_email: dict[str, int]) -> Hashable:
    if row["customer_id"] is not None:
        return ("customer", row["customer_id"])
    email = _normalised(row["email"])
    if email is None:
        return ("order", row["order_id"])
    return ("customer", customer_by_email[email]) if email in customer_by_email else ("email", email)


def _measure_orders(orders: Iterable[_Order], sums: _Sums) -> None:
    first_days: dict[Hashable, date] = {}
    for order in orders:
        sums.days.add(order.day)
        sums.add(order.day, cancelled_orders=int(order.counts_as_cancelled))
        if not order.qualifies:
            continue
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
        sums.add(order.conversion_day, online_orders=int(order.online))
        sums.distinct["active_customers"][order.day].add(order.identity)
        first_days[order.identity] = min(order.day, first_days.get(order.identity, order.day))
    for day in first_days.values():
        sums.add(day, new_customers=1)


def _measure_payments(
    folder: Path, day_of: Callable[[int], date], rate: Rate, orders: dict[int, _Order], sums: _Sums
) -> None:
    counted: dict[Hashable, Row] = {}
    for row in _rows(folder, "payments"):
        sums.days.add(day_of(row["attempted_at"]))
        key = row["idempotency_key"]
        request: Hashable = ("alone", row["payment_id"]) if key is None else (row["order_id"], key)
        best = counted.get(request)
        if best is None or _preference(row) < _preference(best):
            counted[request] = row
    for row in counted.values():
        day, order = day_of(row["attempted_at"]), orders.get(row["order_id"])
        if row["status"] == "succeeded":
            applied = order.rate if order else rate(row["currency"], day)
            sums.add(day, total_payments=_convert(row["amount"], applied), successful_payments=1, decided_payments=1)
        elif row["status"] == "failed":
            sums.add(day, decided_payments=1)


def _preference(row: Row) -> tuple[bool, int, int]:
    return (row["status"] != "succeeded", row["attempted_at"], row["payment_id"])
