"""Where rows with given keys lie: first by the least and greatest value of each file, then by the key column alone."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from lakehouse.derive.schema import arrow_schema
from lakehouse.scope import Keys
from lakehouse.storage.lake import Stored
from lakehouse.table import Table

_DAY = timedelta(days=1)


def rows_holding(stored: Stored, table: Table, columns: Sequence[str], keys: Keys, fields: Sequence[str]) -> pa.Table:
    """Some fields of the rows with one of the keys in any of `columns`, read from partitions that have such rows."""
    schema = arrow_schema(table)
    schema = pa.schema([schema.field(name) for name in fields])
    if not keys:
        return schema.empty_table()
    wanted = reduce(or_, (ds.field(column).isin(keys.values) for column in columns))
    if table.partition_by:
        (partition,) = table.partition_by
        held = sorted({value for name in columns for value in partitions_holding(stored, partition, name, keys)})
        if not held:
            return schema.empty_table()
        wanted = ds.field(partition).isin(held) & wanted
    return stored.rows.to_table(columns=schema.names, filter=wanted).cast(schema)


def partitions_holding(stored: Stored, partition: str, column: str, keys: Keys) -> list[Any]:
    """Values of the partition field under which there are rows with one of the keys in `column`.

    A key that is asked for from a day on has no rows in partitions that end before; the field is a first day then.
    Where keys grow with time, as most systems' do, few files are looked into; else the column is read in all of them.
    """
    files = stored.files
    begins = sorted(set(files[f"partition.{partition}"].to_pylist()))
    possible = _possible(files, partition, column, keys)
    if possible and keys.since is not None:
        first = _holding(begins, pc.min(keys.since).as_py())
        possible = {value for value in possible if value >= first}
    if not possible:
        return []
    within = ds.field(partition).isin(sorted(possible)) & ds.field(column).isin(keys.values)
    columns = [partition] if keys.since is None else [partition, column]
    found = stored.rows.to_table(columns=columns, filter=within)
    if keys.since is None:
        return sorted(pc.unique(found[partition]).to_pylist())
    pairs = found.group_by(columns).aggregate([])
    since = keys.since.take(pc.index_in(pairs[column].cast(keys.values.type), keys.values))
    found_since = zip(pairs[partition].to_pylist(), since.to_pylist(), strict=True)
    return sorted({value for value, day in found_since if value >= _holding(begins, day)})


def _holding(begins: Sequence[Any], day: Any) -> Any:
    """The first partition that can hold the day: a local day can begin a day before the one in UTC."""
    return begins[max(bisect_right(begins, day - _DAY) - 1, 0)]


def _possible(files: pa.Table, partition: str, column: str, keys: Keys) -> set[Any]:
    """Partitions of the files that could hold a key, as far as the log tells."""
    values = files[f"partition.{partition}"].to_pylist()
    if f"min.{column}" not in files.column_names:
        return set(values)
    least, greatest = (files[f"{edge}.{column}"].to_pylist() for edge in ("min", "max"))
    ordered = keys.values.to_pylist()
    return {
        value
        for value, low, high in zip(values, least, greatest, strict=True)
        if low is None or high is None or _any_between(ordered, low, high)
    }


def _any_between(ordered: list[Any], low: Any, high: Any) -> bool:
    """Whether any of the ordered values lies between the two; a text's greatest value may be cut short in the log."""
    position = bisect_left(ordered, low)
    if position == len(ordered):
        return False
    first = ordered[position]
    return bool(first <= high or (isinstance(high, str) and first.startswith(high)))
