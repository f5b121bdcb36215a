"""What was known of each account at any time."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import SparkSession

from lakehouse.gold import dim_customers_history
from lakehouse.gold.dim_customers import TABLE as DIM_CUSTOMERS
from lakehouse.gold.dim_customers_history import TABLE, TRACKED
from lakehouse.gold.identity import customer_key
from lakehouse.silver.customer_versions import TABLE as CUSTOMER_VERSIONS
from tests.published import Row, assert_row, published
from tests.rows import rows

CHANGES: dict[str, Any] = {
    "gender": "other",
    "country_code": "DE",
    "region": "Tyrol",
    "city": "Bonn",
    "acquisition_channel": "mail",
    "has_marketing_consent": True,
}
UNTRACKED = {"email": "a@example.com", "first_name": "Ann", "last_name": "Lee", "birth_date": "1980-01-01"}
ACCOUNTS = (*CHANGES, *UNTRACKED, "deleted, named by a fact", "deleted, named by none")


@pytest.fixture(scope="module")
def history(spark: SparkSession) -> dict[str, list[Row]]:
    """Each account has a version of nothing and one with the field that it is called after, or one that is deleted."""
    changes = {**CHANGES, **UNTRACKED}
    versions = [{"customer_id": account, "_version": 1, "updated_at": "2024-01-01"} for account in ACCOUNTS] + [
        {
            "customer_id": account,
            "_version": 2,
            "updated_at": "2024-03-01",
            **({account: changes[account]} if account in changes else {"_is_deleted": True}),
        }
        for account in ACCOUNTS
    ]
    frame = rows(spark, CUSTOMER_VERSIONS, *versions)
    keys = frame.select("customer_id", customer_key(frame.customer_id).alias("key")).distinct().collect()
    named = [{"customer_key": row["key"]} for row in keys if row["customer_id"] != "deleted, named by none"]
    found: dict[str, list[Row]] = {account: [] for account in ACCOUNTS}
    given = dim_customers_history.transform(frame, rows(spark, DIM_CUSTOMERS, *named))
    for row in sorted(published(TABLE, given), key=lambda row: row["valid_from"]):
        found[row["customer_id"]].append(row)
    assert {row["customer_key"] for group in found.values() for row in group} == {row["customer_key"] for row in named}
    return found


@pytest.mark.parametrize("field", CHANGES)
def test_a_change_of_a_tracked_field_begins_a_stretch(history: dict[str, list[Row]], field: str) -> None:
    before, after = history[field]
    nothing = "ZZ" if field == "country_code" else None
    assert_row(TABLE, before, **{field: nothing}, valid_from="1900-01-01", valid_to="2024-03-01", is_current=False)
    assert_row(TABLE, after, **{field: CHANGES[field]}, valid_from="2024-03-01", valid_to="9999-01-01", is_current=True)


@pytest.mark.parametrize("field", UNTRACKED)
def test_a_change_of_another_field_does_not(history: dict[str, list[Row]], field: str) -> None:
    assert [row["is_current"] for row in history[field]] == [True]


def test_every_tracked_field_is_tried() -> None:
    assert set(TRACKED) == set(CHANGES)


def test_a_deleted_account_has_a_past_if_a_fact_names_it(history: dict[str, list[Row]]) -> None:
    assert [row["is_current"] for row in history["deleted, named by a fact"]] == [False]
    assert history["deleted, named by none"] == []
