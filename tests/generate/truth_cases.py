"""Facts of the generator as few rows, for both computations of the truth; all times in UTC, days in Berlin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from lakehouse.generate.facts import Facts
from lakehouse.generate.truth import Measured, Measures, Span

Measure = Callable[[Path, str, Span], Measured]
Row = dict[str, Any]

DELIVERED = (date(2024, 4, 1), date(2024, 6, 30))

_AMOUNT = pa.decimal128(18, 2)
_SCHEMAS = {
    "customers": {
        "customer_id": pa.int64(),
        "email": pa.string(),
        "registered_at": pa.int64(),
        "acquisition_channel": pa.string(),
    },
    "products": {
        "product_id": pa.int64(),
        "updated_at": pa.int64(),
        "unit_cost": pa.decimal128(18, 4),
        "category": pa.string(),
    },
    "exchange_rates": {"rate_date": pa.date32(), "currency": pa.string(), "rate": pa.decimal128(18, 8)},
    "orders": {
        "order_id": pa.int64(),
        "customer_id": pa.int64(),
        "email": pa.string(),
        "session_id": pa.int64(),
        "ordered_at": pa.int64(),
        "status": pa.string(),
        "paid_at": pa.int64(),
        "cancelled_at": pa.int64(),
        "is_test": pa.bool_(),
        "sales_channel": pa.string(),
        "country": pa.string(),
        "currency": pa.string(),
        "discount": _AMOUNT,
        "shipping": _AMOUNT,
        "tax": _AMOUNT,
    },
    "order_lines": {
        "order_id": pa.int64(),
        "line_number": pa.int64(),
        "product_id": pa.int64(),
        "quantity": pa.int64(),
        "unit_price": pa.decimal128(18, 4),
        "discount": _AMOUNT,
    },
    "payments": {
        "payment_id": pa.int64(),
        "order_id": pa.int64(),
        "attempted_at": pa.int64(),
        "method": pa.string(),
        "status": pa.string(),
        "failure_reason": pa.string(),
        "amount": _AMOUNT,
        "currency": pa.string(),
        "idempotency_key": pa.int64(),
    },
    "refunds": {
        "order_id": pa.int64(),
        "refunded_at": pa.int64(),
        "goods": _AMOUNT,
        "shipping": _AMOUNT,
        "tax": _AMOUNT,
    },
    "sessions": {"session_id": pa.int64(), "visitor_id": pa.int64(), "started_at": pa.int64()},
}


def second(at: str) -> int:
    return int(datetime.fromisoformat(f"{at}+00:00").timestamp())


def order(number: int, at: str, **values: Any) -> Row:
    usual = {
        "order_id": number,
        "customer_id": None,
        "email": None,
        "session_id": None,
        "ordered_at": second(at),
        "status": "fulfilled",
        "paid_at": None,
        "cancelled_at": None,
        "is_test": False,
        "sales_channel": "web",
        "country": "DE",
        "currency": "EUR",
        "discount": Decimal("0.00"),
        "shipping": Decimal("0.00"),
        "tax": Decimal("0.00"),
    }
    return {**usual, **values}


def line(
    of_order: int, quantity: int = 1, price: str = "10.0000", discount: str = "0.00", number: int = 1, product: int = 1
) -> Row:
    return {
        "order_id": of_order,
        "line_number": number,
        "product_id": product,
        "quantity": quantity,
        "unit_price": Decimal(price),
        "discount": Decimal(discount),
    }


def payment(number: int, of_order: int, at: str, status: str, **values: Any) -> Row:
    usual = {
        "payment_id": number,
        "order_id": of_order,
        "attempted_at": second(at),
        "method": "card",
        "status": status,
        "failure_reason": "expired_card" if status == "failed" else None,
        "amount": Decimal("10.00"),
        "currency": "EUR",
        "idempotency_key": None,
    }
    return {**usual, **values}


def refund(of_order: int, at: str, goods: str, shipping: str = "0.00", tax: str = "0.00") -> Row:
    return {
        "order_id": of_order,
        "refunded_at": second(at),
        "goods": Decimal(goods),
        "shipping": Decimal(shipping),
        "tax": Decimal(tax),
    }


def session(number: int, visitor: int, at: str) -> Row:
    return {"session_id": number, "visitor_id": visitor, "started_at": second(at)}


def account(number: int, email: str | None = None, at: str = "2024-04-01T10:00:00", channel: str | None = None) -> Row:
    return {
        "customer_id": number,
        "email": email,
        "registered_at": second(at),
        "acquisition_channel": channel,
    }


def product(number: int, at: str, cost: str, category: str = "Home") -> Row:
    return {"product_id": number, "updated_at": second(at), "unit_cost": Decimal(cost), "category": category}


def rates(*published: tuple[str, str]) -> list[Row]:
    """Rates of the pound."""
    return [{"rate_date": date.fromisoformat(day), "currency": "GBP", "rate": Decimal(rate)} for day, rate in published]


def measured_of(measure: Measure, folder: Path, delivered: Span = DELIVERED, **rows: list[Row]) -> Measured:
    with Facts(folder) as facts:
        for name, types in _SCHEMAS.items():
            facts.append(name, pa.Table.from_pylist(rows.get(name, []), pa.schema(types)))
    return measure(folder, "Europe/Berlin", delivered)


def of_day(measured: Measured, day: str) -> Measures:
    return measured.by_grain["day"].get(date.fromisoformat(day), Measures())
