"""Whether two answers are equal, cell by cell, and how often every engine's were."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isclose
from typing import Any

import pyarrow as pa

RELATIVE = 1e-9
"""How far two doubles may be apart: engines add in different orders."""
_TOLD = 12


@dataclass(frozen=True)
class Score:
    """How one engine answered one question of so many metrics; `differing` things are not what the reference says.

    `left_out` metrics were not asked for, as they have no right answer there.
    """

    kind: str
    engine: str
    metrics: int
    left_out: int
    cells: int
    differing: int


SCORES: list[Score] = []
"""Over the pytest session."""


def cells(table: pa.Table) -> int:
    return int(table.num_rows * table.num_columns)


def differences(found: pa.Table, expected: pa.Table, key: Sequence[str]) -> Iterator[str]:
    """Every cell that is not as expected, by its column and its row's key; rows have to come in the same order."""
    if found.column_names != expected.column_names:
        yield f"the columns are {found.column_names}, not {expected.column_names}"
        return
    for field, other in zip(found.schema, expected.schema, strict=True):
        if _kind(field.type) != _kind(other.type):
            yield f"{field.name} is {field.type}, not {other.type}"
    rows, wanted = found.to_pylist(), expected.to_pylist()
    if len(rows) != len(wanted):
        yield from _lost(rows, wanted, key)
        return
    for row, other in zip(rows, wanted, strict=True):
        place = ", ".join(str(other[name]) for name in key)
        for name, value in other.items():
            if not _same(row[name], value):
                yield f"{name} of ({place}) is {row[name]!r}, not {value!r}"


def told(question: object, wrong: Sequence[str]) -> str:
    """What is wrong with an answer, in a few lines."""
    more = [f"and {len(wrong) - _TOLD} more"] if len(wrong) > _TOLD else []
    return "\n".join([f"{question}: {len(wrong)} differences", *wrong[:_TOLD], *more])


def _lost(rows: Sequence[dict[str, Any]], wanted: Sequence[dict[str, Any]], key: Sequence[str]) -> Iterator[str]:
    yield f"there are {len(rows)} rows, not {len(wanted)}"
    have, want = ({tuple(row[name] for name in key) for row in each} for each in (rows, wanted))
    yield from (f"{place} is too few" for place in want - have)
    yield from (f"{place} is too many" for place in have - want)


def _kind(type_: pa.DataType) -> str:
    """What a column holds, whatever an engine calls it: the widths of integers and the forms of texts do not matter."""
    if pa.types.is_integer(type_):
        return "integer"
    if pa.types.is_decimal(type_):
        return f"decimal of scale {type_.scale}"
    if pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_):
        return "text"
    return str(type_)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return isclose(one, other, rel_tol=RELATIVE)
    return bool(one == other)
