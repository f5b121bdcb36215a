"""Type 2 history from delivered versions: one row per stretch of time in which nothing tracked changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from lakehouse import verbs
from lakehouse.table import BOOLEAN, TIMESTAMP, Field

BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)
END = datetime(9999, 1, 1, tzinfo=UTC)

VALIDITY = (
    Field("valid_from", TIMESTAMP, "From when these values held, UTC; the first ones held since 1900."),
    Field("valid_to", TIMESTAMP, "Until when they held, exclusive, UTC; year 9999 while they still do."),
    Field("is_current", BOOLEAN, "Whether these values hold now."),
)


def stretches(versions: DataFrame, key: str, tracked: Sequence[str]) -> DataFrame:
    """One row per key and stretch of equal `tracked` values, with `valid_from`, `valid_to` and `is_current`.

    A stretch during which the key was deleted is left out. A version's time is `updated_at`, else its delivery.
    """
    by_version = Window.partitionBy(key).orderBy("_version")
    # One text per version: equal texts mean that nothing tracked changed. U+0001 stands for null.
    state = F.concat_ws(
        "\x1f",
        F.col("_is_deleted").cast("string"),
        *(F.coalesce(F.col(name).cast("string"), F.lit("\x01")) for name in tracked),
    )
    changes = (
        versions.withColumn("_state", state)
        .withColumn("_state_before", F.lag("_state").over(by_version))
        .where(F.col("_state_before").isNull() | (F.col("_state_before") != F.col("_state")))
        .withColumn("_changed_at", F.coalesce("updated_at", F.timestamp_micros("_version")))
    )
    next_change = F.lead("_changed_at").over(by_version)
    dated = changes.withColumns(
        {
            "valid_from": F.when(F.row_number().over(by_version) == 1, F.lit(BEGINNING)).otherwise(
                F.col("_changed_at")
            ),
            "valid_to": F.coalesce(next_change, F.lit(END)),
            "is_current": next_change.isNull(),
        }
    )
    return dated.where(~F.col("_is_deleted") & (F.col("valid_from") < F.col("valid_to"))).withColumn(
        "history_key", verbs.surrogate_key(F.col(key), F.unix_micros("valid_from").cast("string"))
    )
