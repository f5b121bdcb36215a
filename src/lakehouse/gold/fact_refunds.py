"""fact_refunds: one row per refund, booked on the refund's day at its order's rate."""

from __future__ import annotations

from lakehouse import verbs
from lakehouse.gold.calendar import OUT_OF_CALENDAR, in_calendar
from lakehouse.gold.conversion import MISSING_RATE, converted, with_rate
from lakehouse.gold.dim_exchange_rates import TABLE as DIM_EXCHANGE_RATES
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.settings import Business
from lakehouse.silver.refunds import TABLE as REFUNDS
from lakehouse.spark import Column, DataFrame, F
from lakehouse.table import (
    AMOUNT,
    COUNTRY_CODE,
    CURRENCY_CODE,
    DATE,
    RATE,
    STRING,
    TIMESTAMP,
    UNKNOWN_KEY,
    Expectation,
    Field,
    Layer,
    Privacy,
    Table,
)

PARTS = ("goods_amount", "shipping_amount", "tax_amount")

TABLE = Table(
    layer=Layer.GOLD,
    name="fact_refunds",
    grain="One row per refund.",
    inputs=(REFUNDS, FACT_ORDERS, DIM_EXCHANGE_RATES),
    fields=(
        Field("refund_key", STRING, "Surrogate key of the refund."),
        Field("refund_id", STRING, "Refund, qualified by its source."),
        Field(
            "order_key",
            STRING,
            "Order refunded; null where it is not known.",
            nullable=True,
            references="fact_orders.order_key",
        ),
        Field("order_line_key", STRING, "Order line refunded; null for a whole order.", nullable=True),
        Field(
            "customer_key",
            STRING,
            "Who is refunded; -1 where unknown.",
            references="dim_customers.customer_key",
            privacy=Privacy.PII_INDIRECT,
        ),
        Field("refunded_at", TIMESTAMP, "When it was refunded, UTC."),
        Field("refund_date", DATE, "Business day of the refund.", references="dim_dates.calendar_date"),
        Field("order_date", DATE, "Business day of the order, where known.", nullable=True),
        Field("sales_channel", STRING, "Where the order was sold; unknown without the order."),
        Field("country_code", STRING, "Country the order was shipped to; ZZ where unknown.", form=COUNTRY_CODE),
        Field("goods_amount", AMOUNT, "Refund of goods."),
        Field("shipping_amount", AMOUNT, "Refund of shipping."),
        Field("tax_amount", AMOUNT, "Refund of tax."),
        Field("refund_amount", AMOUNT, "Sum of the three."),
        Field("currency_code", STRING, "Reporting currency, in which the amounts are.", form=CURRENCY_CODE),
        Field("exchange_rate", RATE, "Its order's rate where that has the same currency; else its own day's."),
        Field("transaction_currency_code", STRING, "Currency of the refund.", form=CURRENCY_CODE),
        Field("reason", STRING, "Reason given.", nullable=True),
        Field("refund_week", DATE, "First day of the week of refund_date.", privacy=Privacy.PUBLIC),
    ),
    primary_key=("refund_key",),
    partition_by=("refund_week",),
    scope_by="refund_id",
    expectations=(
        Expectation("refund_is_sum_of_parts", "refund_amount = goods_amount + shipping_amount + tax_amount"),
    ),
)


OF_ORDERS = (
    "order_id",
    "order_key",
    "order_date",
    "customer_key",
    "sales_channel",
    "country_code",
    "exchange_rate",
    "transaction_currency_code",
)
"""What it takes from its order."""


def transform(
    refunds: DataFrame, fact_orders: DataFrame, dim_exchange_rates: DataFrame, business: Business
) -> DataFrame:
    """Every live refund that has a rate and a place in the calendar."""
    dated = _dated(refunds, fact_orders, dim_exchange_rates, business).where(_set_aside_reason(business).isNull())
    amounts = dated.withColumns({name: converted(F.col(name)) for name in PARTS})
    return amounts.withColumns(
        {
            "refund_key": verbs.surrogate_key(F.col("refund_id")),
            "order_line_key": verbs.surrogate_key(F.col("order_line_id")),
            "customer_key": F.coalesce("_order_customer_key", F.lit(UNKNOWN_KEY)),
            "sales_channel": F.coalesce("_order_sales_channel", F.lit("unknown")),
            "country_code": F.coalesce("_order_country_code", F.lit("ZZ")),
            "refund_amount": sum((F.col(name) for name in PARTS[1:]), F.col(PARTS[0])).cast(AMOUNT),
            "transaction_currency_code": F.col("currency_code"),
            "currency_code": F.lit(business.currency),
            "refund_week": verbs.start_of(F.col("refund_date"), "week", business.week_start),
        }
    ).select(*TABLE.field_names)


def set_aside(
    refunds: DataFrame, fact_orders: DataFrame, dim_exchange_rates: DataFrame, business: Business
) -> DataFrame:
    """(row_id, reason) of each live refund that is not in the fact."""
    dated = _dated(refunds, fact_orders, dim_exchange_rates, business)
    return dated.select(F.col("refund_id").alias("row_id"), _set_aside_reason(business).alias("reason")).where(
        F.col("reason").isNotNull()
    )


def _dated(refunds: DataFrame, fact_orders: DataFrame, rates: DataFrame, business: Business) -> DataFrame:
    known = fact_orders.select(*OF_ORDERS).select(
        F.col("order_id").alias("_order_id"),
        "order_key",
        "order_date",
        F.col("customer_key").alias("_order_customer_key"),
        F.col("sales_channel").alias("_order_sales_channel"),
        F.col("country_code").alias("_order_country_code"),
        F.col("exchange_rate").alias("_order_rate"),
        F.col("transaction_currency_code").alias("_order_currency"),
    )
    dated = (
        refunds.where(~F.col("_is_deleted"))
        .join(known, F.col("order_id") == F.col("_order_id"), "left")
        .withColumn("refund_date", verbs.business_date(F.col("refunded_at"), business.timezone))
    )
    order_rate = F.when(F.col("_order_currency") == F.col("currency_code"), F.col("_order_rate"))
    return with_rate(dated, rates, business, currency="currency_code", date="refund_date", own_rate=order_rate)


def _set_aside_reason(business: Business) -> Column:
    return F.when(~in_calendar(F.col("refund_date"), business), F.lit(OUT_OF_CALENDAR)).when(
        F.col("exchange_rate").isNull(), F.lit(MISSING_RATE)
    )
