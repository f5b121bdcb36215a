"""The records inside a JSON value, and the cells of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lakehouse.sources.parse.json_values import Json, cell_text, compact
from lakehouse.sources.parse.paths import ColumnPath, RecordStep, parse_column_path
from lakehouse.sources.parse.plan import ParsePlan
from lakehouse.sources.parse.reasons import Code


@dataclass(frozen=True)
class Found:
    """A record, or what stands in its place, with the objects around it (nearest first) and its way from the root."""

    value: Json
    around: tuple[dict[str, Json], ...]
    where: tuple[str | int, ...]
    code: Code | None = None


class WrongShape(Exception):  # noqa: N818 - a verdict about a record, turned into a reject by the caller
    """A value on the way to a declared column is neither null nor what its path expects."""


def find_records(
    value: Json,
    steps: tuple[RecordStep, ...],
    around: tuple[dict[str, Json], ...] = (),
    where: tuple[str | int, ...] = (),
) -> Iterator[Found]:
    """Every record under `value`, in the document's order. An absent or null collection holds no records."""
    if not isinstance(value, dict):
        yield Found(value, around, where, Code.NOT_AN_OBJECT)
    elif not steps:
        yield Found(value, around, where)
    else:
        step, rest = steps[0], steps[1:]
        child = value.get(step.key)
        outwards, place = (value, *around), (*where, step.key)
        if child is None:
            return
        if not step.each:
            yield from find_records(child, rest, outwards, place)
        elif isinstance(child, list):
            for position, item in enumerate(child):
                yield from find_records(item, rest, outwards, (*place, position))
        else:
            yield Found(child, outwards, place, Code.NOT_AN_ARRAY)


class RecordColumns:
    """Cuts records into the plan's cells, and remembers which paths and undeclared keys it has met."""

    def __init__(self, plan: ParsePlan) -> None:
        self._paths = {column.path: parse_column_path(column.path) for column in plan.columns}
        self._order = [column.path for column in plan.columns]
        self._null_values = frozenset(plan.format.null_values)
        self._declared = {str(path.steps[0]) for path in self._paths.values() if path.up == 0}
        self.met: set[str] = set()
        self.undeclared: set[str] = set()

    def cells(self, found: Found) -> tuple[list[str | None], str | None]:
        """The cells in the plan's order, and `_extra`. Raises WrongShape."""
        values = {text: self._follow(text, path, found) for text, path in self._paths.items()}
        extra = {key: found.value[key] for key in sorted(found.value.keys() - self._declared)}
        self.undeclared.update(extra)
        return [values[text] for text in self._order], compact(extra) if extra else None

    def _follow(self, text: str, path: ColumnPath, found: Found) -> str | None:
        value = found.around[path.up - 1] if path.up else found.value
        for step in path.steps:
            if value is None:
                break
            if isinstance(step, str) and isinstance(value, dict):
                if step not in value:
                    return None
                value = value[step]
            elif isinstance(step, int) and isinstance(value, list):
                value = value[step] if step < len(value) else None
            else:
                raise WrongShape
        self.met.add(text)
        cell = cell_text(value)
        return None if cell in self._null_values else cell
