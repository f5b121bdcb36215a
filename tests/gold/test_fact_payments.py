"""Which attempts count, as what, in which currency and whose they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pytest
from pyspark.sql import SparkSession

from lakehouse import verbs
from lakehouse.gold import fact_payments
from lakehouse.gold.dim_exchange_rates import TABLE as DIM_EXCHANGE_RATES
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.gold.fact_payments import TABLE
from lakehouse.settings import Business
from lakehouse.silver.payments import TABLE as PAYMENTS
from lakehouse.table import UNKNOWN_KEY
from tests.published import Row, assert_row, by, published
from tests.rows import rows

BUSINESS = Business(
    timezone="Europe/Berlin", currency="EUR", calendar_from=date(2024, 1, 1), calendar_to=date(2024, 12, 31)
)
ORDERS: list[Row] = [
    {"order_id": "eur", "customer_key": "ann", "customer_id": "shop:1", "ordered_at": "2024-02-28T10:00"},
    {"order_id": "usd", "customer_key": "guest", "exchange_rate": "0.9", "transaction_currency_code": "USD"},
]
RATES: list[Row] = [
    {"currency_code": "USD", "rate_date": "2024-03-01", "exchange_rate": "0.8"},
    {"currency_code": "CHF", "rate_date": "2024-03-02", "exchange_rate": "1.05"},
]

# ── repeats of one request ────────────────────────────────────────────────────────────────────────────────────────────

Attempt = tuple[str, str | None, str]  # minute, idempotency key, status
COUNTED, REPEAT, WON, LOST = "counted", "repeat", "succeeded", "failed"
# The attempts of one order, and for each whether it counts, as what, and its number.
REQUESTS: Mapping[str, tuple[Sequence[Attempt], Sequence[tuple[str, int | None]]]] = {
    "one success": ([("01", "a", "succeeded")], [(WON, 1)]),
    "one failure": ([("01", "a", "failed")], [(LOST, 1)]),
    "pending and abandoned": ([("01", "a", "pending"), ("02", "b", "abandoned")], [(COUNTED, 1), (COUNTED, 2)]),
    "retried by another request": ([("01", "a", "failed"), ("02", "b", "succeeded")], [(LOST, 1), (WON, 2)]),
    "repeated success": ([("01", "a", "succeeded"), ("02", "a", "succeeded")], [(WON, 1), (REPEAT, None)]),
    "repeated failure": ([("02", "a", "failed"), ("01", "a", "failed")], [(REPEAT, None), (LOST, 1)]),
    "success after failure": ([("01", "a", "failed"), ("02", "a", "succeeded")], [(REPEAT, None), (WON, 1)]),
    "failure after success": ([("01", "a", "succeeded"), ("02", "a", "failed")], [(WON, 1), (REPEAT, None)]),
    "failure after pending": ([("01", "a", "pending"), ("02", "a", "failed")], [(COUNTED, 1), (REPEAT, None)]),
    "at one instant": ([("01", "a", "failed"), ("01", "a", "failed")], [(LOST, 1), (REPEAT, None)]),
    "no keys": ([("01", None, "failed"), ("02", None, "failed")], [(LOST, 1), (LOST, 2)]),
    "numbers leave repeats out": (
        [("01", "a", "failed"), ("02", "a", "failed"), ("03", "b", "failed"), ("04", None, "succeeded")],
        [(LOST, 1), (REPEAT, None), (LOST, 2), (WON, 3)],
    ),
}

# ── one attempt at a time ─────────────────────────────────────────────────────────────────────────────────────────────

NOON = "2024-03-01T12:00"
ATTEMPTS: Mapping[str, tuple[Row, Row]] = {
    "order in the reporting currency": (
        {"order_id": "eur", "amount": "10"},
        {"amount": "10", "exchange_rate": "1", "currency_code": "EUR", "transaction_currency_code": "EUR"},
    ),
    "order's rate, not the day's": (
        {"order_id": "usd", "amount": "10.05", "currency_code": "USD"},
        {"amount": "9.05", "exchange_rate": "0.9", "transaction_amount": "10.05", "transaction_currency_code": "USD"},
    ),
    "order's rate, without one of the day": (
        {"order_id": "usd", "amount": "10", "currency_code": "USD", "attempted_at": "2024-06-01"},
        {"amount": "9", "exchange_rate": "0.9"},
    ),
    "another currency than the order's": (
        {"order_id": "usd", "amount": "10", "currency_code": "CHF", "attempted_at": "2024-03-02"},
        {"amount": "10.50", "exchange_rate": "1.05"},
    ),
    "reporting currency, but not the order's": (
        {"order_id": "usd", "amount": "10"},
        {"amount": "10", "exchange_rate": "1"},
    ),
    "order unknown, day's rate": (
        {"order_id": "lost", "amount": "10", "currency_code": "USD", "customer_id": "shop:7"},
        {"amount": "8", "exchange_rate": "0.8", "order_key": None, "customer_id": "shop:7", "attempt_number": 1},
    ),
    "no order": (
        {"order_id": None, "amount": "10"},
        {"order_key": None, "customer_key": UNKNOWN_KEY, "customer_id": None, "attempt_number": None},
    ),
    "customer of the order": ({"order_id": "eur"}, {"customer_key": "ann", "customer_id": "shop:1"}),
    "guest of the order": ({"order_id": "usd"}, {"customer_key": "guest", "customer_id": None}),
    "own customer": ({"order_id": "eur", "customer_id": "shop:2"}, {"customer_id": "shop:2"}),
    "local day": (
        {"order_id": None, "attempted_at": "2024-03-31T22:30"},
        {"attempt_date": "2024-04-01", "attempt_hour": 0, "attempt_week": "2024-04-01"},
    ),
    "the order's time": (
        {"order_id": "eur", "attempted_at": None},
        {"attempted_at": "2024-02-28T10:00", "attempt_date": "2024-02-28", "attempt_hour": 11},
    ),
    "no method": ({"payment_method": None}, {"payment_method": "unknown"}),
    "as delivered": (
        {"payment_method": "card", "provider": "stripe", "status": "failed", "failure_reason": "declined"},
        {"payment_method": "card", "provider": "stripe", "status": "failed", "failure_reason": "declined"},
    ),
}
ABSENT: Mapping[str, tuple[Row, str]] = {
    "no rate": ({"currency_code": "USD", "attempted_at": "2024-03-03"}, "missing_exchange_rate"),
    "no rate in another currency than the order's": (
        {"order_id": "usd", "currency_code": "CHF"},
        "missing_exchange_rate",
    ),
    "no time": ({"order_id": "lost", "attempted_at": None}, "missing_time"),
    "before the calendar": ({"attempted_at": "2023-12-31T22:59"}, "out_of_calendar"),
    "after the calendar": ({"attempted_at": "2024-12-31T23:00"}, "out_of_calendar"),
}


def silver() -> list[Row]:
    return [
        *(
            {
                "payment_id": f"{name}-{number}",
                "order_id": name,
                "attempted_at": f"2024-03-01T12:{minute}",
                "idempotency_key": key,
                "status": status,
            }
            for name, (attempts, _) in REQUESTS.items()
            for number, (minute, key, status) in reversed(list(enumerate(attempts)))
        ),
        *(
            {"payment_id": name, "order_id": name, "attempted_at": NOON, **given}
            for name, (given, _) in (*ATTEMPTS.items(), *ABSENT.items())
        ),
        {"payment_id": "deleted", "_is_deleted": True, "attempted_at": "2023-01-01"},
    ]


@pytest.fixture(scope="module")
def facts(spark: SparkSession) -> dict[str, Row]:
    frame = fact_payments.transform(
        rows(spark, PAYMENTS, *silver()),
        rows(spark, FACT_ORDERS, *ORDERS),
        rows(spark, DIM_EXCHANGE_RATES, *RATES),
        BUSINESS,
    )
    return by("payment_id", published(TABLE, frame))


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_counts_once(facts: dict[str, Row], name: str) -> None:
    expected = REQUESTS[name][1]
    found = [facts[f"{name}-{number}"] for number in range(len(expected))]
    assert [row["attempt_number"] for row in found] == [number for _, number in expected]
    assert [(row["is_counted"], row["is_successful"], row["is_failed"]) for row in found] == [
        (what != REPEAT, what == WON, what == LOST) for what, _ in expected
    ]


def test_one_key_in_two_orders_is_two_requests(facts: dict[str, Row]) -> None:
    assert facts["one success-0"]["is_counted"]
    assert facts["repeated success-0"]["is_counted"]


@pytest.mark.parametrize("name", ATTEMPTS)
def test_attempt(facts: dict[str, Row], name: str) -> None:
    assert_row(TABLE, facts[name], **ATTEMPTS[name][1])


def test_one_customer_has_one_key(facts: dict[str, Row]) -> None:
    own = facts["own customer"]["customer_key"]
    assert own not in {"ann", "guest", UNKNOWN_KEY, facts["order unknown, day's rate"]["customer_key"]}


def test_what_is_set_aside_is_not_in_the_fact(spark: SparkSession, facts: dict[str, Row]) -> None:
    frame = fact_payments.set_aside(
        rows(spark, PAYMENTS, *silver()),
        rows(spark, FACT_ORDERS, *ORDERS),
        rows(spark, DIM_EXCHANGE_RATES, *RATES),
        BUSINESS,
    )
    reasons = {row["row_id"]: row["reason"] for row in verbs.to_arrow(frame).to_pylist()}
    assert reasons == {name: reason for name, (_, reason) in ABSENT.items()}
    assert facts.keys() == {row["payment_id"] for row in silver()} - ABSENT.keys() - {"deleted"}
