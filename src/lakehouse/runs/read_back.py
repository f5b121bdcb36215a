"""Every column of every file of a table, read by an independent reader: what it adds up to, and whether that is
what the log says of each file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
from deltalake import DeltaTable
from pyarrow import types

from lakehouse.errors import IntegrityError

_FILE = "__filename"
_BATCH_ROWS = 65_536

Sums = Mapping[str, str]
"""For each column how many values it has and what they add up to, as text; of text itself the hashes are added up."""


@dataclass(frozen=True)
class ReadBack:
    """What was read of a table; `faults` are sentences on what differs from its log."""

    rows: int
    sums: Sums
    faults: tuple[str, ...]


@dataclass(frozen=True)
class _Column:
    """A column and its aggregates."""

    field: pa.Field

    @property
    def has_order(self) -> bool:
        """Whether the log's least and greatest values are exact: those of text and times may be cut."""
        kind = self.field.type
        return bool(types.is_integer(kind) or types.is_decimal(kind) or types.is_date(kind))

    def expressions(self) -> Sequence[str]:
        name = f'"{self.field.name}"'
        extremes = [f"min({name})", f"max({name})"] if self.has_order else ["null", "null"]
        return [f"count({name})", self._sum(name), *extremes]

    def _sum(self, name: str) -> str:
        kind = self.field.type
        if types.is_boolean(kind):
            return f"count_if({name})"
        if types.is_date(kind):
            return f"sum({name} - date '1970-01-01')"
        if types.is_timestamp(kind):
            return f"sum(epoch_us({name})::hugeint)"
        if types.is_integer(kind) or types.is_decimal(kind):
            return f"sum({name})"
        text = name if types.is_binary(kind) or types.is_large_binary(kind) else f"{name}::varchar"
        return f"sum(md5_number_lower({text})::hugeint)"


def read_back(delta: DeltaTable, uri: str, paths: Collection[str] | None = None) -> ReadBack:
    """Read all files of a table's version, or those of the given paths below it.

    IntegrityError that names the table if a file can not be read.
    """
    dataset = delta.to_pyarrow_dataset()
    if paths is not None:
        some = [fragment for fragment in dataset.get_fragments() if unquote(fragment.path) in paths]
        dataset = ds.FileSystemDataset(some, dataset.schema, dataset.format, dataset.filesystem)
    columns = [_Column(field) for field in dataset.schema]
    scanner = dataset.scanner(
        columns=[*dataset.schema.names, _FILE], batch_size=_BATCH_ROWS, batch_readahead=4, fragment_readahead=1
    )
    selected = ", ".join(expression for column in columns for expression in column.expressions())
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.register("scanned", scanner)
        try:
            found = connection.sql(f"select {_FILE}, count(*), {selected} from scanned group by {_FILE}").fetchall()  # noqa: S608
        except (duckdb.Error, OSError) as error:
            raise IntegrityError(f"{uri} can not be read: {str(error).splitlines()[0]}") from error
    read = {unquote(row[0]): row[1:] for row in found}
    return ReadBack(
        rows=sum(row[0] for row in read.values()),
        sums=dict(_totals(columns, list(read.values()))),
        faults=tuple(_faults(delta, columns, read, uri, paths)),
    )


def _totals(columns: Sequence[_Column], rows: Sequence[Sequence[Any]]) -> Iterator[tuple[str, str]]:
    for number, column in enumerate(columns):
        start = 1 + 4 * number
        values = sum(row[start] for row in rows)
        total = sum((Decimal(row[start + 1] or 0) for row in rows), Decimal(0))
        yield column.field.name, f"{values} values, {total:f}"


def _faults(
    delta: DeltaTable,
    columns: Sequence[_Column],
    read: Mapping[str, Sequence[Any]],
    uri: str,
    paths: Collection[str] | None,
) -> Iterator[str]:
    """Compare each file with its entry in the log: rows, nulls, and the least and greatest values."""
    entries = delta.get_add_actions(flatten=True)
    told = {name: entries[name].to_pylist() for name in entries.column_names}
    for number, path in enumerate(unquote(path) for path in told["path"]):
        if paths is not None and path not in paths:
            continue
        row, where = read.get(path), f"{uri}/{path}"
        rows = told["num_records"][number]
        if (found := row[0] if row else 0) != rows:
            yield f"{where} has {found:,} rows, and {rows:,} were written"
        elif row:
            for place, column in enumerate(columns):
                entry = {key: told.get(f"{key}.{column.field.name}") for key in ("null_count", "min", "max")}
                of_file = {key: values[number] if values else None for key, values in entry.items()}
                if not _agrees(row[1 + 4 * place : 5 + 4 * place], rows, of_file):
                    yield f"{where}: column {column.field.name} is not what was written"


def _agrees(read: Sequence[Any], rows: int, told: Mapping[str, Any]) -> bool:
    values, _, least, greatest = read
    return (
        (told["null_count"] is None or told["null_count"] == rows - values)
        and (told["min"] is None or least is None or _number(least) >= _number(told["min"]))
        and (told["max"] is None or greatest is None or _number(greatest) <= _number(told["max"]))
    )


def _number(value: Any) -> Any:
    return value if isinstance(value, date) else Decimal(str(value))
