"""missing_days: the days on which a fact is not known though it is before and after, for want of a file.

A day without a row is none of these as long as all files came that were to come for it: then nothing happened. Whatever
rows the day of a missing or damaged file has, others are lacking: files of other days brought them.
"""

from __future__ import annotations

from functools import reduce

from lakehouse.gold.coverage import COVERED, Covered
from lakehouse.gold.coverage import TABLE as COVERAGE
from lakehouse.quality.ledger import DELIVERIES
from lakehouse.spark import DataFrame, F
from lakehouse.table import DATE, STRING, Field, Layer, Privacy, Table

TABLE = Table(
    layer=Layer.GOLD,
    name="missing_days",
    grain="One row per fact table and business day that is not known, though days before and after it are.",
    inputs=(COVERAGE, DELIVERIES),
    fields=(
        Field("table_name", STRING, "Fact table.", privacy=Privacy.PUBLIC),
        Field(
            "calendar_date",
            DATE,
            "Business day for which a file that feeds the fact came damaged, or was to come and is missing.",
            privacy=Privacy.PUBLIC,
        ),
    ),
    primary_key=("table_name", "calendar_date"),
    scope_by="calendar_date",
)


def transform(coverage: DataFrame, deliveries: DataFrame) -> DataFrame:
    """The days of missing and damaged files, of each fact that they feed, as far as it is known."""
    days = [_days(deliveries, covered) for covered in COVERED.values()]
    spans = coverage.select("table_name", "first_known_date", "last_known_date")
    is_between = F.col("calendar_date").between(F.col("first_known_date"), F.col("last_known_date"))
    every = reduce(lambda left, right: left.unionByName(right), days)
    return every.join(spans, "table_name").where(is_between).select(*TABLE.field_names)


def _days(deliveries: DataFrame, covered: Covered) -> DataFrame:
    is_lacking = F.col("damaged_files").isNotNull() | F.col("record_count").isNull()
    lacking = deliveries.where(F.col("entity").isin(*covered.fed_by) & is_lacking)
    named = lacking.select(F.lit(covered.table.name).alias("table_name"), F.col("delivery_date").alias("calendar_date"))
    return named.distinct()
