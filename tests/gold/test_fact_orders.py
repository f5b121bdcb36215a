"""Which orders count, what they are worth and when they were placed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession

from lakehouse import verbs
from lakehouse.gold import fact_orders
from lakehouse.gold.dim_exchange_rates import TABLE as DIM_EXCHANGE_RATES
from lakehouse.gold.fact_orders import TABLE
from tests.gold.order_cases import BERLIN, RATES, Case, orders, transformed
from tests.published import Row, assert_row
from tests.rows import rows

# ── which orders count ────────────────────────────────────────────────────────────────────────────────────────────────

NOON, ONE, TWO = "2024-03-01T12:00", "2024-03-01T13:00", "2024-03-01T14:00"
CANCELLED = {"status": "cancelled", "cancelled_at": ONE}
COUNTS = {"is_qualifying": True, "is_cancelled": False}
COUNTS_CANCELLED = {"is_qualifying": True, "is_cancelled": True}
NOT, NOT_CANCELLED = {"is_qualifying": False, "is_cancelled": False}, {"is_qualifying": False, "is_cancelled": True}

QUALIFYING = {
    "placed": Case({"status": "placed"}, {**COUNTS, "paid_at": None}),
    "paid": Case({"status": "paid", "paid_at": NOON}, {**COUNTS, "paid_at": NOON}),
    "fulfilled": Case({"status": "fulfilled"}, COUNTS),
    "returned": Case({"status": "returned"}, COUNTS),
    "draft": Case({"status": "draft"}, NOT),
    "draft that was paid": Case({"status": "draft", "paid_at": NOON}, NOT),
    "test": Case({"is_test": True}, NOT),
    "test that was cancelled": Case({"is_test": True, **CANCELLED}, NOT),
    "cancelled, never paid": Case(CANCELLED, NOT_CANCELLED),
    "cancelled before it was paid": Case({**CANCELLED, "paid_at": TWO}, NOT_CANCELLED),
    "cancelled as it was paid": Case({**CANCELLED, "paid_at": ONE}, COUNTS_CANCELLED),
    "cancelled after it was paid": Case({**CANCELLED, "paid_at": NOON}, COUNTS_CANCELLED),
    "cancelled at an unknown time, never paid": Case({"status": "cancelled"}, NOT_CANCELLED),
    "cancelled at an unknown time, paid": Case({"status": "cancelled", "paid_at": NOON}, COUNTS_CANCELLED),
    "cancelled by its time alone": Case({"status": "placed", "cancelled_at": ONE}, NOT_CANCELLED),
    "cancelled by its time alone, paid": Case(
        {"status": "paid", "paid_at": NOON, "cancelled_at": ONE}, COUNTS_CANCELLED
    ),
    "paid, says a payment": Case(
        CANCELLED, {**COUNTS_CANCELLED, "paid_at": NOON}, payments=[{"attempted_at": TWO}, {"attempted_at": NOON}]
    ),
    "paid too late, says a payment": Case(
        CANCELLED, {**NOT_CANCELLED, "paid_at": TWO}, payments=[{"attempted_at": TWO}]
    ),
    "paid at a time that no payment says": Case(
        {**CANCELLED, "ordered_at": ONE}, {**COUNTS_CANCELLED, "paid_at": ONE}, payments=[{"attempted_at": None}]
    ),
    "payment failed": Case(
        CANCELLED, {**NOT_CANCELLED, "paid_at": None}, payments=[{"attempted_at": NOON, "status": "failed"}]
    ),
    "payment pending": Case(
        CANCELLED, {**NOT_CANCELLED, "paid_at": None}, payments=[{"attempted_at": NOON, "status": "pending"}]
    ),
    "payment deleted": Case(
        CANCELLED, {**NOT_CANCELLED, "paid_at": None}, payments=[{"attempted_at": NOON, "_is_deleted": True}]
    ),
    "own time of payment before the payments'": Case(
        {**CANCELLED, "paid_at": TWO}, {**NOT_CANCELLED, "paid_at": TWO}, payments=[{"attempted_at": NOON}]
    ),
    "payment of no order": Case(
        CANCELLED, {**NOT_CANCELLED, "paid_at": None}, payments=[{"attempted_at": NOON, "order_id": None}]
    ),
}

# ── what they are worth ───────────────────────────────────────────────────────────────────────────────────────────────


def amounts(gross: str, discount: str, shipping: str, tax: str, total: str, **others: Any) -> Row:
    parts = {"gross_amount": gross, "discount_amount": discount, "shipping_amount": shipping, "tax_amount": tax}
    return {**parts, "total_amount": total, "currency_code": "EUR", **others}


HEAD = {"discount_amount": "1", "shipping_amount": "4.90", "tax_amount": "3.10"}
LINES = [
    {"quantity": "2", "unit_price_amount": "10", "discount_amount": "0.50", "tax_amount": "0.20"},
    {"quantity": "1.5", "unit_price_amount": "3.3333"},
]
USD = {"currency_code": "USD", "ordered_at": NOON}

AMOUNTS = {
    "lines and head": Case(
        HEAD, amounts("25.00", "1.50", "4.90", "3.30", "31.70", line_count=2, item_quantity="3.5"), LINES
    ),
    "tax included": Case(
        {**HEAD, "is_tax_included": True}, amounts("21.70", "1.50", "4.90", "3.30", "28.40", line_count=2), LINES
    ),
    "deleted line": Case(
        HEAD,
        amounts("20.00", "1.50", "4.90", "3.30", "26.70", line_count=1, item_quantity="2"),
        [LINES[0], {**LINES[1], "_is_deleted": True}],
    ),
    "line of negative quantity": Case(
        {}, amounts("-20.00", "0", "0", "0", "-20.00"), [{"quantity": "-2", "unit_price_amount": "10"}]
    ),
    "half a cent up": Case(
        {}, amounts("0.03", "0", "0", "0", "0.03"), [{"quantity": "5", "unit_price_amount": "0.005"}]
    ),
    "half a cent down below zero": Case(
        {}, amounts("-0.03", "0", "0", "0", "-0.03"), [{"quantity": "-5", "unit_price_amount": "0.005"}]
    ),
    "every line rounded by itself": Case(
        {}, amounts("0.02", "0", "0", "0", "0.02"), [{"quantity": "1", "unit_price_amount": "0.005"}] * 2
    ),
    "no lines, declared total": Case(
        {**HEAD, "declared_total_amount": "100"},
        amounts("93.00", "1.00", "4.90", "3.10", "100.00", line_count=0, item_quantity="0"),
    ),
    "no lines, declared total with tax included": Case(
        {**HEAD, "declared_total_amount": "100", "is_tax_included": True},
        amounts("93.00", "1.00", "4.90", "3.10", "100.00"),
    ),
    "no lines, no declared total": Case(HEAD, amounts("0", "1.00", "4.90", "3.10", "7.00", line_count=0)),
    "deleted lines only": Case(
        {"declared_total_amount": "7"},
        amounts("7.00", "0", "0", "0", "7.00", line_count=0),
        [{**LINES[0], "_is_deleted": True}],
    ),
    "declared total, but lines": Case(
        {"declared_total_amount": "99"},
        amounts("20.00", "0.50", "0", "0.20", "19.70", declared_total_amount="99", transaction_total_amount="19.70"),
        LINES[:1],
    ),
    "other currency": Case(
        {**HEAD, **USD},
        amounts(
            *("22.50", "1.35", "4.41", "2.97", "28.53"),
            exchange_rate="0.9",
            transaction_total_amount="31.70",
            transaction_currency_code="USD",
        ),
        LINES,
    ),
    "every part rounded by itself": Case(
        {**USD, "shipping_amount": "0.05", "tax_amount": "0.05"},
        amounts("0.05", "0", "0.05", "0.05", "0.15", transaction_total_amount="0.15"),
        [{"quantity": "1", "unit_price_amount": "0.05"}],
    ),
    "rate of many digits": Case(
        {"currency_code": "JPY", "ordered_at": NOON},
        amounts("75.59", "0", "0", "0", "75.59", transaction_total_amount="12345"),
        [{"quantity": "1", "unit_price_amount": "12345"}],
    ),
    "reporting currency": Case(
        {}, amounts("0", "0", "0", "0", "0", exchange_rate="1", transaction_currency_code="EUR")
    ),
    "negative total": Case({"discount_amount": "5"}, amounts("0", "5.00", "0", "0", "-5.00")),
}

# ── when ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def placed(at: str, day: str, hour: int, **others: Any) -> Case:
    placed_on = date.fromisoformat(day)
    monday = placed_on - timedelta(days=placed_on.weekday())
    expected = {"order_date": day, "order_hour": hour, "order_week": monday.isoformat()}
    return Case({"ordered_at": at}, {**expected, **others})


TIMES = {
    "winter, before midnight": placed("2024-02-29T22:59:59.999999", "2024-02-29", 23),
    "winter, midnight": placed("2024-02-29T23:00", "2024-03-01", 0),
    "summer, before midnight": placed("2024-06-30T21:59:59", "2024-06-30", 23),
    "summer, midnight": placed("2024-06-30T22:00", "2024-07-01", 0),
    "spring forward, start of the day": placed("2024-03-30T23:00", "2024-03-31", 0),
    "spring forward, before the gap": placed("2024-03-31T00:59:59", "2024-03-31", 1),
    "spring forward, after the gap": placed("2024-03-31T01:00", "2024-03-31", 3),
    "spring forward, end of the day": placed("2024-03-31T21:59:59", "2024-03-31", 23),
    "fall back, first two o'clock": placed("2024-10-27T00:30", "2024-10-27", 2),
    "fall back, second two o'clock": placed("2024-10-27T01:30", "2024-10-27", 2),
    "fall back, end of the day": placed("2024-10-27T22:59:59", "2024-10-27", 23),
    "first day of the calendar": placed("2023-12-31T23:00", "2024-01-01", 0),
    "last day of the calendar": placed("2025-12-31T22:59", "2025-12-31", 23),
}

VISITS = {
    "session": Case(
        {"session_id": "s1", "ordered_at": NOON}, {"conversion_date": "2024-02-29"},
        session={"started_at": "2024-02-29T22:59"},
    ),
    "session of the local day before": Case(
        {"session_id": "s2", "ordered_at": "2024-03-01T23:30"}, {"conversion_date": "2024-03-01"},
        session={"started_at": "2024-03-01T22:59"},
    ),
    "no session": Case({"ordered_at": NOON}, {"conversion_date": "2024-03-01", "session_key": None}),
    "session that was not delivered": Case(
        {"session_id": "s3", "ordered_at": NOON}, {"conversion_date": "2024-03-01", "session_key": None}
    ),
    "deleted session": Case(
        {"session_id": "s4", "ordered_at": NOON}, {"conversion_date": "2024-03-01", "session_key": None},
        session={"started_at": "2024-02-01T12:00", "_is_deleted": True},
    ),
    "session before the calendar": Case(
        {"session_id": "s5", "ordered_at": "2024-01-01T00:00"}, {"conversion_date": "2024-01-01"},
        session={"started_at": "2023-12-31T12:00"},
    ),
}  # fmt: skip

# ── which are left out, and what is filled in ─────────────────────────────────────────────────────────────────────────

ABSENT = {
    "no rate": Case({"currency_code": "USD", "ordered_at": "2024-05-01"}, absent="missing_exchange_rate"),
    "rate of the UTC day, not of the local one": Case(
        {"currency_code": "USD", "ordered_at": "2024-03-02T23:30"}, absent="missing_exchange_rate"
    ),
    "unknown currency": Case({"currency_code": "XXX", "ordered_at": NOON}, absent="missing_exchange_rate"),
    "before the calendar": Case({"ordered_at": "2023-12-31T22:59"}, absent="out_of_calendar"),
    "after the calendar": Case({"ordered_at": "2025-12-31T23:00"}, absent="out_of_calendar"),
    "before the calendar and without a rate": Case(
        {"ordered_at": "2023-01-01", "currency_code": "XXX"}, absent="out_of_calendar"
    ),
}
DELETED = Case({"_is_deleted": True, "ordered_at": "2023-01-01"})

REST = {
    "no country": Case({"country_code": None}, {"country_code": "ZZ"}),
    "country": Case({"country_code": "AT"}, {"country_code": "AT"}),
    "rate of the local day": Case({"currency_code": "USD", "ordered_at": "2024-03-01T23:30"}, {"exchange_rate": "0.8"}),
    "as delivered": Case(
        {"sales_channel": "store", "is_online": False, "coupon_code": "TEA", "customer_id": "shop:1"},
        {"sales_channel": "store", "is_online": False, "coupon_code": "TEA", "customer_id": "shop:1"},
    ),
}

CASES = {**QUALIFYING, **AMOUNTS, **TIMES, **VISITS, **REST}


@pytest.fixture(scope="module")
def facts(spark: SparkSession) -> dict[str, Row]:
    return transformed(spark, {**CASES, **ABSENT, "deleted": DELETED}, BERLIN)


@pytest.mark.parametrize("name", CASES)
def test_order(facts: dict[str, Row], name: str) -> None:
    assert_row(TABLE, facts[name], **CASES[name].expected)


@pytest.mark.parametrize("name", CASES)
def test_total_is_the_sum_of_its_parts_in_both_currencies(facts: dict[str, Row], name: str) -> None:
    row = facts[name]
    parts = row["gross_amount"] - row["discount_amount"] + row["shipping_amount"] + row["tax_amount"]
    assert row["total_amount"] == parts
    if row["exchange_rate"] == 1:
        assert row["transaction_total_amount"] == row["total_amount"]


def test_what_is_set_aside_is_not_in_the_fact(spark: SparkSession, facts: dict[str, Row]) -> None:
    given = {**ABSENT, "deleted": DELETED, "placed": CASES["placed"]}
    frame = fact_orders.set_aside(orders(spark, given), rows(spark, DIM_EXCHANGE_RATES, *RATES), BERLIN)
    reasons = {row["row_id"]: row["reason"] for row in verbs.to_arrow(frame).to_pylist()}
    assert reasons == {name: case.absent for name, case in ABSENT.items()}
    assert facts.keys() == CASES.keys()
