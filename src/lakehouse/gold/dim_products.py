"""dim_products: one row per product that the catalogue or any order line names."""

from __future__ import annotations

from lakehouse import verbs
from lakehouse.silver.order_lines import TABLE as ORDER_LINES
from lakehouse.silver.products import TABLE as PRODUCTS
from lakehouse.spark import DataFrame, F
from lakehouse.table import BOOLEAN, CURRENCY_CODE, STRING, UNIT_PRICE, UNKNOWN_KEY, Field, Layer, Table

UNKNOWN_NAME = "Unknown product"
UNKNOWN_CATEGORY = "unknown"

TABLE = Table(
    layer=Layer.GOLD,
    name="dim_products",
    grain="One row per product: the catalogue, products that only order lines name, and the unknown member.",
    inputs=(PRODUCTS, ORDER_LINES),
    fields=(
        Field("product_key", STRING, "Surrogate key of the product; -1 is the unknown member."),
        Field("product_id", STRING, "Product, qualified by its source.", nullable=True),
        Field("is_inferred", BOOLEAN, "Whether only order lines name it, the catalogue not yet."),
        Field("sku", STRING, "Stock keeping unit.", nullable=True),
        Field("product_name", STRING, "Name shown to customers; as last sold where the catalogue has none."),
        Field("category", STRING, "Category; unknown where not delivered."),
        Field("subcategory", STRING, "Subcategory; unknown where not delivered."),
        Field("brand", STRING, "Brand or vendor.", nullable=True),
        Field("unit_price_amount", UNIT_PRICE, "List price of one unit.", nullable=True),
        Field("unit_cost_amount", UNIT_PRICE, "What one unit costs the shop.", nullable=True),
        Field("currency_code", STRING, "Currency of price and cost.", nullable=True, form=CURRENCY_CODE),
        Field("is_active", BOOLEAN, "Whether the product is on sale.", nullable=True),
    ),
    primary_key=("product_key",),
    scope_by="product_id",
)


def transform(products: DataFrame, order_lines: DataFrame) -> DataFrame:
    """The catalogue, plus every product id that only order lines name, plus the unknown member."""
    catalogue = products.where(~F.col("_is_deleted")).select(
        F.col("product_id").alias("_catalogue_id"),
        F.col("product_name").alias("_catalogue_name"),
        "sku",
        "category",
        "subcategory",
        "brand",
        "unit_price_amount",
        "unit_cost_amount",
        "currency_code",
        "is_active",
    )
    sale = F.when(F.col("product_name").isNotNull(), F.struct("_version", "order_line_id", "product_name"))
    sold = (
        order_lines.where(~F.col("_is_deleted") & F.col("product_id").isNotNull())
        .groupBy("product_id")
        .agg(F.max(sale).getField("product_name").alias("_sold_name"))
    )
    joined = catalogue.join(sold, F.col("_catalogue_id") == F.col("product_id"), "full").withColumn(
        "product_id", F.coalesce("_catalogue_id", "product_id")
    )
    unknown = products.sparkSession.range(1).select(F.lit(None).cast("string").alias("product_id"))
    everything = joined.unionByName(unknown, allowMissingColumns=True)
    return everything.withColumns(
        {
            "product_key": F.coalesce(verbs.surrogate_key(F.col("product_id")), F.lit(UNKNOWN_KEY)),
            "is_inferred": F.col("_catalogue_id").isNull(),
            "product_name": F.coalesce("_catalogue_name", "_sold_name", F.lit(UNKNOWN_NAME)),
            "category": F.coalesce("category", F.lit(UNKNOWN_CATEGORY)),
            "subcategory": F.coalesce("subcategory", F.lit(UNKNOWN_CATEGORY)),
        }
    ).select(*TABLE.field_names)
