"""payments: one row per payment attempt, as its latest version says."""

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
    Privacy,
    Severity,
    Table,
)

STATUSES = ("succeeded", "failed", "pending", "abandoned")

TABLE = Table(
    layer=Layer.SILVER,
    name="payments",
    grain="One row per payment attempt.",
    fields=(
        Field("payment_id", STRING, "Payment attempt, qualified by its source."),
        Field("order_id", STRING, "Order being paid.", nullable=True, references="orders.order_id"),
        Field(
            "customer_id",
            STRING,
            "Customer account paying.",
            nullable=True,
            references="customers.customer_id",
            privacy=Privacy.PII_INDIRECT,
        ),
        Field(
            "attempted_at",
            TIMESTAMP,
            "When the attempt was made, UTC; where the source does not say it, the order's time counts.",
            nullable=True,
        ),
        Field("status", STRING, "Outcome of the attempt.", values=STATUSES),
        Field("failure_reason", STRING, "Why it failed, as the provider says.", nullable=True),
        Field("payment_method", STRING, "card, paypal, bank_transfer, ….", nullable=True),
        Field("provider", STRING, "Payment provider.", nullable=True),
        Field("amount", AMOUNT, "Amount of the attempt."),
        Field("currency_code", STRING, "Currency of the amount, ISO 4217."),
        Field("idempotency_key", STRING, "Repeats of one request share it and count once.", nullable=True),
        Field("updated_at", TIMESTAMP, "When the source last changed the row, UTC.", nullable=True),
        *PROVENANCE,
        MONTH,
    ),
    primary_key=("payment_id",),
    partition_by=("_month",),
    expectations=(
        Expectation("currency_code_is_iso", "currency_code rlike '^[A-Z]{3}$'", Severity.QUARANTINE),
        Expectation("amount_is_not_negative", "amount >= 0", Severity.QUARANTINE),
    ),
)


def transform(mapped: DataFrame) -> DataFrame:
    """Conform mapped rows: currency code in upper case."""
    return mapped.withColumns(
        {"currency_code": F.upper(F.trim("currency_code")), "_month": stored_month(F.col("attempted_at"))}
    )
