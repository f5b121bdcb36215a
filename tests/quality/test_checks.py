"""The checks of a table: for each kind, one bad row makes exactly that check fail."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pyspark.sql import SparkSession

from lakehouse.quality.checks import COLUMNS, checks
from lakehouse.table import (
    AMOUNT,
    DATE,
    INTEGER,
    STRING,
    UNKNOWN_KEY,
    Expectation,
    Field,
    Layer,
    Severity,
    Table,
)
from tests.rows import rows

CUSTOMERS = Table(
    Layer.GOLD, "customers", "One row per customer.", (Field("customer_key", STRING, "The key."),), ("customer_key",)
)
DATES = Table(Layer.GOLD, "dates", "One row per day.", (Field("calendar_date", DATE, "The day."),), ("calendar_date",))
SALES = Table(
    Layer.GOLD,
    "sales",
    "One row per sale and line.",
    fields=(
        Field("sale_key", STRING, "Key of the sale."),
        Field("line_number", INTEGER, "Line within the sale."),
        Field("customer_key", STRING, "Who bought.", references="customers.customer_key"),
        Field("gift_customer_key", STRING, "Who gets it.", nullable=True, references="customers.customer_key"),
        Field("sale_date", DATE, "Day of the sale.", references="dates.calendar_date"),
        Field("coupon_key", STRING, "Coupon used.", nullable=True, references="coupons.coupon_key"),
        Field("status", STRING, "Where it stands.", values=("open", "closed")),
        Field("channel", STRING, "Where it was sold.", nullable=True, values=("web", "store")),
        Field("gross_amount", AMOUNT, "Before discounts."),
        Field("discount_amount", AMOUNT, "Discounts.", nullable=True),
    ),
    primary_key=("sale_key", "line_number"),
    expectations=(
        Expectation("gross_is_not_negative", "gross_amount >= 0"),
        Expectation("discount_fits", "discount_amount <= gross_amount", Severity.WARN),
    ),
)

SEVERITIES = {
    "gross_is_not_negative": "block",
    "discount_fits": "warn",
    "status_is_in_vocabulary": "block",
    "channel_is_in_vocabulary": "block",
    **{f"{field.name}_is_not_null": "block" for field in SALES.fields if not field.nullable},
    "primary_key_is_unique": "block",
    "customer_key_points_to_customers": "block",
    "gift_customer_key_points_to_customers": "block",
    "sale_date_points_to_dates": "block",
}

GOOD: dict[str, Any] = {
    "sale_key": "good",
    "line_number": 1,
    "customer_key": "ann",
    "gift_customer_key": None,
    "sale_date": "2026-01-01",
    "coupon_key": "never delivered",
    "status": "open",
    "channel": None,
    "gross_amount": 10,
    "discount_amount": 1,
}


def unguarded(table: Table) -> Table:
    """The table as an engine sees it when nobody promises that it has no nulls."""
    return replace(table, primary_key=(), fields=tuple(replace(field, nullable=True) for field in table.fields))


def outcomes(spark: SparkSession, table: Table, *given: dict[str, Any]) -> dict[str, tuple[str, int]]:
    others = {
        "customers": rows(spark, CUSTOMERS, {"customer_key": "ann"}, {"customer_key": UNKNOWN_KEY}),
        "dates": rows(spark, DATES, {"calendar_date": "2026-01-01"}),
    }
    found = checks(table, rows(spark, unguarded(table), *given), others)
    assert found is not None
    assert tuple(found.columns) == COLUMNS
    listed = found.collect()
    assert {row["table"] for row in listed} == {str(table)}
    named = {row["name"]: (row["severity"], row["failed_rows"]) for row in listed}
    assert len(named) == len(listed)
    return named


def failed(spark: SparkSession, *given: dict[str, Any]) -> dict[str, int]:
    return {name: count for name, (_, count) in outcomes(spark, SALES, *given).items() if count}


def test_good_rows_pass_every_check_of_the_declaration(spark: SparkSession) -> None:
    second = {**GOOD, "line_number": 2, "customer_key": UNKNOWN_KEY, "gift_customer_key": "ann", "channel": "web"}
    assert outcomes(spark, SALES, GOOD, second) == {name: (severity, 0) for name, severity in SEVERITIES.items()}


def test_an_empty_table_passes(spark: SparkSession) -> None:
    assert outcomes(spark, SALES) == {name: (severity, 0) for name, severity in SEVERITIES.items()}


@pytest.mark.parametrize(
    ("bad", "check"),
    [
        ({"sale_key": "good"}, "primary_key_is_unique"),
        ({"sale_key": None}, "sale_key_is_not_null"),
        ({"line_number": None}, "line_number_is_not_null"),
        ({"sale_date": None}, "sale_date_is_not_null"),
        ({"status": None}, "status_is_not_null"),
        ({"customer_key": None}, "customer_key_is_not_null"),
        ({"customer_key": "bob"}, "customer_key_points_to_customers"),
        ({"customer_key": "-2"}, "customer_key_points_to_customers"),
        ({"customer_key": "ANN"}, "customer_key_points_to_customers"),
        ({"customer_key": ""}, "customer_key_points_to_customers"),
        ({"gift_customer_key": "bob"}, "gift_customer_key_points_to_customers"),
        ({"sale_date": "2026-01-02"}, "sale_date_points_to_dates"),
        ({"status": "lost"}, "status_is_in_vocabulary"),
        ({"status": "Open"}, "status_is_in_vocabulary"),
        ({"channel": "fax"}, "channel_is_in_vocabulary"),
        ({"gross_amount": -1, "discount_amount": -1}, "gross_is_not_negative"),
        ({"discount_amount": 11}, "discount_fits"),
        ({"discount_amount": None}, "discount_fits"),
    ],
    ids=[
        "repeated key",
        "null in the key",
        "null in the key's second field",
        "null date",
        "null in a vocabulary",
        "null reference",
        "orphan",
        "not quite the unknown member",
        "orphan by case",
        "empty reference",
        "orphan where null is allowed",
        "orphan day",
        "unknown word",
        "word in another case",
        "unknown word where null is allowed",
        "broken expectation",
        "broken expectation that warns",
        "null counts as broken",
    ],
)
def test_one_bad_row_fails_exactly_its_check(spark: SparkSession, bad: dict[str, Any], check: str) -> None:
    assert failed(spark, GOOD, {**GOOD, "sale_key": "bad", **bad}) == {check: 1}


def test_null_keys_are_equal_to_each_other(spark: SparkSession) -> None:
    nobody = {**GOOD, "sale_key": None}
    assert failed(spark, GOOD, nobody, nobody) == {"primary_key_is_unique": 1, "sale_key_is_not_null": 2}


def test_null_breaks_what_is_asked_of_it(spark: SparkSession) -> None:
    assert failed(spark, {**GOOD, "gross_amount": None}) == {
        "gross_amount_is_not_null": 1,
        "gross_is_not_negative": 1,
        "discount_fits": 1,
    }


def test_every_bad_row_is_counted(spark: SparkSession) -> None:
    lost = [{**GOOD, "line_number": number, "status": "lost"} for number in range(3)]
    assert failed(spark, *lost) == {"status_is_in_vocabulary": 3}


def test_the_unknown_member_must_be_there_to_be_pointed_to(spark: SparkSession) -> None:
    unknown = rows(spark, SALES, {**GOOD, "customer_key": UNKNOWN_KEY})
    found = checks(SALES, unknown, {"customers": rows(spark, CUSTOMERS, {"customer_key": "ann"})})
    assert found is not None
    assert {row["name"]: row["failed_rows"] for row in found.collect() if row["failed_rows"]} == {
        "customer_key_points_to_customers": 1
    }


def test_a_table_that_declares_nothing_has_nothing_to_check(spark: SparkSession) -> None:
    bare = Table(Layer.RUNS, "staged", "One row.", (Field("note", STRING, "A note.", nullable=True),), ())
    assert checks(bare, rows(spark, bare, {}), {}) is None
