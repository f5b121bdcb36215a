"""What the products are called, also those that the catalogue does not have."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from pyspark.sql import SparkSession

from lakehouse.gold import dim_products
from lakehouse.gold.dim_products import TABLE, UNKNOWN_CATEGORY, UNKNOWN_NAME
from lakehouse.silver.order_lines import TABLE as ORDER_LINES
from lakehouse.silver.products import TABLE as PRODUCTS
from lakehouse.table import UNKNOWN_KEY
from tests.published import Row, assert_row, by, published
from tests.rows import rows

CATALOGUE: list[Row] = [
    {"product_id": "tea", "product_name": "Tea", "sku": "T1", "category": "Drinks", "subcategory": "Hot",
     "brand": "Leaf", "unit_price_amount": "3.5", "unit_cost_amount": "1.25", "currency_code": "EUR",
     "is_active": True},
    {"product_id": "never sold", "product_name": "Cup"},
    {"product_id": "nameless", "product_name": None},
    {"product_id": "nameless and never sold"},
    {"product_id": "deleted", "product_name": "Gone", "_is_deleted": True},
    {"product_id": "deleted and sold", "product_name": "Gone", "category": "Drinks", "_is_deleted": True},
]  # fmt: skip
# Product, name on the line, version, id of the line
LINES: list[tuple[str | None, str | None, int, str]] = [
    ("tea", "Tea, old name", 9, "a"),
    ("nameless", "First name", 1, "a"),
    ("nameless", "Latest name", 3, "a"),
    ("nameless", "Second name", 2, "z"),
    ("deleted and sold", "Was sold", 1, "a"),
    ("only sold", "Sold", 1, "a"),
    ("sold at one instant", "A", 1, "a"),
    ("sold at one instant", "B", 1, "b"),
    ("last sold without a name", "Named", 1, "a"),
    ("last sold without a name", None, 2, "a"),
    ("sold without a name", None, 1, "a"),
    (None, "No product", 1, "a"),
]
CASES: Mapping[str | None, Row] = {
    "tea": {
        "product_name": "Tea",
        "is_inferred": False,
        "sku": "T1",
        "category": "Drinks",
        "subcategory": "Hot",
        "brand": "Leaf",
        "unit_price_amount": "3.5",
        "unit_cost_amount": "1.25",
        "currency_code": "EUR",
        "is_active": True,
    },
    "never sold": {"product_name": "Cup", "is_inferred": False, "category": UNKNOWN_CATEGORY},
    "nameless": {"product_name": "Latest name", "is_inferred": False},
    "nameless and never sold": {"product_name": UNKNOWN_NAME, "is_inferred": False},
    "deleted and sold": {"product_name": "Was sold", "is_inferred": True, "category": UNKNOWN_CATEGORY},
    "only sold": {"product_name": "Sold", "is_inferred": True, "subcategory": UNKNOWN_CATEGORY, "is_active": None},
    "sold at one instant": {"product_name": "B"},
    "last sold without a name": {"product_name": "Named", "is_inferred": True},
    "sold without a name": {"product_name": UNKNOWN_NAME, "is_inferred": True},
    None: {"product_key": UNKNOWN_KEY, "product_name": UNKNOWN_NAME, "category": UNKNOWN_CATEGORY, "is_inferred": True},
}


@pytest.fixture(scope="module")
def products(spark: SparkSession) -> dict[str | None, Row]:
    lines = [
        {
            "product_id": product,
            "product_name": name,
            "_version": version,
            "order_line_id": f"{product}-{line}-{version}",
        }
        for product, name, version, line in LINES
    ]
    lines.append({"product_id": "in a deleted line", "order_line_id": "gone", "_is_deleted": True})
    frame = dim_products.transform(rows(spark, PRODUCTS, *CATALOGUE), rows(spark, ORDER_LINES, *lines))
    return {row["product_id"]: row for row in by("product_key", published(TABLE, frame)).values()}


@pytest.mark.parametrize("product", CASES, ids=str)
def test_product(products: dict[str | None, Row], product: str | None) -> None:
    assert_row(TABLE, products[product], **CASES[product])


def test_no_product_else(products: dict[str | None, Row]) -> None:
    assert products.keys() == CASES.keys()


def test_a_lake_without_rows_has_the_unknown_member(spark: SparkSession) -> None:
    found = published(TABLE, dim_products.transform(rows(spark, PRODUCTS), rows(spark, ORDER_LINES)))
    assert [row["product_key"] for row in found] == [UNKNOWN_KEY]
