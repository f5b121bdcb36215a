"""dim_exchange_rates: for each currency and day, the one rate into the reporting currency that holds on that day."""

from __future__ import annotations

from lakehouse import verbs
from lakehouse.settings import Business
from lakehouse.silver.exchange_rates import TABLE as EXCHANGE_RATES
from lakehouse.spark import DataFrame, F, Window
from lakehouse.table import CURRENCY_CODE, DATE, RATE, STRING, Expectation, Field, Layer, Privacy, Table

TABLE = Table(
    layer=Layer.GOLD,
    name="dim_exchange_rates",
    grain="One row per currency and day on which a rate into the reporting currency is usable.",
    inputs=(EXCHANGE_RATES,),
    fields=(
        Field(
            "currency_code", STRING, "Currency converted from, ISO 4217.", privacy=Privacy.PUBLIC, form=CURRENCY_CODE
        ),
        Field("rate_date", DATE, "Day on which the rate is used.", privacy=Privacy.PUBLIC),
        Field("exchange_rate", RATE, "Reporting currency units for one unit.", privacy=Privacy.PUBLIC),
        Field("published_date", DATE, "Day on which the rate was published.", privacy=Privacy.PUBLIC),
    ),
    primary_key=("currency_code", "rate_date"),
    expectations=(Expectation("exchange_rate_is_positive", "exchange_rate > 0"),),
)


def transform(exchange_rates: DataFrame, business: Business) -> DataFrame:
    """Carry each published rate to the next publication, at most `exchange_rate_max_age_days` days.

    A rate published the other way round is inverted, unless the direct one was published on that day too.
    """
    live = exchange_rates.where(~F.col("_is_deleted"))
    direct = live.where(F.col("to_currency_code") == business.currency).select(
        F.col("from_currency_code").alias("currency_code"), "rate_date", "exchange_rate", F.lit(1).alias("preference")
    )
    inverse = live.where(F.col("from_currency_code") == business.currency).select(
        F.col("to_currency_code").alias("currency_code"),
        "rate_date",
        verbs.quotient(F.lit(1).cast(RATE), F.col("exchange_rate"), scale=8).cast(RATE).alias("exchange_rate"),
        F.lit(2).alias("preference"),
    )
    published = verbs.latest(
        direct.unionByName(inverse).where(F.col("currency_code") != business.currency),
        keys=["currency_code", "rate_date"],
        order_by=[F.col("preference").asc()],
    )
    next_date = F.lead("rate_date").over(Window.partitionBy("currency_code").orderBy("rate_date"))
    spans = published.select(
        "currency_code",
        "exchange_rate",
        F.col("rate_date").alias("published_date"),
        F.least(
            F.date_add("rate_date", business.exchange_rate_max_age_days),
            F.date_sub(next_date, 1),
            F.lit(business.calendar_to),
        ).alias("last_date"),
    )
    return verbs.expand_days(spans, "published_date", "last_date", "rate_date").select(*TABLE.field_names)
