"""Writing tables: rows replaced by their keys, of which only the partitions are written anew, and whole tables."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds

from lakehouse.derive.contract import conform
from lakehouse.derive.schema import arrow_schema
from lakehouse.runs.context import Run, few_rows
from lakehouse.scope import Keys, without
from lakehouse.spark import DataFrame
from lakehouse.storage.locate import partitions_holding
from lakehouse.storage.write import Commit, Partitions
from lakehouse.table import Table


def holding(run: Run, table: Table, column: str, keys: Keys) -> list[Any]:
    """The partitions that have a row with one of the keys; none for a table without partitions."""
    if not table.partition_by or not keys:
        return []
    return partitions_holding(run.lake.stored(table), table.partition_by[0], column, keys)


def put(run: Run, table: Table, rows: pa.Table, replaced: pa.Table, held_in: AbstractSet[Any]) -> Commit | None:
    """Replace the rows of `table` that have the keys in `replaced` by `rows`; None if there is nothing to write.

    `held_in` are the partitions that have such rows now.
    """
    rows = rows.select(table.field_names)
    stored = run.lake.stored(table).rows
    if not table.partition_by:
        return run.writer.put(table, _batches(rows, stored, replaced, None))
    (partition,) = table.partition_by
    touched = sorted(held_in | set(rows[partition].unique().to_pylist()))
    if not touched:
        return None
    written = _batches(rows, stored, replaced, ds.field(partition).isin(touched))
    return run.writer.put(table, written, Partitions(partition, touched))


def put_whole(run: Run, table: Table, frame: DataFrame, made_of: int) -> Commit:
    """Replace the whole table by a frame that is made of so many rows: few are written here, many by the engine.

    An engine of a cluster takes seconds to write what this process writes in a moment.
    """
    if (few := few_rows(conform(frame, table), made_of)) is not None:
        run.lake.declare(table)
        return run.writer.put(table, few.cast(arrow_schema(table)).to_batches())
    return run.writer.replace(table, frame)


def _batches(
    rows: pa.Table, stored: ds.Dataset, replaced: pa.Table, within: ds.Expression | None
) -> Iterator[pa.RecordBatch]:
    """The new rows and then those that stay; of these there is a batch in memory at a time."""
    yield from rows.to_batches()
    # deltalake asks for batches in a thread of its own runtime, in which it can not be asked to read.
    with ThreadPoolExecutor(max_workers=1) as reader:
        held = reader.submit(stored.to_batches, columns=rows.column_names, filter=within).result()
        while (batch := reader.submit(next, held, None).result()) is not None:
            yield from without(pa.Table.from_batches([batch]), replaced).to_batches()
