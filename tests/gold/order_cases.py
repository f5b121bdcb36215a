"""Orders as cases: each with what comes with it, all put through fact_orders at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from pyspark.sql import DataFrame, SparkSession

from lakehouse.gold import fact_orders
from lakehouse.gold.dim_exchange_rates import TABLE as DIM_EXCHANGE_RATES
from lakehouse.settings import Business
from lakehouse.silver.customers import TABLE as CUSTOMERS
from lakehouse.silver.order_lines import TABLE as ORDER_LINES
from lakehouse.silver.orders import TABLE as ORDERS
from lakehouse.silver.payments import TABLE as PAYMENTS
from lakehouse.silver.sessions import TABLE as SESSIONS
from tests.published import Row, by, published
from tests.rows import rows

BERLIN = Business(
    timezone="Europe/Berlin", currency="EUR", calendar_from=date(2024, 1, 1), calendar_to=date(2025, 12, 31)
)
RATES: list[Row] = [
    {"currency_code": "USD", "rate_date": "2024-03-01", "exchange_rate": "0.9"},
    {"currency_code": "USD", "rate_date": "2024-03-02", "exchange_rate": "0.8"},
    {"currency_code": "JPY", "rate_date": "2024-03-01", "exchange_rate": "0.00612345"},
]


@dataclass(frozen=True)
class Case:
    """An order with its lines, payments and session, and its values in the fact; `absent` is why it is not in there."""

    order: Row
    expected: Row = field(default_factory=dict)
    lines: Sequence[Row] = ()
    payments: Sequence[Row] = ()
    session: Row | None = None
    absent: str | None = None


def transformed(spark: SparkSession, cases: Mapping[str, Case], business: Business) -> dict[str, Row]:
    """The fact's rows by the name of their case."""
    delivered, rates = orders(spark, cases), rows(spark, DIM_EXCHANGE_RATES, *RATES)
    lines = [
        {"order_id": name, "order_line_id": f"{name}-{number}", **line}
        for name, case in cases.items()
        for number, line in enumerate(case.lines)
    ]
    payments = [
        {"order_id": name, "payment_id": f"{name}-{number}", "status": "succeeded", **payment}
        for name, case in cases.items()
        for number, payment in enumerate(case.payments)
    ]
    sessions = [
        {"session_id": case.order["session_id"], **case.session} for case in cases.values() if case.session is not None
    ]
    frame = fact_orders.transform(
        delivered,
        rows(spark, ORDER_LINES, *lines),
        rows(spark, PAYMENTS, *payments),
        rows(spark, SESSIONS, *sessions),
        rows(spark, CUSTOMERS),
        rates,
        business,
    )
    return by("order_id", published(fact_orders.TABLE, frame))


def orders(spark: SparkSession, cases: Mapping[str, Case]) -> DataFrame:
    """The orders of the cases, each named by its case."""
    return rows(spark, ORDERS, *({"order_id": name, **case.order} for name, case in cases.items()))
