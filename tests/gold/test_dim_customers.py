"""Who the customers are, and what they ordered to date."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse import verbs
from lakehouse.gold import dim_customers
from lakehouse.gold.dim_customers import TABLE
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.gold.fact_payments import TABLE as FACT_PAYMENTS
from lakehouse.gold.fact_sessions import TABLE as FACT_SESSIONS
from lakehouse.gold.identity import customer_key
from lakehouse.settings import Business
from lakehouse.silver.customers import TABLE as CUSTOMERS
from lakehouse.table import UNKNOWN_KEY
from tests.published import Row, assert_row, by, published
from tests.rows import rows

BUSINESS = Business(timezone="Europe/Berlin")
ACCOUNTS: list[Row] = [
    {
        "customer_id": "buyer",
        "gender": "female",
        "birth_date": "1980-12-31",
        "country_code": "DE",
        "region": "Bavaria",
        "city": "Bonn",
        "acquisition_channel": "mail",
        "has_marketing_consent": True,
        "registered_at": "2024-01-31T23:30",
    },
    {"customer_id": "silent", "registered_at": None},
    {"customer_id": "placeless"},
    {"customer_id": "deleted", "country_code": "DE", "_is_deleted": True},
    {"customer_id": "deleted buyer", "gender": "male", "_is_deleted": True},
]
# (customer, day, amount, further fields); guests are named by a key alone.
ORDERS: list[tuple[str, str, str, Row]] = [
    ("buyer", "2024-03-01", "10", {"country_code": "FR"}),
    ("buyer", "2024-03-05", "20.50", {}),
    ("buyer", "2024-02-01", "99", {"is_qualifying": False}),
    ("placeless", "2024-03-01", "1", {"country_code": "AT"}),
    ("deleted buyer", "2024-03-01", "1", {"country_code": "AT"}),
    ("never delivered", "2024-03-01", "1", {}),
    ("tester", "2024-03-01", "1", {"is_qualifying": False, "country_code": "CH"}),
    ("guest:a", "2024-03-01", "1", {"country_code": "AT"}),
    ("guest:a", "2024-03-03", "1", {"country_code": "CH"}),
    ("guest:a", "2024-03-02", "1", {"country_code": "FR"}),
    ("guest:b", "2024-03-01", "-1", {"country_code": "ZZ"}),
]
CASES: Mapping[str, Row] = {
    "buyer": {
        "customer_type": "registered",
        "gender": "female",
        "birth_year": 1980,
        "country_code": "DE",
        "region": "Bavaria",
        "city": "Bonn",
        "acquisition_channel": "mail",
        "has_marketing_consent": True,
        "registration_date": "2024-02-01",
        "first_order_date": "2024-03-01",
        "last_order_date": "2024-03-05",
        "order_count": 2,
        "lifetime_amount": "30.50",
    },
    "silent": {
        "customer_type": "registered",
        "registration_date": None,
        "country_code": "ZZ",
        "first_order_date": None,
        "last_order_date": None,
        "order_count": 0,
        "lifetime_amount": "0",
    },
    "placeless": {"customer_type": "registered", "country_code": "AT"},
    "deleted buyer": {"customer_type": "inferred", "gender": None, "country_code": "AT", "order_count": 1},
    "never delivered": {"customer_type": "inferred", "order_count": 1},
    "tester": {"customer_type": "inferred", "order_count": 0, "first_order_date": None, "country_code": "CH"},
    "payer": {"customer_type": "inferred", "order_count": 0},
    "visitor": {"customer_type": "inferred", "order_count": 0},
    "guest:a": {"customer_type": "guest", "customer_id": None, "country_code": "AT", "order_count": 3},
    "guest:b": {"customer_type": "guest", "country_code": "ZZ", "lifetime_amount": "-1"},
    UNKNOWN_KEY: {"customer_type": "unknown", "customer_id": None, "country_code": "ZZ", "order_count": 0},
}


@pytest.fixture(scope="module")
def keys(spark: SparkSession) -> dict[str, str]:
    """The key of each customer; those of guests and of the unknown member stand for themselves."""
    accounts = [name for name in CASES if name != UNKNOWN_KEY and not name.startswith("guest:")]
    frame = spark.createDataFrame([(name,) for name in accounts], "name string").select(
        "name", customer_key(F.col("name")).alias("key")
    )
    found = {row["name"]: row["key"] for row in verbs.to_arrow(frame).to_pylist()}
    return {name: found.get(name, name) for name in CASES}


@pytest.fixture(scope="module")
def members(spark: SparkSession, keys: dict[str, str]) -> dict[str, Row]:
    def who(name: str) -> dict[str, Any]:
        return {"customer_key": keys[name], "customer_id": None if keys[name] == name else name}

    orders = [
        {**who(name), "order_date": day, "ordered_at": day, "total_amount": amount, "is_qualifying": True, **others}
        for name, day, amount, others in ORDERS
    ]
    frame = dim_customers.transform(
        rows(spark, CUSTOMERS, *ACCOUNTS),
        rows(spark, FACT_ORDERS, *orders),
        rows(spark, FACT_PAYMENTS, who("payer"), who("buyer"), {**who("buyer"), "customer_id": None}, who(UNKNOWN_KEY)),
        rows(spark, FACT_SESSIONS, who("visitor"), who(UNKNOWN_KEY)),
        BUSINESS,
    )
    return by("customer_key", published(TABLE, frame))


@pytest.mark.parametrize("name", CASES)
def test_customer(members: dict[str, Row], keys: dict[str, str], name: str) -> None:
    assert_row(TABLE, members[keys[name]], **CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_accounts_are_named(members: dict[str, Row], keys: dict[str, str], name: str) -> None:
    assert members[keys[name]]["customer_id"] == (None if keys[name] == name else name)


def test_nobody_else_is_a_member(members: dict[str, Row], keys: dict[str, str]) -> None:
    assert members.keys() == set(keys.values())


def test_a_lake_without_rows_has_the_unknown_member(spark: SparkSession) -> None:
    customers, orders, payments, sessions = (rows(spark, table) for table in TABLE.inputs)
    found = published(TABLE, dim_customers.transform(customers, orders, payments, sessions, BUSINESS))
    assert [row["customer_key"] for row in found] == [UNKNOWN_KEY]
