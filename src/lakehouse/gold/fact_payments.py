"""fact_payments: one row per payment attempt; repeats of one request are marked and do not count."""

from __future__ import annotations

from lakehouse import verbs
from lakehouse.gold.calendar import OUT_OF_CALENDAR, in_calendar
from lakehouse.gold.conversion import MISSING_RATE, converted, with_rate
from lakehouse.gold.dim_exchange_rates import TABLE as DIM_EXCHANGE_RATES
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.gold.identity import customer_key
from lakehouse.settings import Business
from lakehouse.silver.payments import STATUSES
from lakehouse.silver.payments import TABLE as PAYMENTS
from lakehouse.spark import Column, DataFrame, F, Window
from lakehouse.table import (
    AMOUNT,
    BOOLEAN,
    CURRENCY_CODE,
    DATE,
    INTEGER,
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

MISSING_TIME = "missing_time"

TABLE = Table(
    layer=Layer.GOLD,
    name="fact_payments",
    grain="One row per payment attempt.",
    inputs=(PAYMENTS, FACT_ORDERS, DIM_EXCHANGE_RATES),
    fields=(
        Field("payment_key", STRING, "Surrogate key of the attempt."),
        Field("payment_id", STRING, "Payment attempt, qualified by its source."),
        Field(
            "order_key",
            STRING,
            "Order being paid; null where it is not known.",
            nullable=True,
            references="fact_orders.order_key",
        ),
        Field(
            "customer_key",
            STRING,
            "Who pays; -1 where unknown.",
            references="dim_customers.customer_key",
            privacy=Privacy.PII_INDIRECT,
        ),
        Field("customer_id", STRING, "Customer account, where known.", nullable=True, privacy=Privacy.PII_INDIRECT),
        Field("attempted_at", TIMESTAMP, "When the attempt was made, or else the order, UTC."),
        Field("attempt_date", DATE, "Business day of the attempt.", references="dim_dates.calendar_date"),
        Field("attempt_hour", INTEGER, "Local hour of the day of the attempt, 0 to 23."),
        Field("attempt_number", INTEGER, "It is its order's n-th attempt, repeats left out.", nullable=True),
        Field("payment_method", STRING, "card, paypal, bank_transfer, …; unknown where not delivered."),
        Field("provider", STRING, "Payment provider.", nullable=True),
        Field("status", STRING, "Outcome of the attempt.", values=STATUSES),
        Field("failure_reason", STRING, "Why it failed.", nullable=True),
        Field("is_counted", BOOLEAN, "False for a repeat of a request that another row counts already."),
        Field("is_successful", BOOLEAN, "Whether it counts and succeeded."),
        Field("is_failed", BOOLEAN, "Whether it counts and failed."),
        Field("amount", AMOUNT, "Amount of the attempt."),
        Field("currency_code", STRING, "Reporting currency, in which the amount is.", form=CURRENCY_CODE),
        Field("exchange_rate", RATE, "Its order's rate where that has the same currency; else its own day's."),
        Field("transaction_amount", AMOUNT, "Amount in the currency of the attempt."),
        Field("transaction_currency_code", STRING, "Currency of the attempt.", form=CURRENCY_CODE),
        Field("attempt_week", DATE, "First day of the week of attempt_date.", privacy=Privacy.PUBLIC),
    ),
    primary_key=("payment_key",),
    partition_by=("attempt_week",),
    scope_by="payment_id",
    expectations=(Expectation("outcome_is_single", "not (is_successful and is_failed)"),),
)


OF_ORDERS = (
    "order_id",
    "ordered_at",
    "order_key",
    "customer_key",
    "customer_id",
    "exchange_rate",
    "transaction_currency_code",
)
"""What it takes from its order."""


def transform(
    payments: DataFrame, fact_orders: DataFrame, dim_exchange_rates: DataFrame, business: Business
) -> DataFrame:
    """Every live attempt that has a rate and a place in the calendar."""
    dated = _dated(payments, fact_orders, dim_exchange_rates, business).where(_set_aside_reason(business).isNull())
    numbered = _with_attempt_number(_with_counted(dated))
    return numbered.withColumns(
        {
            "payment_key": verbs.surrogate_key(F.col("payment_id")),
            "customer_key": F.coalesce(
                customer_key(F.col("customer_id")), F.col("_order_customer_key"), F.lit(UNKNOWN_KEY)
            ),
            "customer_id": F.coalesce("customer_id", "_order_customer_id"),
            "attempt_hour": verbs.local_hour(F.col("attempted_at"), business.timezone).cast("int"),
            "payment_method": F.coalesce("payment_method", F.lit("unknown")),
            "is_successful": F.col("is_counted") & (F.col("status") == "succeeded"),
            "is_failed": F.col("is_counted") & (F.col("status") == "failed"),
            "transaction_amount": F.col("amount"),
            "transaction_currency_code": F.col("currency_code"),
            "amount": converted(F.col("amount")),
            "currency_code": F.lit(business.currency),
            "attempt_week": verbs.start_of(F.col("attempt_date"), "week", business.week_start),
        }
    ).select(*TABLE.field_names)


def set_aside(
    payments: DataFrame, fact_orders: DataFrame, dim_exchange_rates: DataFrame, business: Business
) -> DataFrame:
    """(row_id, reason) of each live attempt that is not in the fact."""
    dated = _dated(payments, fact_orders, dim_exchange_rates, business)
    return dated.select(F.col("payment_id").alias("row_id"), _set_aside_reason(business).alias("reason")).where(
        F.col("reason").isNotNull()
    )


def _dated(payments: DataFrame, fact_orders: DataFrame, rates: DataFrame, business: Business) -> DataFrame:
    known = fact_orders.select(*OF_ORDERS).select(
        F.col("order_id").alias("_order_id"),
        F.col("ordered_at").alias("_ordered_at"),
        "order_key",
        F.col("customer_key").alias("_order_customer_key"),
        F.col("customer_id").alias("_order_customer_id"),
        F.col("exchange_rate").alias("_order_rate"),
        F.col("transaction_currency_code").alias("_order_currency"),
    )
    dated = (
        payments.where(~F.col("_is_deleted"))
        .join(known, F.col("order_id") == F.col("_order_id"), "left")
        .withColumn("attempted_at", F.coalesce("attempted_at", "_ordered_at"))
        .withColumn("attempt_date", verbs.business_date(F.col("attempted_at"), business.timezone))
    )
    order_rate = F.when(F.col("_order_currency") == F.col("currency_code"), F.col("_order_rate"))
    return with_rate(dated, rates, business, currency="currency_code", date="attempt_date", own_rate=order_rate)


def _set_aside_reason(business: Business) -> Column:
    return (
        F.when(F.col("attempted_at").isNull(), F.lit(MISSING_TIME))
        .when(~in_calendar(F.col("attempt_date"), business), F.lit(OUT_OF_CALENDAR))
        .when(F.col("exchange_rate").isNull(), F.lit(MISSING_RATE))
    )


def _with_counted(payments: DataFrame) -> DataFrame:
    """Of the attempts that share an order and an idempotency key, the success counts, else the earliest."""
    request = F.coalesce("idempotency_key", "payment_id")
    repeats = Window.partitionBy("order_id", request).orderBy(
        F.when(F.col("status") == "succeeded", 0).otherwise(1), "attempted_at", "payment_id"
    )
    return payments.withColumn("is_counted", F.row_number().over(repeats) == 1)


def _with_attempt_number(payments: DataFrame) -> DataFrame:
    attempts = Window.partitionBy("order_id", "is_counted").orderBy("attempted_at", "payment_id")
    is_numbered = F.col("is_counted") & F.col("order_id").isNotNull()
    return payments.withColumn("attempt_number", F.when(is_numbered, F.row_number().over(attempts)).cast("int"))
