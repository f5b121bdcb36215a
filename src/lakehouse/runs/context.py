"""What every step of a run works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lakehouse.settings import Business
from lakehouse.spark import DataFrame, SparkSession
from lakehouse.storage.lake import Lake
from lakehouse.storage.write import Writer
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

    @property
    def partition(self) -> tuple[str, list[str]]:
        """The scope of what a run adds to tables that are partitioned by run."""
        return ("_run_id", [f"'{self.run_id}'"])
