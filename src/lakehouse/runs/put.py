"""Replacing rows by their keys: only the partitions that hold them, or will hold them, are written anew."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

import pyarrow as pa

from lakehouse.runs.context import Run
from lakehouse.scope import Keys
from lakehouse.spark import DataFrame, F
from lakehouse.storage.locate import partitions_holding
from lakehouse.storage.write import Commit, Partitions
from lakehouse.table import Table


def holding(run: Run, table: Table, column: str, keys: Keys) -> list[Any]:
    """The partitions that have a row with one of the keys; none for a table without partitions."""
    if not table.partition_by or not keys:
        return []
    return partitions_holding(run.lake.delta(table), table.partition_by[0], column, keys)


def put(
    run: Run, table: Table, rows: DataFrame, replaced: DataFrame, held_in: AbstractSet[Any], written: pa.Table
) -> Commit | None:
    """Replace the rows of `table` that have the keys in `replaced` by `rows`; None if there is nothing to write.

    `held_in` are the partitions that have such rows now; `written` has the partition field of each of `rows`.
    """
    held = run.read(table)
    scope = None
    if table.partition_by:
        (partition,) = table.partition_by
        touched = sorted(held_in | set(written[partition].to_pylist()))
        if not touched:
            return None
        scope = Partitions(partition, touched)
        held = held.where(F.col(partition).isin(touched))
    kept = held.join(replaced, replaced.columns, "left_anti").select(*table.field_names)
    return run.writer.replace(table, rows.select(*table.field_names).unionByName(kept), scope=scope)
