"""What every step of a run works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from lakehouse import verbs
from lakehouse.settings import Business
from lakehouse.spark import DataFrame, SparkSession
from lakehouse.storage.lake import Lake
from lakehouse.storage.write import Partitions, Writer
from lakehouse.table import Table

Tell = Callable[[str, str], None]
"""How the parts of a run say what they have done: (step, what)."""


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
    tell: Tell

    def read(self, table: Table) -> DataFrame:
        """The table as this run has it: as published before, or as this run has written it."""
        return self.lake.read(self.spark, table)

    def frame(self, rows: pa.Table) -> DataFrame:
        """Rows in memory as a frame; without comments, which Sail (0.7.2) wants alike on both sides of a union."""
        plain = pa.schema([field.remove_metadata() for field in rows.schema])
        return verbs.from_arrow(self.spark, pa.Table.from_arrays(rows.columns, schema=plain))

    @property
    def partition(self) -> Partitions:
        """The scope of what a run adds to tables that are partitioned by run."""
        return Partitions("_run_id", [self.run_id])
