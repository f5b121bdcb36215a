"""Type 2 history from delivered versions: one row per stretch of time in which nothing tracked changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from lakehouse import verbs
from lakehouse.spark import DataFrame, F, Window
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

    A stretch during which the key was deleted is left out. A version's time is `updated_at`, else its delivery. From
    its time on a version overrules all older ones, so that no two stretches overlap and the newest version is current.
    """
    by_version = Window.partitionBy(key).orderBy("_version")
    later = by_version.rowsBetween(1, Window.unboundedFollowing)
    since = F.coalesce("updated_at", F.timestamp_micros("_version"))
    timed = versions.withColumn(
        "valid_from", F.when(F.row_number().over(by_version) == 1, F.lit(BEGINNING)).otherwise(since)
    ).withColumn("_overruled_at", F.min("valid_from").over(later))
    ruling = timed.where(F.col("_overruled_at").isNull() | (F.col("valid_from") < F.col("_overruled_at")))
    # One text per version: equal texts mean that nothing tracked changed. U+0001 stands for null.
    state = F.concat_ws(
        "\x1f",
        F.col("_is_deleted").cast("string"),
        *(F.coalesce(F.col(name).cast("string"), F.lit("\x01")) for name in tracked),
    )
    changes = (
        ruling.withColumn("_state", state)
        .withColumn("_state_before", F.lag("_state").over(by_version))
        .where(F.col("_state_before").isNull() | (F.col("_state_before") != F.col("_state")))
    )
    next_change = F.lead("valid_from").over(by_version)
    dated = changes.withColumns({"valid_to": F.coalesce(next_change, F.lit(END)), "is_current": next_change.isNull()})
    return dated.where(~F.col("_is_deleted")).withColumn(
        "history_key", verbs.surrogate_key(F.col(key), F.unix_micros("valid_from").cast("string"))
    )
