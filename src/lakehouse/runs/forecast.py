"""How much of a table a run will write, by what is published of it and by how much earlier runs wrote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import median_high

from lakehouse.runs.manifest import Manifest, PinnedTable
from lakehouse.storage.lake import Lake
from lakehouse.table import Table

CLOSEST = 3
"""Earlier scoped runs by which the number of partitions is told."""

BYTES_PER_ROW = 100
"""Of a table of which nothing is published yet."""


MUCH_MORE = 1.5
"""Times as many bytes as in earlier runs: from there on these do not tell what is reached."""

NONE_EXPECTED = "none expected"


@dataclass(frozen=True)
class Part:
    """A partition as published; a table without partitions is one part."""

    name: str
    rows: int
    bytes: int


@dataclass(frozen=True)
class Forecast:
    """What will be written of a table: `partitions` of the `of_partitions` that it has, most likely `likely`.

    `replaced_bytes` are those of the partitions as they are.
    """

    partitions: int
    of_partitions: int
    likely: tuple[str, ...]
    rows: int
    bytes: int
    replaced_bytes: int
    basis: str


@dataclass(frozen=True)
class Published:
    """What is known before a run: the published tables, and the runs before it, newest first."""

    lake: Lake
    base: Manifest | None
    past: Sequence[Manifest]
    arriving_bytes: int

    def pin(self, table: Table) -> PinnedTable | None:
        return self.base.tables.get(str(table)) if self.base else None

    def rows(self, table: Table) -> int:
        pinned = self.pin(table)
        return pinned.rows if pinned else 0

    def parts(self, table: Table) -> list[Part]:
        """The table's partitions, the greatest first, which are the newest where a partition is a month."""
        pinned = self.pin(table)
        if pinned is None or not pinned.rows:
            return []
        if not table.partition_by:
            return [Part("", pinned.rows, pinned.bytes)]
        return _partitions(self.lake, table, pinned.version)

    def added(self, table: Table, rows: int) -> Forecast:
        """A partition of its own."""
        written = round(rows * self._bytes_per_row(table))
        basis = "as many as arrive" if rows else NONE_EXPECTED
        return Forecast(int(rows > 0), 0, (), rows, written, 0, basis)

    def whole(self, table: Table, added: int) -> Forecast:
        parts, rows = self.parts(table), self.rows(table) + added
        replaced = sum(part.bytes for part in parts)
        first = f"at most: nothing is published; {BYTES_PER_ROW} bytes a row" if added else NONE_EXPECTED
        basis = f"{self.rows(table):,} rows and {added:,} more" if parts else first
        size = round(replaced + added * self._bytes_per_row(table))
        count = max(len(parts), int(rows > 0))
        return Forecast(count, len(parts), tuple(part.name for part in parts), rows, size, replaced, basis)

    def scoped(self, table: Table, added: int) -> Forecast:
        """The newest partitions, as many as earlier runs wrote; each is written as a whole, with the rows added."""
        parts = self.parts(table)
        count, basis = self._partition_count(table, parts, added)
        touched = parts[:count]
        rows = sum(part.rows for part in touched) + (added if count else 0)
        replaced = sum(part.bytes for part in touched)
        size = round(replaced + (added * self._bytes_per_row(table) if count else 0))
        return Forecast(count, len(parts), tuple(part.name for part in touched), rows, size, replaced, basis)

    def _partition_count(self, table: Table, parts: Sequence[Part], added: int) -> tuple[int, str]:
        if not (seen := self._seen(table)[:CLOSEST]):
            return _holding(parts, added), "the newest that hold as many rows as arrive: no scoped run to go by yet"
        count = min(len(parts), median_high(count for count, _ in seen))
        basis = f"as the last {len(seen)} scoped runs" if len(seen) > 1 else "as the last scoped run"
        usual = max(arrived for _, arrived in seen)
        if self.arriving_bytes > MUCH_MORE * usual and (more := _holding(parts, added)) > count:
            return more, f"the newest that hold as many rows as arrive: more than {basis.removeprefix('as ')}"
        return count, basis

    def _seen(self, table: Table) -> list[tuple[int, int]]:
        """How many partitions earlier scoped runs wrote, each with the bytes that had arrived."""
        return [
            (work.actual.partitions if work.actual else 0, run.work.bytes)
            for run in self.past
            if run.work and (work := run.work.tables.get(str(table))) and not work.is_whole
        ]

    def _bytes_per_row(self, table: Table) -> float:
        pinned = self.pin(table)
        return pinned.bytes / pinned.rows if pinned and pinned.rows else BYTES_PER_ROW


def _holding(parts: Sequence[Part], rows: int) -> int:
    """The newest partitions that hold so many rows, all if there are not so many."""
    held = accumulate(part.rows for part in parts)
    return next((number for number, total in enumerate(held, start=1) if total >= rows), len(parts))


def _partitions(lake: Lake, table: Table, version: int) -> list[Part]:
    actions = lake.stored(table, version).files
    columns = (f"partition.{table.partition_by[0]}", "num_records", "size_bytes")
    rows: dict[str, int] = defaultdict(int)
    size: dict[str, int] = defaultdict(int)
    for name, records, of_file in zip(*(actions[column].to_pylist() for column in columns), strict=True):
        rows[str(name)] += records
        size[str(name)] += of_file
    return [Part(name, rows[name], size[name]) for name in sorted(rows, reverse=True)]
