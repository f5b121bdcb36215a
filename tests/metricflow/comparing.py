"""Where two answers differ, and the reasons that are known for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from math import isclose

from lakehouse.grain import Grain
from tests.metricflow.asking import Cell, Cells, Key

ABSENT = Cell(None, "no row")


@dataclass(frozen=True)
class Difference:
    """A number that the two tell differently."""

    metric: str
    grain: Grain
    by: tuple[str, ...]
    key: Key
    ours: Cell
    theirs: Cell

    @property
    def period(self) -> date:
        first = self.key[0]
        assert isinstance(first, date)
        return first

    def __str__(self) -> str:
        key = " ".join(map(str, self.key))
        return f"{self.metric} by {', '.join((self.grain, *self.by))} at {key}: {self.ours}, there {self.theirs}"


def differences(metric: str, grain: Grain, by: tuple[str, ...], ours: Cells, theirs: Cells) -> Iterator[Difference]:
    """Every number that is not the same within 1e-9 of it.

    Of a combination of members that has no rows in a period there is no row there, and zero or nothing here; and a row
    that they make of a period of the time spine has no members, and is zero or nothing.
    """
    for key in ours.keys() | theirs.keys():
        one, other = ours.get(key, ABSENT), theirs.get(key, ABSENT)
        if not _alike(one, other):
            yield Difference(metric, grain, by, key, one, other)


def summary(found: Iterable[Difference]) -> str:
    """How many there are of each metric and grain, with the first of them."""
    groups: dict[tuple[str, Grain], list[Difference]] = defaultdict(list)
    for each in found:
        groups[each.metric, each.grain].append(each)
    return "\n".join(f"{len(some)} × {min(map(str, some))}" for some in groups.values())


def _alike(one: Cell, other: Cell) -> bool:
    if ABSENT in (one, other):
        return not (one.value or other.value)
    if one.value is None or other.value is None:
        return one.value is other.value
    return isclose(one.value, other.value, rel_tol=1e-9, abs_tol=1e-9)
