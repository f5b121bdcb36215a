"""refunds: one row per refund, as its latest version says."""

from __future__ import annotations

from lakehouse.silver.provenance import MONTH, PROVENANCE, stored_month
from lakehouse.spark import DataFrame, F
from lakehouse.table import (
    AMOUNT,
    STRING,
    TIMESTAMP,
    Expectation,
    Field,
    Layer,
    Severity,
    Table,
)

TABLE = Table(
    layer=Layer.SILVER,
    name="refunds",
    grain="One row per refund.",
    fields=(
        Field("refund_id", STRING, "Refund, qualified by its source."),
        Field("order_id", STRING, "Order refunded.", nullable=True, references="orders.order_id"),
        Field(
            "order_line_id",
            STRING,
            "Order line refunded; null where the refund is of the whole order.",
            nullable=True,
            references="order_lines.order_line_id",
        ),
        Field("payment_id", STRING, "Payment refunded.", nullable=True, references="payments.payment_id"),
        Field("refunded_at", TIMESTAMP, "When the refund was made, UTC."),
        Field("goods_amount", AMOUNT, "Refund of goods, net of their discounts.", default="0"),
        Field("shipping_amount", AMOUNT, "Refund of shipping.", default="0"),
        Field("tax_amount", AMOUNT, "Refund of tax.", default="0"),
        Field("currency_code", STRING, "Currency of the amounts, ISO 4217."),
        Field("reason", STRING, "Reason given.", nullable=True),
        Field("updated_at", TIMESTAMP, "When the source last changed the row, UTC.", nullable=True),
        *PROVENANCE,
        MONTH,
    ),
    primary_key=("refund_id",),
    partition_by=("_month",),
    expectations=(
        Expectation("currency_code_is_iso", "currency_code rlike '^[A-Z]{3}$'", Severity.QUARANTINE),
        Expectation(
            "amounts_are_not_negative",
            "goods_amount >= 0 and shipping_amount >= 0 and tax_amount >= 0",
            Severity.QUARANTINE,
        ),
    ),
)


def transform(mapped: DataFrame) -> DataFrame:
    """Conform mapped rows: currency code in upper case."""
    return mapped.withColumns(
        {"currency_code": F.upper(F.trim("currency_code")), "_month": stored_month(F.col("refunded_at"))}
    )
