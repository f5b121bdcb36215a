"""The contract check: a transform's output against its table's declaration, every discrepancy at once."""

from __future__ import annotations

from pyspark.sql import DataFrame

from lakehouse.errors import ContractError, nearest
from lakehouse.table import Table


def conform(frame: DataFrame, table: Table) -> DataFrame:
    """`frame` with the declared columns in their declared order.

    Raises ContractError that lists every missing, unexpected and mistyped column, each with the line that mends it.
    Nothing is cast: a type that differs is a mistake in the transform.
    """
    actual = {field.name: _type_name(field.dataType.simpleString()) for field in frame.schema.fields}
    declared = {field.name: field.type for field in table.fields}
    mistakes = [
        f"missing column {name!r}: add it to the transform's select, as {type_name}"
        + (f" (is it {close!r}?)" if (close := nearest(name, actual.keys() - declared.keys())) else "")
        for name, type_name in declared.items()
        if name not in actual
    ]
    mistakes += [
        f'unexpected column {name!r}: drop it, or declare Field({name!r}, {type_name!r}, "…")'
        for name, type_name in actual.items()
        if name not in declared
    ]
    mistakes += [
        f'column {name!r} is {actual[name]}, declared {type_name}: cast it, F.col("{name}").cast("{type_name}")'
        for name, type_name in declared.items()
        if name in actual and actual[name] != type_name
    ]
    if len(frame.columns) != len(actual):
        mistakes.append(f"a column appears twice in {frame.columns}")
    if mistakes:
        raise ContractError(f"{table} does not match its declaration:\n  " + "\n  ".join(mistakes))
    return frame.select(*declared)


def _type_name(simple_string: str) -> str:
    return simple_string.replace(" ", "")
