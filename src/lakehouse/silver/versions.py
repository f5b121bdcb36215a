"""Which delivered version of a key counts: the rule by which every silver table is deduplicated.

The versions of a key are ordered by (_version, _row_hash); the greatest one counts. That order depends on content
alone, so any order of deliveries ends in the same table. Every candidate row gets exactly one outcome.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

CONFLICT = "conflicting_version"


class Outcome(StrEnum):
    """What became of a delivered row; `RETIRED` is not delivered: a row that a newer set of its parent leaves out."""

    LOADED = "loaded"
    UNCHANGED = "unchanged"
    STALE = "stale"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    FILTERED = "filtered"
    RETIRED = "retired"


def classify(
    candidates: DataFrame, current: DataFrame, key: Sequence[str], complete_per: Column | None = None
) -> DataFrame:
    """`candidates` plus `_outcome` and `_is_written`; rows with `_reasons` or `_is_filtered` keep that as outcome.

    `current` is the silver table as it is; where a key's version in it is greater, a candidate is stale.
    `complete_per` names the parent whose rows are always delivered as a whole: rows of an older version of the parent
    than any known are stale, and current ones are given out once more as deleted (`retired`).
    """
    set_aside = F.when(F.col("_is_filtered"), Outcome.FILTERED).when(F.col("_reasons") != "", Outcome.QUARANTINED)
    marked = candidates.withColumn("_set_aside", set_aside)
    ranked = _ranked(marked, key)
    known = current.select(
        *(F.col(name).alias(f"_current_{name}") for name in key),
        F.col("_version").alias("_current_version"),
        F.col("_row_hash").alias("_current_hash"),
        F.col("_is_deleted").alias("_current_deleted"),
    )
    same_key = [F.col(name) == F.col(f"_current_{name}") for name in key]
    compared = ranked.join(known, same_key, "left")
    outcome = F.coalesce(F.col("_set_aside"), _outcome())
    return (
        compared.withColumn("_outcome", outcome)
        .withColumn("_is_written", _is_written())
        .withColumn("_reasons", F.when(_is_conflict(), CONFLICT).otherwise(F.col("_reasons")))
        .select(*candidates.columns, "_outcome", "_is_written")
    )


def _ranked(marked: DataFrame, key: Sequence[str]) -> DataFrame:
    """The place of each row among the good candidates of its key: newest version, greatest hash, first delivered."""
    good = F.col("_set_aside").isNull()
    keyed = [*key, good]
    by_version = Window.partitionBy(*keyed).orderBy(
        F.col("_version").desc(), F.col("_row_hash").desc(), "_object_id", "_row_number"
    )
    same = Window.partitionBy(*keyed, "_version", "_row_hash").orderBy("_object_id", "_row_number")
    return marked.withColumns(
        {
            "_rank": F.row_number().over(by_version),
            "_copy": F.row_number().over(same),
            "_best_version": F.first("_version").over(by_version),
        }
    )


def _outcome() -> Column:
    version, known = F.col("_version"), F.col("_current_version")
    same_hash = F.col("_row_hash") == F.col("_current_hash")
    against_current = (
        F.when(known.isNull() | (version > known), F.when(same_hash, Outcome.UNCHANGED).otherwise(Outcome.LOADED))
        .when(version < known, Outcome.STALE)
        .when(same_hash, Outcome.UNCHANGED)
        .when(F.col("_row_hash") > F.col("_current_hash"), Outcome.LOADED)
        .otherwise(Outcome.QUARANTINED)
    )
    return (
        F.when(F.col("_copy") > 1, Outcome.DUPLICATE)
        .when(version < F.col("_best_version"), Outcome.STALE)
        .when(F.col("_rank") > 1, Outcome.QUARANTINED)
        .otherwise(against_current)
    )


def _is_conflict() -> Column:
    return F.col("_set_aside").isNull() & (F.col("_outcome") == Outcome.QUARANTINED)


def _is_written() -> Column:
    newer = F.col("_current_version").isNull() | (F.col("_version") > F.col("_current_version"))
    return (F.col("_outcome") == Outcome.LOADED) | ((F.col("_outcome") == Outcome.UNCHANGED) & newer)
