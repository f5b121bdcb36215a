"""What is refunded, on which day and at which rate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from pyspark.sql import SparkSession

from lakehouse import verbs
from lakehouse.gold import fact_refunds
from lakehouse.gold.dim_exchange_rates import TABLE as DIM_EXCHANGE_RATES
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.gold.fact_refunds import TABLE
from lakehouse.settings import Business
from lakehouse.silver.refunds import TABLE as REFUNDS
from lakehouse.table import UNKNOWN_KEY
from tests.published import Row, assert_row, by, published
from tests.rows import rows

BUSINESS = Business(
    timezone="Europe/Berlin", currency="EUR", calendar_from=date(2024, 1, 1), calendar_to=date(2024, 12, 31)
)
ORDERS: list[Row] = [
    {"order_id": "eur", "order_key": "k1", "customer_key": "ann", "order_date": "2024-02-01", "country_code": "AT",
     "sales_channel": "store"},
    {"order_id": "usd", "order_key": "k2", "exchange_rate": "0.9", "transaction_currency_code": "USD"},
]  # fmt: skip
RATES: list[Row] = [{"currency_code": "USD", "rate_date": "2024-03-01", "exchange_rate": "0.8"}]
NOON = "2024-03-01T12:00"
PARTS = {"goods_amount": "10", "shipping_amount": "5", "tax_amount": "1.50"}
USD_PARTS = {"goods_amount": "0.05", "shipping_amount": "0.05", "tax_amount": "0.05", "currency_code": "USD"}

CASES: Mapping[str, tuple[Row, Row]] = {
    "sum of its parts": ({**PARTS, "order_id": "eur"}, {**PARTS, "refund_amount": "16.50", "currency_code": "EUR"}),
    "order's rate, every part rounded by itself": (
        {**USD_PARTS, "order_id": "usd"},
        {
            **dict.fromkeys(PARTS, "0.05"),
            "refund_amount": "0.15",
            "exchange_rate": "0.9",
            "currency_code": "EUR",
            "transaction_currency_code": "USD",
        },
    ),
    "order's rate, without one of the day": (
        {**USD_PARTS, "order_id": "usd", "refunded_at": "2024-06-01"},
        {"refund_amount": "0.15", "exchange_rate": "0.9"},
    ),
    "order unknown, day's rate": (
        {**USD_PARTS, "order_id": "lost"},
        {
            "refund_amount": "0.12",
            "exchange_rate": "0.8",
            "order_key": None,
            "order_date": None,
            "customer_key": UNKNOWN_KEY,
            "sales_channel": "unknown",
            "country_code": "ZZ",
        },
    ),
    "another currency than the order's": ({**USD_PARTS, "order_id": "eur"}, {"exchange_rate": "0.8"}),
    "of its order": (
        {"order_id": "eur"},
        {
            "order_key": "k1",
            "customer_key": "ann",
            "order_date": "2024-02-01",
            "country_code": "AT",
            "sales_channel": "store",
        },
    ),
    "whole order": ({"order_id": "eur"}, {"order_line_key": None}),
    "on its own day": (
        {"order_id": "eur", "refunded_at": "2024-03-31T22:30", "reason": "broken"},
        {"refund_date": "2024-04-01", "refund_week": "2024-04-01", "reason": "broken"},
    ),
}
ABSENT: Mapping[str, tuple[Row, str]] = {
    "no rate": ({"currency_code": "CHF"}, "missing_exchange_rate"),
    "before the calendar": ({"refunded_at": "2023-12-31T22:59"}, "out_of_calendar"),
    "after the calendar": ({"refunded_at": "2024-12-31T23:00"}, "out_of_calendar"),
}
SILVER: list[Row] = [
    *({"refund_id": name, "refunded_at": NOON, **given} for name, (given, _) in (*CASES.items(), *ABSENT.items())),
    {"refund_id": "deleted", "_is_deleted": True, "refunded_at": "2023-01-01"},
    {"refund_id": "line", "order_line_id": "line-1"},
    {"refund_id": "other line", "order_line_id": "line-2"},
]


@pytest.fixture(scope="module")
def facts(spark: SparkSession) -> dict[str, Row]:
    frame = fact_refunds.transform(
        rows(spark, REFUNDS, *SILVER),
        rows(spark, FACT_ORDERS, *ORDERS),
        rows(spark, DIM_EXCHANGE_RATES, *RATES),
        BUSINESS,
    )
    return by("refund_id", published(TABLE, frame))


@pytest.mark.parametrize("name", CASES)
def test_refund(facts: dict[str, Row], name: str) -> None:
    assert_row(TABLE, facts[name], **CASES[name][1])


def test_refund_of_a_line_names_it(facts: dict[str, Row]) -> None:
    assert None not in {facts["line"]["order_line_key"], facts["other line"]["order_line_key"]}
    assert facts["line"]["order_line_key"] != facts["other line"]["order_line_key"]


def test_what_is_set_aside_is_not_in_the_fact(spark: SparkSession, facts: dict[str, Row]) -> None:
    frame = fact_refunds.set_aside(
        rows(spark, REFUNDS, *SILVER),
        rows(spark, FACT_ORDERS, *ORDERS),
        rows(spark, DIM_EXCHANGE_RATES, *RATES),
        BUSINESS,
    )
    reasons = {row["row_id"]: row["reason"] for row in verbs.to_arrow(frame).to_pylist()}
    assert reasons == {name: reason for name, (_, reason) in ABSENT.items()}
    assert facts.keys() == {*CASES, "line", "other line"}
