"""dim_products_history: what was known of each product at any time (type 2), its price and cost among it."""

from __future__ import annotations

from lakehouse import verbs
from lakehouse.gold.dim_products import TABLE as DIM_PRODUCTS
from lakehouse.gold.history import VALIDITY, stretches
from lakehouse.silver.product_versions import TABLE as PRODUCT_VERSIONS
from lakehouse.spark import DataFrame, F
from lakehouse.table import BOOLEAN, CURRENCY_CODE, STRING, UNIT_PRICE, Field, Layer, Table

TRACKED = (
    "sku",
    "product_name",
    "category",
    "subcategory",
    "brand",
    "unit_price_amount",
    "unit_cost_amount",
    "currency_code",
    "is_active",
)

TABLE = Table(
    layer=Layer.GOLD,
    name="dim_products_history",
    grain="One row per product and stretch of time in which nothing tracked changed.",
    inputs=(PRODUCT_VERSIONS, DIM_PRODUCTS),
    fields=(
        Field("history_key", STRING, "Surrogate key of the stretch."),
        Field("product_key", STRING, "Product that is described.", references="dim_products.product_key"),
        Field("product_id", STRING, "Product, qualified by its source."),
        *VALIDITY,
        Field("sku", STRING, "Stock keeping unit.", nullable=True),
        Field("product_name", STRING, "Name shown to customers.", nullable=True),
        Field("category", STRING, "Category, as the source names it.", nullable=True),
        Field("subcategory", STRING, "Subcategory within the category.", nullable=True),
        Field("brand", STRING, "Brand or vendor.", nullable=True),
        Field("unit_price_amount", UNIT_PRICE, "List price of one unit.", nullable=True),
        Field("unit_cost_amount", UNIT_PRICE, "What one unit cost the shop.", nullable=True),
        Field("currency_code", STRING, "Currency of price and cost.", nullable=True, form=CURRENCY_CODE),
        Field("is_active", BOOLEAN, "Whether the product was on sale.", nullable=True),
    ),
    primary_key=("history_key",),
)


def transform(product_versions: DataFrame, dim_products: DataFrame) -> DataFrame:
    """Stretches of equal values of the tracked fields; a deleted product that was never sold has no history either."""
    return (
        stretches(product_versions, "product_id", TRACKED)
        .withColumn("product_key", verbs.surrogate_key(F.col("product_id")))
        .join(dim_products, "product_key", "left_semi")
        .select(*TABLE.field_names)
    )
