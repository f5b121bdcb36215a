"""products: one row per product of the catalogue, as its latest version says."""

from __future__ import annotations

from lakehouse.silver.provenance import PROVENANCE
from lakehouse.spark import DataFrame, F
from lakehouse.table import (
    BOOLEAN,
    STRING,
    TIMESTAMP,
    UNIT_PRICE,
    Expectation,
    Field,
    Layer,
    Severity,
    Table,
)

TABLE = Table(
    layer=Layer.SILVER,
    name="products",
    grain="One row per product.",
    fields=(
        Field("product_id", STRING, "Product, qualified by its source."),
        Field("sku", STRING, "Stock keeping unit.", nullable=True),
        Field("product_name", STRING, "Name shown to customers.", nullable=True),
        Field("category", STRING, "Category, as the source names it.", nullable=True),
        Field("subcategory", STRING, "Subcategory within the category.", nullable=True),
        Field("brand", STRING, "Brand or vendor.", nullable=True),
        Field("unit_price_amount", UNIT_PRICE, "List price of one unit.", nullable=True),
        Field("unit_cost_amount", UNIT_PRICE, "What one unit costs the shop.", nullable=True),
        Field("currency_code", STRING, "Currency of price and cost, ISO 4217.", nullable=True),
        Field("is_active", BOOLEAN, "Whether the product is on sale.", nullable=True),
        Field("updated_at", TIMESTAMP, "When the source last changed the row, UTC.", nullable=True),
        *PROVENANCE,
    ),
    primary_key=("product_id",),
    expectations=(
        Expectation("price_is_not_negative", "coalesce(unit_price_amount, 0) >= 0", Severity.QUARANTINE),
        Expectation("cost_is_not_negative", "coalesce(unit_cost_amount, 0) >= 0", Severity.QUARANTINE),
        Expectation(
            "currency_code_is_iso", "currency_code is null or currency_code rlike '^[A-Z]{3}$'", Severity.QUARANTINE
        ),
    ),
)


def transform(mapped: DataFrame) -> DataFrame:
    """Conform mapped rows: currency code in upper case."""
    return mapped.withColumn("currency_code", F.upper(F.trim("currency_code")))
