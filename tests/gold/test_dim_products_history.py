"""What was known of each product at any time."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import SparkSession

from lakehouse import verbs
from lakehouse.gold import dim_products_history
from lakehouse.gold.dim_products import TABLE as DIM_PRODUCTS
from lakehouse.gold.dim_products_history import TABLE, TRACKED
from lakehouse.silver.product_versions import TABLE as PRODUCT_VERSIONS
from tests.published import Row, assert_row, published
from tests.rows import rows

CHANGES: dict[str, Any] = {
    "sku": "T1",
    "product_name": "Tea",
    "category": "Drinks",
    "subcategory": "Hot",
    "brand": "Leaf",
    "unit_price_amount": "3.5",
    "unit_cost_amount": "1.25",
    "currency_code": "EUR",
    "is_active": True,
}
PRODUCTS = (*CHANGES, "deleted and sold", "deleted and never sold")


@pytest.fixture(scope="module")
def history(spark: SparkSession) -> dict[str, list[Row]]:
    """Each product has a version of nothing and one with the field that it is called after, or one that is deleted."""
    versions = [{"product_id": product, "_version": 1, "updated_at": "2024-01-01"} for product in PRODUCTS] + [
        {
            "product_id": product,
            "_version": 2,
            "updated_at": "2024-03-01",
            **({product: CHANGES[product]} if product in CHANGES else {"_is_deleted": True}),
        }
        for product in PRODUCTS
    ]
    frame = rows(spark, PRODUCT_VERSIONS, *versions)
    keys = frame.select("product_id", verbs.surrogate_key(frame.product_id).alias("key")).distinct().collect()
    named = [{"product_key": row["key"]} for row in keys if row["product_id"] != "deleted and never sold"]
    found: dict[str, list[Row]] = {product: [] for product in PRODUCTS}
    given = dim_products_history.transform(frame, rows(spark, DIM_PRODUCTS, *named))
    for row in sorted(published(TABLE, given), key=lambda row: row["valid_from"]):
        found[row["product_id"]].append(row)
    return found


@pytest.mark.parametrize("field", CHANGES)
def test_a_change_of_a_tracked_field_begins_a_stretch(history: dict[str, list[Row]], field: str) -> None:
    before, after = history[field]
    assert_row(TABLE, before, **{field: None}, valid_from="1900-01-01", valid_to="2024-03-01", is_current=False)
    assert_row(TABLE, after, **{field: CHANGES[field]}, valid_from="2024-03-01", valid_to="9999-01-01", is_current=True)


def test_every_tracked_field_is_tried() -> None:
    assert set(TRACKED) == set(CHANGES)


def test_a_deleted_product_has_a_past_if_it_was_sold(history: dict[str, list[Row]]) -> None:
    assert [row["is_current"] for row in history["deleted and sold"]] == [False]
    assert history["deleted and never sold"] == []
