"""What a scoped transform sees of a run: which rows changed, and rows by keys, as they were and as they are.

Rows that are looked up are few and in memory: keys are picked from them here, and an engine computes with them.
A table is made anew only for the keys that the changes since the published run can reach. Which those are is worked
out where a change enters and carried along: each table says for its own rows which keys of it the changes reach.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.settings import Business
from lakehouse.spark import DataFrame
from lakehouse.table import Table


@dataclass(frozen=True)
class Keys:
    """Distinct values of a column, sorted, none of them null; held in memory: what a day changes is small.

    `since` has for each the day from which on its rows are asked for, if not all of them are.
    """

    values: pa.Array
    since: pa.Array | None = None

    @classmethod
    def of(cls, *columns: pa.Array | pa.ChunkedArray) -> Keys:
        """The distinct values of all columns together; they are of one type."""
        chunks = [_plain(chunk) for column in columns for chunk in _chunks(column)]
        distinct = pc.drop_null(pc.unique(pa.chunked_array(chunks))) if chunks else cls.none().values
        return cls(distinct.take(pc.sort_indices(distinct)))

    @classmethod
    def from_day_on(cls, rows: pa.Table, column: str, day: str) -> Keys:
        """The values of a column, each with the day in another; a value is there once."""
        ordered = rows.sort_by(column)
        return cls(ordered[column].combine_chunks(), ordered[day].combine_chunks())

    @classmethod
    def none(cls) -> Keys:
        return cls(pa.array([], pa.string()))

    def __bool__(self) -> bool:
        return len(self.values) > 0

    def __len__(self) -> int:
        return len(self.values)

    def __or__(self, other: Keys) -> Keys:
        if not (self and other):
            return self or other
        return Keys.of(self.values, other.values)

    def __and__(self, other: Keys) -> Keys:
        return self - (self - other)

    def __sub__(self, other: Keys) -> Keys:
        if not (self and other):
            return self
        return Keys(self.values.filter(pc.invert(pc.is_in(self.values, other.values))))


def _plain(column: pa.Array) -> pa.Array:
    """Texts come in several layouts, which do not compare with each other."""
    is_text = pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type)
    return column.cast(pa.string()) if is_text else column


def _chunks(column: pa.Array | pa.ChunkedArray) -> Sequence[pa.Array]:
    return column.chunks if isinstance(column, pa.ChunkedArray) else [column]


def having(rows: pa.Table, column: str, keys: Keys) -> pa.Table:
    """The rows that have one of the keys."""
    return rows.filter(pc.is_in(rows[column], keys.values))


def lacking(rows: pa.Table, column: str, keys: Keys) -> pa.Table:
    """The rows that have none of the keys."""
    return without(rows, pa.table({column: keys.values}))


def without(rows: pa.Table, keys: pa.Table) -> pa.Table:
    """The rows that have none of the keys, in their order; a key is of one column or of several."""
    names = keys.column_names
    if len(names) == 1:
        return rows.filter(pc.invert(pc.is_in(rows[names[0]], keys[names[0]])))
    places = rows.select(names).append_column("_place", pa.array(range(rows.num_rows), pa.int64()))
    found = places.join(keys, names, join_type="left anti")["_place"]
    return rows.take(found.take(pc.sort_indices(found)))


def looked_up(keys: pa.ChunkedArray, column: str, rows: pa.Table, value: str) -> pa.ChunkedArray:
    """For each of `keys` the `value` of the row that has it in `column`, of which there is one at most; else null."""
    return rows[value].take(pc.index_in(keys, rows[column].combine_chunks()))


def differing(one: pa.Table, other: pa.Table, column: str) -> Keys:
    """The keys of which the two have not the same rows; both have the same columns."""
    signs = (pa.array([sign] * len(side), pa.int64()) for side, sign in ((one, 1), (other, -1)))
    sides = [side.append_column("_side", sign) for side, sign in zip((one, other), signs, strict=True)]
    grouped = pa.concat_tables(sides).group_by(one.column_names, use_threads=False).aggregate([("_side", "sum")])
    return Keys.of(grouped.filter(pc.not_equal(grouped["_side_sum"], 0))[column])


class ScopeTooWideError(Exception):
    """A change reaches more than is worth looking up key by key: the table is to be made anew as a whole."""


Changes = dict[str, Keys | None]
"""The keys whose rows a run changed, by table; None where the whole table did."""


@dataclass(frozen=True)
class Scoped:
    """What is to become of a table: its rows with one of `keys` in its scope field are replaced by `rows`.

    `was` are the published rows that are replaced, where they were looked up anyway. `set_aside` are the (row_id,
    reason) of silver rows that can not count, of those that are named in `judged`.
    """

    keys: Keys
    rows: DataFrame | None = None
    set_aside: DataFrame | None = None
    judged: Keys | None = None
    was: pa.Table | None = None


class Scope(Protocol):
    """A run as a scoped transform sees it."""

    @property
    def business(self) -> Business: ...

    def changed(self, table: Table) -> Keys:
        """Values of the table's scope field whose rows this run changed, added or removed."""

    def changed_in(self, table: Table, fields: Collection[str]) -> Keys:
        """The same, of rows in which any of these fields changed."""

    def was(self, table: Table) -> pa.Table:
        """The rows that were made anew, as they were published: those that changed, and more of the same reach."""

    def is_now(self, table: Table) -> pa.Table:
        """The rows that were made anew, as this run has them."""

    def images(self, table: Table, fields: Collection[str] = ()) -> pa.Table:
        """The changed rows as they were and as they are, one below the other; of those in which any of `fields` did."""

    def before(self, table: Table, column: str, keys: Keys, fields: Sequence[str] = ()) -> pa.Table:
        """The published rows that have one of the keys, with some of their fields or all."""

    def now(self, table: Table, column: str, keys: Keys, fields: Sequence[str] = ()) -> pa.Table:
        """The same of the table as this run has it."""

    def now_in_any(self, table: Table, columns: Sequence[str], keys: Keys, fields: Sequence[str]) -> pa.Table:
        """The same of rows that have one of the keys in any of `columns`."""

    def between(self, table: Table, moment: str, first: date, last: date) -> DataFrame:
        """The rows of a silver table as this run has it, whose `moment` is on one of the days, both included.

        `moment` is what the table's months are of.
        """

    def difference(self, table: Table) -> DataFrame:
        """Rows of a small table that were not so before or are not so any more, with `_is_now`."""

    def whole(self, table: Table) -> DataFrame:
        """The table as this run has it."""

    def frame(self, rows: pa.Table) -> DataFrame:
        """Rows in memory as a frame."""

    def evaluated(self, frame: DataFrame) -> pa.Table:
        """The rows of a frame, in memory."""

    def keys(self, frame: DataFrame, column: str) -> Keys:
        """The distinct values of a column of `frame`."""
