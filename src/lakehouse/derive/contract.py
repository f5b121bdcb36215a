"""The contract check: a transform's output against its table's declaration, every discrepancy at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import pyarrow as pa

from lakehouse.derive.schema import arrow_schema, arrow_type, without_comments
from lakehouse.errors import ContractError, nearest
from lakehouse.spark import DataFrame
from lakehouse.table import Table


def conform(frame: DataFrame, table: Table) -> DataFrame:
    """`frame` with the declared columns in their declared order.

    Raises ContractError that lists every missing, unexpected, mistyped and repeated column, each with the line that
    mends it. Nothing is cast: a type that differs is a mistake in the transform.
    """
    actual = {field.name: field.dataType.simpleString() for field in frame.schema.fields}
    declared = {field.name: field.type for field in table.fields}
    mistakes = [
        *_missing(actual, declared),
        *_unexpected(actual, declared),
        *_mistyped(actual, declared),
        *_repeated(frame.columns),
    ]
    if mistakes:
        raise ContractError(f"{table} does not match its declaration:\n  " + "\n  ".join(mistakes))
    return frame.select(*declared)


def batch_as_declared(batch: pa.RecordBatch, table: Table) -> pa.RecordBatch:
    """Rows in memory with the declared columns in their declared order and nullability.

    Raises ContractError that lists every column which is missing, not declared or of another type, and every one that
    has a null and must not.
    """
    schema = without_comments(arrow_schema(table))
    spoken = {arrow_type(field.type): field.type for field in table.fields}
    plain = {field.name: _plain(field.type) for field in batch.schema}
    actual = {name: spoken.get(type_, str(type_)) for name, type_ in plain.items()}
    declared = {field.name: field.type for field in table.fields}
    mistakes = [
        *_missing(actual, declared),
        *_unexpected(actual, declared),
        *_mistyped(actual, declared),
        *_repeated(batch.schema.names),
    ]
    if not mistakes:
        columns = [batch.column(field.name).cast(field.type) for field in schema]
        mistakes = [
            f"column {field.name!r} has {column.null_count:,} nulls, and is declared to have none"
            for field, column in zip(schema, columns, strict=True)
            if column.null_count and not field.nullable
        ]
    if mistakes:
        raise ContractError(f"{table} does not match its declaration:\n  " + "\n  ".join(mistakes))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _plain(type_: pa.DataType) -> pa.DataType:
    """The layouts of one type are alike here: which of them is used is the engine's own choice."""
    if pa.types.is_large_string(type_) or pa.types.is_string_view(type_):
        return pa.string()
    if pa.types.is_large_binary(type_) or pa.types.is_binary_view(type_):
        return pa.binary()
    if pa.types.is_dictionary(type_):
        return _plain(type_.value_type)
    return type_


def _missing(actual: Mapping[str, str], declared: Mapping[str, str]) -> Iterator[str]:
    for name, type_name in declared.items():
        if name not in actual:
            alike = [other for other, its_type in actual.items() if other not in declared and its_type == type_name]
            hint = f" (is it {close!r}?)" if (close := nearest(name, alike)) else ""
            yield f"missing column {name!r}: add it to the transform's select, as {type_name}{hint}"


def _unexpected(actual: Mapping[str, str], declared: Mapping[str, str]) -> Iterator[str]:
    for name, type_name in actual.items():
        if name not in declared:
            yield f'unexpected column {name!r}: drop it, or declare Field({name!r}, {type_name!r}, "…")'


def _mistyped(actual: Mapping[str, str], declared: Mapping[str, str]) -> Iterator[str]:
    for name, type_name in declared.items():
        if name in actual and actual[name] != type_name:
            mend = f'F.col("{name}").cast("{type_name}")'
            yield f"column {name!r} is {actual[name]}, declared {type_name}: cast it, {mend}"


def _repeated(columns: list[str]) -> Iterator[str]:
    for name, count in Counter(columns).items():
        if count > 1:
            yield f"column {name!r} is there {count} times: name it once in the transform's select"
