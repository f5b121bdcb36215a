"""Which accounts were opened on which day, and which of them ordered since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from pyspark.sql import SparkSession

from lakehouse.gold import fact_registrations
from lakehouse.gold.calendar import OUT_OF_CALENDAR
from lakehouse.gold.dim_customers import TABLE as DIM_CUSTOMERS
from lakehouse.gold.fact_registrations import TABLE
from lakehouse.settings import Business
from tests.published import Row, assert_row, by, published
from tests.rows import rows

BUSINESS = Business(calendar_from=date(2024, 1, 1), calendar_to=date(2024, 12, 31))
NOON = "2024-03-05T12:00"
OPENED = {"registered_at": NOON, "registration_date": "2024-03-05"}

CASES: Mapping[str, tuple[Row, Row | None]] = {
    "never ordered": (
        OPENED,
        {**OPENED, "has_ordered": False, "first_order_date": None, "registration_week": "2024-03-04"},
    ),
    "ordered on the same day": (
        {**OPENED, "first_order_date": "2024-03-05", "last_order_date": "2024-03-05"},
        {"has_ordered": True, "first_order_date": "2024-03-05"},
    ),
    "ordered later": (
        {**OPENED, "first_order_date": "2024-05-01", "last_order_date": "2024-06-01"},
        {"has_ordered": True, "first_order_date": "2024-05-01"},
    ),
    "ordered before as a guest, and since": (
        {**OPENED, "first_order_date": "2024-03-01", "last_order_date": "2024-03-06"},
        {"has_ordered": True, "first_order_date": "2024-03-01"},
    ),
    "ordered as a guest, and never since": (
        {**OPENED, "first_order_date": "2024-03-01", "last_order_date": "2024-03-04"},
        {"has_ordered": False, "first_order_date": "2024-03-01"},
    ),
    "opened on the first day of the calendar": ({**OPENED, "registration_date": "2024-01-01"}, {"has_ordered": False}),
    "opened on no known day": ({"registration_date": None, "last_order_date": "2024-03-01"}, None),
    "opened before the calendar": ({"registration_date": "2023-12-31"}, None),
    "opened after the calendar": ({"registration_date": "2025-01-01"}, None),
}


@pytest.fixture(scope="module")
def registrations(spark: SparkSession) -> dict[str, Row]:
    customers = rows(spark, DIM_CUSTOMERS, *({"customer_key": name, **given} for name, (given, _) in CASES.items()))
    return by("customer_key", published(TABLE, fact_registrations.transform(customers, BUSINESS)))


@pytest.mark.parametrize("name", CASES)
def test_an_account_opened(registrations: Mapping[str, Row], name: str) -> None:
    expected = CASES[name][1]
    assert (name in registrations) == (expected is not None)
    if expected is not None:
        assert_row(TABLE, registrations[name], **expected)


def test_weeks_begin_as_the_business_says(spark: SparkSession) -> None:
    customers = rows(spark, DIM_CUSTOMERS, {"customer_key": "ann", **OPENED})
    business = BUSINESS.model_copy(update={"week_start": 7})
    (row,) = published(TABLE, fact_registrations.transform(customers, business))
    assert row["registration_week"] == date(2024, 3, 3)


def test_what_lies_out_of_the_calendar_is_set_aside(spark: SparkSession) -> None:
    customers = rows(
        spark,
        DIM_CUSTOMERS,
        *({"customer_key": name, "customer_id": name, **given} for name, (given, _) in CASES.items()),
    )
    found = fact_registrations.set_aside(customers, BUSINESS).collect()
    assert sorted((row["row_id"], row["reason"]) for row in found) == [
        ("opened after the calendar", OUT_OF_CALENDAR),
        ("opened before the calendar", OUT_OF_CALENDAR),
    ]
