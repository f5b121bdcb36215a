"""Which delivered version of a key counts: the rule by which every silver table is deduplicated.

The versions of a key are ordered by (_version, _row_hash); the greatest one counts. That order depends on content
alone, so any order of deliveries ends in the same table. Every candidate row gets exactly one outcome.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from lakehouse.spark import Column, DataFrame, F
from lakehouse.table import Table

CONFLICT = "conflicting_version"

RETIRED_HASH = ""
"""Row hash of a retired row: smaller than any other, so that a row of the same set that comes later wins."""

_DIGITS = 19


class Outcome(StrEnum):
    """What became of a delivered row; `RETIRED` is not delivered: a row that a newer set of its parent leaves out."""

    LOADED = "loaded"
    UNCHANGED = "unchanged"
    STALE = "stale"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    FILTERED = "filtered"
    RETIRED = "retired"


def classify(candidates: DataFrame, current: DataFrame, table: Table, parent: str | None) -> DataFrame:
    """`candidates` plus `_outcome` and `_is_written`, and the rows of `current` that are retired.

    `current` is the silver table as it is; where it has a greater version of a key, a candidate is stale. Rows with
    `_is_filtered` or `_reasons` stay out and decide nothing. `parent` is the field whose rows are delivered all
    together, if any mapping says so (`_parent` of its candidates): the newest version of a parent retires its rows of
    older ones, delivered before it or after it. A retired row is `_is_deleted`, and its values mean nothing.
    """
    set_aside = F.when(F.col("_is_filtered"), F.lit(Outcome.FILTERED.value)).when(
        F.col("_reasons") != "", F.lit(Outcome.QUARANTINED.value)
    )
    marked = candidates.withColumn("_set_aside", set_aside)
    if parent is None:
        return _judged(marked, current, table).select(*candidates.columns, "_outcome", "_is_written")
    parents = _parent_versions(marked, current, parent)
    known = marked.join(parents, F.col("_parent") == F.col("_parent_id"), "left")
    judged = _outdated_by_parent(_judged(known, current, table))
    columns = [*candidates.columns, "_outcome", "_is_written"]
    return judged.select(*columns).unionByName(_retired(judged, current, parents, table, parent, columns))


def _judged(marked: DataFrame, current: DataFrame, table: Table) -> DataFrame:
    """The outcome of each candidate against the other candidates of its key and against the current row."""
    key = table.primary_key
    known = current.select(
        *(F.col(name).alias(f"_current_{name}") for name in key),
        F.col("_version").alias("_current_version"),
        F.col("_row_hash").alias("_current_hash"),
    )
    on = [F.col(name) == F.col(f"_current_{name}") for name in key]
    compared = _placed(marked, key).join(known, on, "left").withColumn("_verdict", _verdict())
    newer = F.col("_current_version").isNull() | (F.col("_version") > F.col("_current_version"))
    verdict = F.col("_verdict")
    is_written = (verdict == Outcome.LOADED.value) | ((verdict == Outcome.UNCHANGED.value) & newer)
    is_conflict = F.col("_set_aside").isNull() & (verdict == Outcome.QUARANTINED.value)
    return compared.withColumns(
        {
            "_outcome": F.coalesce("_set_aside", "_verdict"),
            "_is_written": F.col("_set_aside").isNull() & is_written,
            "_reasons": F.when(is_conflict, F.lit(CONFLICT)).otherwise(F.col("_reasons")),
        }
    )


def _placed(marked: DataFrame, key: Sequence[str]) -> DataFrame:
    """Each row beside the greatest version and hash of its key's good candidates, and whether it is a copy of one.

    By aggregates of narrow rows: windows over the whole ones cost Sail (0.7.2) more than all else that is done to them.
    """
    number = F.lpad(F.col("_row_number").cast("string"), _DIGITS, "0")
    # A file can be read by several runs, and a record be mapped several times.
    delivered = F.concat_ws("/", F.col("_object_id"), number, F.col("_run_id"), F.col("_mapping").cast("string"))
    good = marked.where(F.col("_set_aside").isNull())
    versions = good.groupBy(*key, "_version", "_row_hash").agg(F.min(delivered).alias("_first"))
    newest = versions.groupBy(*key).agg(F.max("_version").alias("_version"))
    best = (
        versions.join(newest, [*key, "_version"], "left_semi")
        .groupBy(*key, F.col("_version").alias("_best_version"))
        .agg(F.max("_row_hash").alias("_best_hash"))
    )
    places = versions.join(best, list(key))
    placed = marked.join(places, [*key, "_version", "_row_hash"], "left")
    return placed.withColumn("_is_copy", delivered != F.col("_first"))


def _verdict() -> Column:
    version, known = F.col("_version"), F.col("_current_version")
    is_same = F.coalesce(F.col("_row_hash") == F.col("_current_hash"), F.lit(False))
    is_newer = known.isNull() | (version > known)
    return (
        F.when(F.col("_is_copy"), _literal(Outcome.DUPLICATE))
        .when(version < F.greatest("_best_version", known), _literal(Outcome.STALE))
        .when(F.col("_row_hash") < F.col("_best_hash"), _literal(Outcome.QUARANTINED))
        .when(is_same, _literal(Outcome.UNCHANGED))
        .when(is_newer | (F.col("_row_hash") > F.col("_current_hash")), _literal(Outcome.LOADED))
        .otherwise(_literal(Outcome.QUARANTINED))
    )


def _parent_versions(marked: DataFrame, current: DataFrame, parent: str) -> DataFrame:
    """The newest known version of every parent that this delivery has a whole set of rows for."""
    delivered = marked.where(F.col("_set_aside").isNull() & F.col("_parent").isNotNull()).select(
        F.col("_parent").alias("_parent_id"), "_version"
    )
    known = current.select(F.col(parent).alias("_parent_id"), "_version").join(
        delivered.select("_parent_id").distinct(), "_parent_id", "left_semi"
    )
    return delivered.unionByName(known).groupBy("_parent_id").agg(F.max("_version").alias("_parent_version"))


def _outdated_by_parent(judged: DataFrame) -> DataFrame:
    """Winners of a key that an even newer set of their parent lacks: stale, and kept as deleted by that set."""
    is_outdated = F.coalesce(
        F.col("_set_aside").isNull() & (F.col("_version") < F.col("_parent_version")), F.lit(False)
    )
    is_best = (F.col("_version") == F.col("_best_version")) & (F.col("_row_hash") == F.col("_best_hash"))
    is_unknown = is_outdated & F.col("_current_version").isNull() & is_best & ~F.col("_is_copy")
    verdict = F.when(is_outdated & (F.col("_outcome") != Outcome.DUPLICATE.value), _literal(Outcome.STALE)).otherwise(
        F.col("_outcome")
    )
    return judged.withColumns(
        {
            "_outcome": verdict,
            "_reasons": F.when(is_outdated, F.lit("")).otherwise(F.col("_reasons")),
            "_is_written": F.when(is_outdated, is_unknown).otherwise(F.col("_is_written")),
            "_is_deleted": F.when(is_unknown, F.lit(True)).otherwise(F.col("_is_deleted")),
            "_version": F.when(is_unknown, F.col("_parent_version")).otherwise(F.col("_version")),
            "_row_hash": F.when(is_unknown, F.lit(RETIRED_HASH)).otherwise(F.col("_row_hash")),
        }
    )


def _retired(
    judged: DataFrame, current: DataFrame, parents: DataFrame, table: Table, parent: str, columns: Sequence[str]
) -> DataFrame:
    """Current rows that the newest set of their parent leaves out, given out as deleted by that set."""
    kept = judged.where(F.col("_set_aside").isNull() & (F.col("_version") == F.col("_parent_version"))).select(
        *table.primary_key
    )
    outdated = (
        current.where(~F.col("_is_deleted"))
        .join(parents, F.col(parent) == F.col("_parent_id"))
        .where(F.col("_version") < F.col("_parent_version"))
        .join(kept, list(table.primary_key), "left_anti")
    )
    marks = {
        "_is_deleted": F.lit(True),
        "_version": F.col("_parent_version"),
        "_row_hash": F.lit(RETIRED_HASH),
        "_object_name": F.lit(""),
        "_mapping": F.lit(0),
        "_row_count": F.lit(0).cast("bigint"),
        "_parent": F.col(parent),
        "_is_filtered": F.lit(False),
        "_reasons": F.lit(""),
        "_outcome": _literal(Outcome.RETIRED),
        "_is_written": F.lit(True),
    }
    return outdated.withColumns(marks).select(*columns)


def _literal(outcome: Outcome) -> Column:
    return F.lit(outcome.value)
