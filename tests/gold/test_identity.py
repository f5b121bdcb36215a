"""Who ordered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pyspark.sql import SparkSession

from lakehouse import verbs
from lakehouse.gold.identity import customer_key, identify
from lakehouse.silver.customers import TABLE as CUSTOMERS
from lakehouse.silver.orders import TABLE as ORDERS
from tests.published import Row, by
from tests.rows import rows

ACCOUNTS: list[Mapping[str, Any]] = [
    {"customer_id": "shop:1", "email": "ann@example.com"},
    {"customer_id": "shop:3", "email": "two@example.com"},
    {"customer_id": "shop:2", "email": "two@example.com"},
    {"customer_id": "shop:4", "email": None},
    {"customer_id": "shop:5", "email": "gone@example.com", "_is_deleted": True},
]
# order: customer id and e-mail given, customer id found, name of the customer it belongs to
CASES = {
    "account": ("shop:1", None, "shop:1", "ann"),
    "account with its e-mail": ("shop:1", "ann@example.com", "shop:1", "ann"),
    "guest with an account's e-mail": (None, "ann@example.com", "shop:1", "ann"),
    "account with another account's e-mail": ("shop:4", "ann@example.com", "shop:4", "four"),
    "guest with the e-mail of two accounts": (None, "two@example.com", "shop:2", "two"),
    "account with the smallest id of the two": ("shop:2", None, "shop:2", "two"),
    "the other account of that e-mail": ("shop:3", "two@example.com", "shop:3", "three"),
    "account that was not delivered": ("shop:9", None, "shop:9", "nine"),
    "guest": (None, "new@example.com", None, "guest"),
    "same guest again": (None, "new@example.com", None, "guest"),
    "other guest": (None, "other@example.com", None, "other guest"),
    "guest with a deleted account's e-mail": (None, "gone@example.com", None, "guest of a deleted account"),
    "deleted account": ("shop:5", None, "shop:5", "deleted account"),
    "neither": (None, None, None, "first unknown"),
    "neither again": (None, None, None, "second unknown"),
}


@pytest.fixture(scope="module")
def identified(spark: SparkSession) -> dict[str, Row]:
    orders = [
        {"order_id": name, "customer_id": customer_id, "email": email}
        for name, (customer_id, email, *_) in CASES.items()
    ]
    frame = identify(rows(spark, ORDERS, *orders), rows(spark, CUSTOMERS, *ACCOUNTS))
    return by("order_id", verbs.to_arrow(frame).to_pylist())


@pytest.mark.parametrize("name", CASES)
def test_account(identified: dict[str, Row], name: str) -> None:
    assert identified[name]["customer_id"] == CASES[name][2]


@pytest.mark.parametrize("name", CASES)
def test_same_customer_same_key(identified: dict[str, Row], name: str) -> None:
    alike = {other for other, row in identified.items() if row["customer_key"] == identified[name]["customer_key"]}
    assert alike == {other for other, case in CASES.items() if case[3] == CASES[name][3]}


def test_every_order_has_a_customer(identified: dict[str, Row]) -> None:
    assert identified.keys() == CASES.keys()
    assert None not in {row["customer_key"] for row in identified.values()}


def test_key_of_no_account_is_null(spark: SparkSession) -> None:
    frame = rows(spark, ORDERS, {"customer_id": None}, {"customer_id": "shop:1"})
    keys = [
        row["key"] for row in verbs.to_arrow(frame.select(customer_key(frame.customer_id).alias("key"))).to_pylist()
    ]
    assert keys[0] is None
    assert keys[1] is not None
