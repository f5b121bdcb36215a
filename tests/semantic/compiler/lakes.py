"""Random small lakes, as rows of facts and dimensions, and questions of them answered by DuckDB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
from hypothesis import strategies as st

from lakehouse.derive.schema import arrow_schema
from lakehouse.gold import coverage, dim_dates, missing_days
from lakehouse.semantic.compiler.compile import compile_query
from lakehouse.semantic.facts import FACTS, TABLES
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Query
from lakehouse.settings import Business
from lakehouse.table import BOOLEAN, Table
from tests.examples import examples
from tests.semantic.compiler.reference import Lake

# The lakes are small already: to shrink them takes minutes and makes little clearer.
FAST = examples(10)

BUSINESS = Business(calendar_from=date(2024, 1, 1), calendar_to=date(2026, 12, 31), week_start=1)
CALENDAR = dim_dates.rows(BUSINESS)
FIRST = date(2025, 11, 20)
LENGTH = 110
DATES = {
    "fact_orders": "order_date",
    "fact_order_lines": "order_date",
    "fact_payments": "attempt_date",
    "fact_refunds": "refund_date",
    "fact_registrations": "registration_date",
    "fact_sessions": "session_date",
}
CUSTOMERS = ("a", "b", "c", "d")
PRODUCTS = ("p", "q", "r")

days = st.integers(0, LENGTH).map(lambda n: FIRST + timedelta(days=n))
cents = st.integers(1, 9999).map(lambda n: Decimal(n) / 100)


@st.composite
def lakes(draw: st.DrawFn) -> Lake:
    """Few members, so that they come again; facts that are known for different days, some of them missing."""
    orders = [_order(draw, n) for n in range(draw(st.integers(0, 14)))]
    lines = [line for order in orders for line in _lines(draw, order)]
    payments = [_payment(draw, n, orders) for n in range(draw(st.integers(0, 8)))]
    refunds = [_refund(draw, n, orders) for n in range(draw(st.integers(0, 3)))]
    sessions = [_session(draw, n) for n in range(draw(st.integers(0, 10)))]
    rows: dict[str, Sequence[Mapping[str, Any]]] = {
        "fact_orders": orders,
        "fact_order_lines": lines,
        "fact_payments": payments,
        "fact_refunds": refunds,
        "fact_registrations": [_registration(draw, key) for key in CUSTOMERS if draw(st.booleans())],
        "fact_sessions": sessions,
        "dim_customers": _customers(draw, orders),
        "dim_products": [
            {
                "product_key": key,
                "product_id": key,
                "product_name": key,
                "category": draw(st.sampled_from(["mugs", "bowls"])),
            }
            for key in PRODUCTS
        ],
    }
    known = {name: _known(draw, [row[DATES[name]] for row in rows[name]]) for name in FACTS}
    known["fact_registrations"] = _with_orders(known["fact_registrations"], known["fact_orders"])
    missing = draw(st.frozensets(st.tuples(st.sampled_from(sorted(FACTS)), days), max_size=4))
    holes = frozenset((fact, day) for fact, day in missing if _is_hole(fact, day, rows, known))
    lake = Lake(rows, known, holes)
    return replace(lake, begin=min((day for fact in FACTS if (day := first_date(lake, fact))), default=None))


def _known(draw: st.DrawFn, found: Sequence[date]) -> tuple[date, date] | None:
    """Rows may lie before the first day that is known, and files may reach further than rows."""
    if not found:
        return draw(st.sampled_from([None, (FIRST, FIRST + timedelta(days=40))]))
    first = min(found) + timedelta(days=draw(st.sampled_from([0, 0, 0, 3, -2])))
    last = max(found) + timedelta(days=draw(st.sampled_from([0, 0, 5])))
    return (min(first, last), last)


def _with_orders(own: tuple[date, date] | None, orders: tuple[date, date] | None) -> tuple[date, date] | None:
    """Registrations begin with orders, though accounts were there before."""
    return own if own is None or orders is None else (orders[0], max(own[1], orders[1]))


def _is_hole(fact: str, day: date, rows: Mapping[str, Sequence[Mapping[str, Any]]], known: Mapping[str, Any]) -> bool:
    span = known[fact]
    has_row = any(row[DATES[fact]] == day for row in rows[fact])
    return span is not None and span[0] < day < span[1] and not has_row


def _order(draw: st.DrawFn, n: int) -> dict[str, Any]:
    day = draw(days)
    return {
        "order_key": f"o{n}",
        "customer_key": draw(st.sampled_from(CUSTOMERS)),
        "order_date": day,
        "conversion_date": day - timedelta(days=draw(st.integers(0, 1))),
        "is_qualifying": draw(st.sampled_from([True, True, True, False])),
        "is_cancelled": draw(st.booleans()),
        "is_online": draw(st.booleans()),
        "is_first_order": draw(st.booleans()),
        **_order_before(draw, day),
        "sales_channel": draw(st.sampled_from(["web", "store"])),
        "country_code": draw(st.sampled_from(["DE", "FR", "ZZ"])),
        "coupon_code": draw(st.sampled_from([None, "SPRING"])),
        "status": ["placed", "paid"][n % 2],
        "order_hour": n % 3,
        "item_quantity": Decimal(draw(st.integers(1, 5))),
        "gross_amount": draw(cents),
        "discount_amount": draw(cents),
        "shipping_amount": draw(cents),
        "tax_amount": draw(cents),
        "total_amount": draw(cents),
    }


def _order_before(draw: st.DrawFn, day: date) -> dict[str, Any]:
    days_since = draw(st.sampled_from([None, 0, 3]))
    before = None if days_since is None else day - timedelta(days=days_since)
    return {"previous_order_date": before, "days_since_previous_order": days_since}


def _lines(draw: st.DrawFn, order: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Lines whose amounts add up to the order's."""
    shared = ("gross_amount", "discount_amount", "shipping_amount", "tax_amount", "total_amount")
    first = {name: draw(st.sampled_from([Decimal(0), order[name], Decimal("0.01")])) for name in shared}
    parts = [first, {name: order[name] - first[name] for name in shared}]
    return [
        {
            **{
                name: order[name]
                for name in ("order_key", "customer_key", "order_date", "is_qualifying", "sales_channel")
            },
            "country_code": order["country_code"],
            "order_line_key": f"{order['order_key']}-{n}",
            "product_key": draw(st.sampled_from(PRODUCTS)),
            "quantity": Decimal(n) if n == 1 else order["item_quantity"] - 1,
            "cost_amount": draw(st.sampled_from([None, Decimal("0.50")])),
            **part,
        }
        for n, part in enumerate(parts, start=1)
    ]


def _payment(draw: st.DrawFn, n: int, orders: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    order = draw(st.one_of(st.none(), st.sampled_from(orders))) if orders else None
    status = draw(st.sampled_from(["succeeded", "failed", "pending"]))
    is_counted = draw(st.booleans())
    return {
        "payment_key": f"p{n}",
        "order_key": order and order["order_key"],
        "customer_key": order["customer_key"] if order else "-1",
        "attempt_date": draw(days),
        "attempt_number": draw(st.sampled_from([None, 1, 2])),
        "payment_method": draw(st.sampled_from(["card", "paypal"])),
        "provider": [None, "bank", "wallet"][n % 3],
        "is_counted": is_counted,
        "is_successful": is_counted and status == "succeeded",
        "is_failed": is_counted and status == "failed",
        "amount": draw(cents),
    }


def _refund(draw: st.DrawFn, n: int, orders: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    order = draw(st.one_of(st.none(), st.sampled_from(orders))) if orders else None
    return {
        "refund_key": f"r{n}",
        "order_key": order and order["order_key"],
        "customer_key": order["customer_key"] if order else "-1",
        "refund_date": draw(days),
        "reason": [None, "broken"][n % 2],
        "sales_channel": order["sales_channel"] if order else "unknown",
        "country_code": order["country_code"] if order else "ZZ",
        "goods_amount": draw(cents),
        "refund_amount": draw(cents),
    }


def _session(draw: st.DrawFn, n: int) -> dict[str, Any]:
    return {
        "session_key": f"s{n}",
        "visitor_key": draw(st.sampled_from(["v", "w", "x"])),
        "customer_key": draw(st.sampled_from(["-1", *CUSTOMERS])),
        "session_date": draw(days),
        "country_code": draw(st.sampled_from(["DE", "FR"])),
        "device_type": draw(st.sampled_from(["mobile", "desktop"])),
        "marketing_channel": ["mail", "search", "it's"][n % 3],
        "has_order": draw(st.booleans()),
    }


def _registration(draw: st.DrawFn, customer: str) -> dict[str, Any]:
    """Accounts may have been opened long before anything else is known."""
    day = draw(days) - timedelta(days=draw(st.sampled_from([0, 0, 40])))
    return {"customer_key": customer, "registration_date": day, "has_ordered": draw(st.booleans())}


def _customers(draw: st.DrawFn, orders: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for key in CUSTOMERS:
        theirs = sorted(
            order["order_date"] for order in orders if order["customer_key"] == key and order["is_qualifying"]
        )
        found.append(
            {
                "customer_key": key,
                "gender": draw(st.sampled_from([None, "female", "male"])),
                "birth_year": draw(st.sampled_from([None, 1970, 2000])),
                "country_code": draw(st.sampled_from(["DE", "AT"])),
                "customer_type": "guest" if key == "a" else "registered",
                "first_order_date": theirs[0] if theirs else None,
                "last_order_date": theirs[-1] if theirs else None,
                "order_count": len(theirs),
                "lifetime_amount": Decimal(0),
            }
        )
    return [*found, {"customer_key": "-1", "order_count": 0, "lifetime_amount": Decimal(0)}]


# ── asked of DuckDB ───────────────────────────────────────────────────────────────────────────────────────────────────


def ask(lake: Lake, metrics: Metrics, query: Query, calendar: pa.Table = CALENDAR) -> list[dict[str, Any]]:
    """The rows of the answer, from the facts."""
    with duckdb.connect() as connection:
        connection.register("dim_dates", calendar)
        for name, table in tables(lake).items():
            connection.register(name, table)
        return answer(connection, metrics, query)


def answer(connection: duckdb.DuckDBPyConnection, metrics: Metrics, query: Query) -> list[dict[str, Any]]:
    """The rows of the answer, from the facts that the connection has."""
    compiled = compile_query(query, metrics, {})
    result = connection.sql(compiled.sql()).to_arrow_table()
    assert tuple(result.column_names) == compiled.columns
    rows: list[dict[str, Any]] = result.to_pylist()
    return rows


def tables(lake: Lake) -> dict[str, pa.Table]:
    """The lake's tables, with the calendar's coverage."""
    spans = []
    for name in FACTS:
        found = covered_days(lake, name)
        known = lake.known.get(name) or (None, None)
        spans.append(
            {
                "table_name": name,
                "row_count": len(found),
                "first_date": first_date(lake, name),
                "last_date": max(found, default=None),
                "first_known_date": known[0],
                "last_known_date": known[1],
            }
        )
    holes = [{"table_name": fact, "calendar_date": day} for fact, day in sorted(lake.missing)]
    return {
        **{name: arrow(TABLES[name], rows) for name, rows in lake.rows.items()},
        "coverage": arrow(coverage.TABLE, spans),
        "missing_days": arrow(missing_days.TABLE, holes),
    }


def first_date(lake: Lake, fact: str) -> date | None:
    """The first day that coverage has for a fact."""
    known = lake.known.get(fact)
    return min([*covered_days(lake, fact), *(known[:1] if known else ())], default=None)


def covered_days(lake: Lake, fact: str) -> list[date]:
    """The days of a fact's rows, but for those on which accounts were opened before their time."""
    found, known = [row[DATES[fact]] for row in lake.rows[fact]], lake.known.get(fact)
    return [day for day in found if fact != "fact_registrations" or known is None or day >= known[0]]


def arrow(table: Table, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows with all declared columns; of what they do not say, false or nothing."""
    empty = {field.name: False if field.type == BOOLEAN else None for field in table.fields}
    schema = pa.schema([field.with_nullable(True) for field in arrow_schema(table)])
    return pa.Table.from_pylist([{**empty, **row} for row in rows], schema=schema)
