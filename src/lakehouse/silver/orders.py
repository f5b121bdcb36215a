"""orders: one row per order head, as its latest version says; its lines are in `order_lines`."""

from __future__ import annotations

from lakehouse import verbs
from lakehouse.silver.provenance import MONTH, PROVENANCE, stored_month
from lakehouse.spark import DataFrame, F
from lakehouse.table import (
    AMOUNT,
    BOOLEAN,
    STRING,
    TIMESTAMP,
    Expectation,
    Field,
    Layer,
    Privacy,
    Severity,
    Table,
)

STATUSES = ("draft", "placed", "paid", "fulfilled", "returned", "cancelled")

TABLE = Table(
    layer=Layer.SILVER,
    name="orders",
    grain="One row per order.",
    fields=(
        Field("order_id", STRING, "Order, qualified by its source."),
        Field(
            "customer_id",
            STRING,
            "Customer account that ordered; null for a guest.",
            nullable=True,
            references="customers.customer_id",
            privacy=Privacy.PII_INDIRECT,
        ),
        Field("email", STRING, "E-mail given with the order, normalised.", nullable=True, privacy=Privacy.PII_DIRECT),
        Field(
            "session_id",
            STRING,
            "Session in which the order was placed.",
            nullable=True,
            references="sessions.session_id",
        ),
        Field("ordered_at", TIMESTAMP, "When the order was placed, UTC."),
        Field("status", STRING, "Where the order stands; a draft was never placed.", values=STATUSES),
        Field("paid_at", TIMESTAMP, "When it was paid, UTC; null where unpaid or not delivered.", nullable=True),
        Field("cancelled_at", TIMESTAMP, "When it was cancelled, UTC.", nullable=True),
        Field("is_test", BOOLEAN, "Whether the order is only a test.", default="false"),
        Field("sales_channel", STRING, "Where it was sold: web, app, store, phone, ….", default="'web'"),
        Field("is_online", BOOLEAN, "Whether the order was placed online.", default="true"),
        Field("currency_code", STRING, "Currency of the order's amounts, ISO 4217."),
        Field("discount_amount", AMOUNT, "Discount on the order beyond its lines' own discounts.", default="0"),
        Field("shipping_amount", AMOUNT, "Shipping charged.", default="0"),
        Field("tax_amount", AMOUNT, "Tax charged beyond the tax stated on its lines.", default="0"),
        Field("is_tax_included", BOOLEAN, "Whether line prices contain the tax already.", default="false"),
        Field(
            "declared_total_amount",
            AMOUNT,
            "Total as the source states it; used where an order has no lines, and to compare.",
            nullable=True,
        ),
        Field("country_code", STRING, "Country the order is shipped to, ISO 3166-1 alpha-2.", nullable=True),
        Field("coupon_code", STRING, "Coupon used.", nullable=True),
        Field("updated_at", TIMESTAMP, "When the source last changed the row, UTC.", nullable=True),
        *PROVENANCE,
        MONTH,
    ),
    primary_key=("order_id",),
    partition_by=("_month",),
    expectations=(
        Expectation("currency_code_is_iso", "currency_code rlike '^[A-Z]{3}$'", Severity.QUARANTINE),
        Expectation(
            "country_code_is_iso", "country_code is null or country_code rlike '^[A-Z]{2}$'", Severity.QUARANTINE
        ),
        Expectation("discount_is_not_negative", "discount_amount >= 0", Severity.QUARANTINE),
        Expectation("shipping_is_not_negative", "shipping_amount >= 0", Severity.QUARANTINE),
        Expectation("tax_is_not_negative", "tax_amount >= 0", Severity.QUARANTINE),
    ),
)


def transform(mapped: DataFrame) -> DataFrame:
    """Conform mapped rows: e-mail normalised, codes in upper case."""
    return mapped.withColumns(
        {
            "email": verbs.normalised_email(F.col("email")),
            "currency_code": F.upper(F.trim("currency_code")),
            "country_code": F.upper(F.trim("country_code")),
            "_month": stored_month(F.col("ordered_at")),
        }
    )
