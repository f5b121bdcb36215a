"""order_lines: one row per line of an order, as its latest version says."""

from __future__ import annotations

from lakehouse.silver.provenance import MONTH, PROVENANCE, stored_month
from lakehouse.spark import DataFrame, F
from lakehouse.table import (
    AMOUNT,
    INTEGER,
    QUANTITY,
    STRING,
    TIMESTAMP,
    UNIT_PRICE,
    Field,
    Layer,
    Table,
)

TABLE = Table(
    layer=Layer.SILVER,
    name="order_lines",
    grain="One row per order line.",
    fields=(
        Field("order_line_id", STRING, "Order line, qualified by its source."),
        Field("order_id", STRING, "Order that the line belongs to.", references="orders.order_id"),
        Field("line_number", INTEGER, "Position within the order.", nullable=True),
        Field("product_id", STRING, "Product sold.", nullable=True, references="products.product_id"),
        Field("product_name", STRING, "Product name as sold.", nullable=True),
        Field("quantity", QUANTITY, "Units sold."),
        Field("unit_price_amount", UNIT_PRICE, "Price of one unit before discounts, in the order's currency."),
        Field("discount_amount", AMOUNT, "Discount on this line.", default="0"),
        Field("tax_amount", AMOUNT, "Tax stated on this line.", default="0"),
        Field("updated_at", TIMESTAMP, "When the source last changed the row, UTC.", nullable=True),
        *PROVENANCE,
        MONTH,
    ),
    primary_key=("order_line_id",),
    partition_by=("_month",),
)


def transform(mapped: DataFrame) -> DataFrame:
    """Mapped rows as they are; a line has no time of its own but that of its last change."""
    return mapped.withColumn("_month", stored_month(F.col("updated_at")))
