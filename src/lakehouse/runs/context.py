"""What every step of a run works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import pyarrow as pa
import pyarrow.dataset as ds

from lakehouse import verbs
from lakehouse.derive.schema import without_comments
from lakehouse.settings import Business
from lakehouse.spark import DataFrame, F, SparkSession
from lakehouse.storage.lake import Lake
from lakehouse.storage.write import Partitions, Writer
from lakehouse.table import Table

MOST_ROWS = 500_000
MOST_BYTES = 100_000_000
"""What is worth having in memory, and giving to an engine from there."""

HANDED_ROWS = 100_000
HANDED_BYTES = 5_000_000
"""Tables up to this size, as stored, an engine is given: it would open their logs again for every question."""


Tell = Callable[[str, str], None]
"""How the parts of a command say what they have done: (step, what)."""


class TellStep(Protocol):
    """How the parts of a run say it: several steps can be under way at once."""

    def __call__(self, step: str, what: str, seconds: float | None = None) -> None:
        """A step that took so long; by default since the step before was told."""


@dataclass(frozen=True)
class Progress:
    """A step that a run has done, the `number`th of `planned`."""

    step: str
    what: str
    number: int
    planned: int


Follow = Callable[[Progress], None]
"""How the caller of a run hears of its steps."""


@dataclass(frozen=True)
class Run:
    """One run over one lake."""

    run_id: str
    started_at: datetime
    lake: Lake
    spark: SparkSession
    writer: Writer
    business: Business
    tell: TellStep
    _handed: dict[str, tuple[int, DataFrame]] = field(default_factory=dict, repr=False, compare=False)

    def read(self, table: Table) -> DataFrame:
        """The table as this run has it: as published before, or as this run has written it."""
        stored = self.lake.stored(table)
        size = self.lake.files(table, stored.version)
        if size.rows > HANDED_ROWS or size.bytes > HANDED_BYTES:
            return self.lake.read(self.spark, table)
        version, frame = self._handed.get(str(table), (None, None))
        if frame is None or version != stored.version:
            frame = self.frame(stored.rows.to_table())
            self._handed[str(table)] = (stored.version, frame)
        return frame

    def frame(self, rows: pa.Table) -> DataFrame:
        """Rows in memory as a frame; without comments, which Sail (0.7.2) wants alike on both sides of a union."""
        return verbs.from_arrow(self.spark, pa.Table.from_arrays(rows.columns, schema=without_comments(rows.schema)))

    def added(self, table: Table) -> DataFrame:
        """The rows that this run has added to a table that is partitioned by run."""
        if self.added_count(table) <= MOST_ROWS:
            rows = self.lake.stored(table).rows.to_table(filter=self._mine)
            if are_few(rows):
                return self.frame(rows)
        return self.read(table).where(F.col("_run_id") == self.run_id)

    def added_count(self, table: Table) -> int:
        """How many rows this run has added to a table that is partitioned by run."""
        return int(self.lake.stored(table).rows.count_rows(filter=self._mine))

    @property
    def _mine(self) -> ds.Expression:
        return ds.field("_run_id") == self.run_id

    @property
    def partition(self) -> Partitions:
        """The scope of what a run adds to tables that are partitioned by run."""
        return Partitions("_run_id", [self.run_id])


def are_few(rows: pa.Table) -> bool:
    """Whether the rows are worth having in memory."""
    return bool(rows.num_rows <= MOST_ROWS and rows.nbytes <= MOST_BYTES)


def few_rows(frame: DataFrame, made_of: int = 0) -> pa.Table | None:
    """The rows of a frame, in memory; None if there are too many, without asking if it is `made_of` too many."""
    if made_of > MOST_ROWS:
        return None
    rows = verbs.to_arrow(frame.limit(MOST_ROWS + 1))
    return rows if are_few(rows) else None
