"""missing_days: the days on which a fact is not known though it is before and after, for want of a file.

A day without a row is none of these as long as all required files for it came: then nothing happened. A day with rows
is none either: what came counts. But where a file for the day came damaged, rows are lacking that there are.
"""

from __future__ import annotations

from functools import reduce

from lakehouse.gold.coverage import COVERED, Covered
from lakehouse.gold.coverage import TABLE as COVERAGE
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.gold.fact_payments import TABLE as FACT_PAYMENTS
from lakehouse.gold.fact_refunds import TABLE as FACT_REFUNDS
from lakehouse.gold.fact_registrations import TABLE as FACT_REGISTRATIONS
from lakehouse.gold.fact_sessions import TABLE as FACT_SESSIONS
from lakehouse.quality.ledger import DELIVERIES
from lakehouse.spark import DataFrame, F
from lakehouse.table import DATE, STRING, Field, Layer, Privacy, Table

TABLE = Table(
    layer=Layer.GOLD,
    name="missing_days",
    grain="One row per fact table and business day that is not known, though days before and after it are.",
    inputs=(COVERAGE, DELIVERIES, FACT_ORDERS, FACT_PAYMENTS, FACT_REFUNDS, FACT_REGISTRATIONS, FACT_SESSIONS),
    fields=(
        Field("table_name", STRING, "Fact table.", privacy=Privacy.PUBLIC),
        Field(
            "calendar_date",
            DATE,
            "Business day for which a file that feeds the fact came damaged, or on which the fact has no row and a "
            "required file for it is missing.",
            privacy=Privacy.PUBLIC,
        ),
    ),
    primary_key=("table_name", "calendar_date"),
    scope_by="calendar_date",
)


def transform(
    coverage: DataFrame,
    deliveries: DataFrame,
    fact_orders: DataFrame,
    fact_payments: DataFrame,
    fact_refunds: DataFrame,
    fact_registrations: DataFrame,
    fact_sessions: DataFrame,
) -> DataFrame:
    """The days of damaged files, and those of missing ones on which their fact has no row, as far as it is known."""
    facts = {
        "fact_orders": fact_orders,
        # Every order has a line, so that lines are there on the same days.
        "fact_order_lines": fact_orders,
        "fact_payments": fact_payments,
        "fact_refunds": fact_refunds,
        "fact_registrations": fact_registrations,
        "fact_sessions": fact_sessions,
    }
    days = [_days(deliveries, COVERED[name], fact) for name, fact in facts.items()]
    spans = coverage.select("table_name", "first_known_date", "last_known_date")
    is_between = F.col("calendar_date").between(F.col("first_known_date"), F.col("last_known_date"))
    every = reduce(lambda left, right: left.unionByName(right), days)
    return every.join(spans, "table_name").where(is_between).select(*TABLE.field_names)


def _days(deliveries: DataFrame, covered: Covered, fact: DataFrame) -> DataFrame:
    is_damaged = F.col("damaged_files").isNotNull()
    lacking = (
        deliveries.where(F.col("entity").isin(*covered.fed_by) & (is_damaged | F.col("record_count").isNull()))
        .groupBy(F.col("delivery_date").alias("calendar_date"))
        .agg(F.max(is_damaged).alias("_is_damaged"))
    )
    filled = fact.select(F.col(covered.date).alias("calendar_date"), F.lit(True).alias("_has_rows")).distinct()
    unknown = lacking.join(filled, "calendar_date", "left").where(F.col("_is_damaged") | F.col("_has_rows").isNull())
    return unknown.select(F.lit(covered.table.name).alias("table_name"), "calendar_date")
