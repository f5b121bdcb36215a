"""Small lakes for tests: a few events in, the fact tables that gold would make of them out, flags and all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from lakehouse.derive.schema import arrow_schema
from lakehouse.gold import (
    coverage,
    dim_dates,
    fact_order_lines,
    fact_orders,
    fact_payments,
    fact_refunds,
    fact_registrations,
    fact_sessions,
    missing_days,
)
from lakehouse.grain import Grain
from lakehouse.settings import Business
from lakehouse.table import Table

Row = dict[str, Any]


@dataclass(frozen=True)
class Order:
    customer: str
    on: date
    converted_on: date | None = None
    cents: int = 100
    is_qualifying: bool = True
    is_cancelled: bool = False
    is_online: bool = True
    cost: int | None = None


@dataclass(frozen=True)
class Session:
    visitor: str
    on: date
    has_order: bool = False


@dataclass(frozen=True)
class Payment:
    on: date
    cents: int = 100
    status: str = "succeeded"
    is_counted: bool = True
    order: str | None = None
    attempt: int | None = None


@dataclass(frozen=True)
class Refund:
    on: date
    goods: int = 100
    shipping: int = 0


@dataclass(frozen=True)
class Registration:
    customer: str
    on: date
    has_ordered: bool = False


@dataclass(frozen=True)
class SmallLake:
    """What happened, each list in the order of time within a day.

    `delivered` has the last day of a fact's files, `missing` the days in between that it is not known on.
    """

    orders: Sequence[Order] = ()
    sessions: Sequence[Session] = ()
    payments: Sequence[Payment] = ()
    refunds: Sequence[Refund] = ()
    registrations: Sequence[Registration] = ()
    delivered: Mapping[str, date] = field(default_factory=dict)
    missing: Mapping[str, Sequence[date]] = field(default_factory=dict)

    def tables(self, business: Business) -> dict[str, pa.Table]:
        """The gold tables by name."""
        facts = {
            fact_orders.TABLE: (self._orders(business), "order_date"),
            fact_order_lines.TABLE: (self._lines(), "order_date"),
            fact_payments.TABLE: ([_payment(payment) for payment in self.payments], "attempt_date"),
            fact_refunds.TABLE: ([_refund(refund) for refund in self.refunds], "refund_date"),
            fact_registrations.TABLE: ([_registration(each) for each in self.registrations], "registration_date"),
            fact_sessions.TABLE: (self._sessions(business), "session_date"),
        }
        spans = self._spans({table.name: [row[day] for row in rows] for table, (rows, day) in facts.items()})
        missing = [{"table_name": name, "calendar_date": day} for name, days in self.missing.items() for day in days]
        return {
            **{table.name: _arrow(table, rows) for table, (rows, _) in facts.items()},
            "coverage": _arrow(coverage.TABLE, spans),
            "missing_days": _arrow(missing_days.TABLE, missing),
            "dim_dates": dim_dates.rows(business),
        }

    def _spans(self, days: Mapping[str, Sequence[date]]) -> list[Row]:
        spans = {name: _span(name, found, self.delivered.get(name)) for name, found in days.items()}
        orders, accounts = spans["fact_orders"], days["fact_registrations"]
        if accounts and orders["first_known_date"]:
            # Accounts of before are none of the lake's days.
            since = [day for day in accounts if day >= orders["first_known_date"]]
            spans["fact_registrations"] |= _span("fact_registrations", since, orders["first_known_date"])
        for name in ("fact_refunds", "fact_registrations"):
            for bound, furthest in (("first_known_date", min), ("last_known_date", max)):
                if spans[name][bound] and orders[bound]:
                    spans[name][bound] = furthest(spans[name][bound], orders[bound])
        return list(spans.values())

    def _orders(self, business: Business) -> list[Row]:
        flags = _Flags(business)
        rows = []
        last: dict[str, date] = {}
        for number, order in enumerate(sorted(self.orders, key=lambda order: order.on)):
            seen = flags.seen(order.customer)
            before = last.get(order.customer) if order.is_qualifying else None
            rows.append(
                {
                    "order_id": f"shop:{number}",
                    "customer_key": order.customer,
                    "order_date": order.on,
                    "conversion_date": order.converted_on or order.on,
                    "is_qualifying": order.is_qualifying,
                    "is_cancelled": order.is_cancelled,
                    "is_online": order.is_online,
                    "item_quantity": Decimal(order.cents) / 8,
                    "gross_amount": _amount(order.cents + 3),
                    "discount_amount": _amount(10),
                    "shipping_amount": _amount(5),
                    "tax_amount": _amount(2),
                    "total_amount": _amount(order.cents),
                    "previous_order_date": before,
                    "days_since_previous_order": None if before is None else (order.on - before).days,
                    "is_first_order": order.is_qualifying and not seen,
                    **flags.of(order.customer, order.on, counts=order.is_qualifying),
                }
            )
            if order.is_qualifying:
                last[order.customer] = order.on
        return rows

    def _lines(self) -> list[Row]:
        """One line for each order, of all its goods."""
        return [
            {
                "order_date": order.on,
                "is_qualifying": order.is_qualifying,
                "gross_amount": _amount(order.cents + 3),
                "discount_amount": _amount(10),
                "cost_amount": None if order.cost is None else _amount(order.cost),
            }
            for order in self.orders
        ]

    def _sessions(self, business: Business) -> list[Row]:
        flags = _Flags(business)
        return [
            {
                "visitor_key": session.visitor,
                "session_date": session.on,
                "has_order": session.has_order,
                **flags.of(session.visitor, session.on, counts=True),
            }
            for session in sorted(self.sessions, key=lambda session: session.on)
        ]


class _Flags:
    """Who was seen in which period already."""

    def __init__(self, business: Business) -> None:
        self._start: Callable[[date, Grain], date] = lambda day, grain: period_start(day, grain, business.week_start)
        self._seen: set[tuple[str, Grain, date]] = set()

    def seen(self, member: str) -> bool:
        return any(member == one for one, _, _ in self._seen)

    def of(self, member: str, day: date, *, counts: bool) -> dict[str, bool]:
        keys = {grain: (member, grain, self._start(day, grain)) for grain in Grain}
        flags = {f"is_first_of_{grain}": counts and key not in self._seen for grain, key in keys.items()}
        if counts:
            self._seen.update(keys.values())
        return flags


def period_start(day: date, grain: Grain, week_start: int = 1) -> date:
    """First day of the period, reckoned apart from the product."""
    match grain:
        case Grain.DAY:
            return day
        case Grain.WEEK:
            while day.isoweekday() != week_start:
                day -= timedelta(days=1)
            return day
        case Grain.MONTH:
            return date(day.year, day.month, 1)
        case Grain.QUARTER:
            return date(day.year, (1, 1, 1, 4, 4, 4, 7, 7, 7, 10, 10, 10)[day.month - 1], 1)
        case Grain.YEAR:
            return date(day.year, 1, 1)


def _payment(payment: Payment) -> Row:
    return {
        "order_key": payment.order,
        "attempt_date": payment.on,
        "attempt_number": payment.attempt,
        "amount": _amount(payment.cents),
        "is_counted": payment.is_counted,
        "is_successful": payment.is_counted and payment.status == "succeeded",
        "is_failed": payment.is_counted and payment.status == "failed",
    }


def _refund(refund: Refund) -> Row:
    return {
        "refund_date": refund.on,
        "goods_amount": _amount(refund.goods),
        "refund_amount": _amount(refund.goods + refund.shipping),
    }


def _registration(registration: Registration) -> Row:
    return {
        "customer_key": registration.customer,
        "registration_date": registration.on,
        "has_ordered": registration.has_ordered,
    }


def _amount(cents: int) -> Decimal:
    return Decimal(cents) / 100


def _span(name: str, days: Sequence[date], delivered: date | None) -> Row:
    known = [*days, delivered] if delivered else days
    return {
        "table_name": name,
        "row_count": len(days),
        "first_date": min(days, default=None),
        "last_date": max(days, default=None),
        "first_known_date": min(known, default=None),
        "last_known_date": max(known, default=None),
    }


def _arrow(table: Table, rows: Sequence[Row]) -> pa.Table:
    """The rows with those of the declared columns that they have (all of them where there are no rows)."""
    wanted: Iterable[str] = rows[0] if rows else table.field_names
    schema = arrow_schema(table)
    return pa.Table.from_pylist(list(rows), schema=pa.schema([schema.field(name) for name in wanted]))
