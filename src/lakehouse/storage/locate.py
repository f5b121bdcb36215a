"""Where rows with given keys lie: first by the least and greatest value of each file, then by the key column alone."""

from __future__ import annotations

from bisect import bisect_left
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import DeltaTable

from lakehouse.scope import Keys


def partitions_holding(delta: DeltaTable, partition: str, column: str, keys: Keys, since: date | None) -> list[Any]:
    """Values of the partition field, from `since` on, under which there are rows with one of the keys in `column`.

    Where keys grow with time, as most systems' do, few files are looked into; else the column is read in all of them.
    """
    possible = _possible(delta, partition, column, keys)
    if since is not None:
        possible = {value for value in possible if value >= since}
    if not possible:
        return []
    within = ds.field(partition).isin(sorted(possible)) & ds.field(column).isin(keys.values)
    found = delta.to_pyarrow_dataset().to_table(columns=[partition], filter=within)
    return sorted(value for value in pc.unique(found[partition]).to_pylist() if value is not None)


def _possible(delta: DeltaTable, partition: str, column: str, keys: Keys) -> set[Any]:
    """Partitions of the files that could hold a key, as far as the log tells."""
    actions = pa.table(delta.get_add_actions(flatten=True))
    values = actions[f"partition.{partition}"].to_pylist()
    if f"min.{column}" not in actions.column_names:
        return set(values)
    least, greatest = (actions[f"{edge}.{column}"].to_pylist() for edge in ("min", "max"))
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
