"""Conversion into the reporting currency: which rate an amount takes, and what has none."""

from __future__ import annotations

from lakehouse import verbs
from lakehouse.settings import Business
from lakehouse.spark import Column, DataFrame, F
from lakehouse.table import RATE

MISSING_RATE = "missing_exchange_rate"


def with_rate(
    frame: DataFrame, rates: DataFrame, business: Business, *, currency: str, date: str, own_rate: Column | None = None
) -> DataFrame:
    """`frame` plus `exchange_rate`: 1 in the reporting currency, else `own_rate` where given, else the day's rate.

    Null where there is none; such rows are set aside, never converted by 1.
    """
    days = rates.select(
        F.col("currency_code").alias("_rate_currency_code"),
        F.col("rate_date").alias("_rate_date"),
        F.col("exchange_rate").alias("_day_rate"),
    )
    joined = frame.join(
        days, (F.col(currency) == F.col("_rate_currency_code")) & (F.col(date) == F.col("_rate_date")), "left"
    )
    known = F.col("_day_rate") if own_rate is None else F.coalesce(own_rate, F.col("_day_rate"))
    rate = F.when(F.col(currency) == business.currency, F.lit(1).cast(RATE)).otherwise(known)
    return joined.withColumn("exchange_rate", rate.cast(RATE)).drop("_rate_currency_code", "_rate_date", "_day_rate")


def converted(amount: Column) -> Column:
    """`amount` in the reporting currency, rounded half up to the cent; needs a column `exchange_rate`."""
    return verbs.multiply(amount, F.col("exchange_rate"), precision=18, scale=2)
