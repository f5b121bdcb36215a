"""The contract check: a transform's output against its table's declaration, every discrepancy at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

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
