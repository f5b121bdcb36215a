"""A published table as its reader works with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakehouse.ask.engines import SparkEngine
from lakehouse.ask.installed import need
from lakehouse.runs.snapshot import Snapshot

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from lakehouse.spark import DataFrame


@dataclass(frozen=True)
class PublishedTable:
    """A table at the version that the snapshot pins."""

    snapshot: Snapshot
    name: str
    open_spark: Callable[[], SparkEngine]

    @property
    def columns(self) -> tuple[str, ...]:
        return self.snapshot.columns(self.name)

    def to_arrow(self) -> pa.Table:
        """All rows; of a large table rather ask `lake.sql` for those that are wanted."""
        return self.snapshot.dataset(self.name).to_table()

    def to_pandas(self) -> pd.DataFrame:
        """All rows as pandas has them, as those of an answer."""
        from lakehouse.ask.frames import as_pandas

        return as_pandas(self.to_arrow())

    def to_polars(self) -> pl.DataFrame:
        frame: pl.DataFrame = need("polars", "notebook").from_arrow(self.to_arrow())
        return frame

    def to_spark(self) -> DataFrame:
        return self.open_spark().table(self.name)

    def head(self, rows: int = 5) -> pa.Table:
        return self.snapshot.dataset(self.name).head(rows)

    def __len__(self) -> int:
        return int(self.snapshot.dataset(self.name).count_rows())

    def __repr__(self) -> str:
        return f"<table {self.name}: {len(self):,} rows, {len(self.columns)} columns>"

    def _repr_html_(self) -> str:
        from lakehouse.ask.html import rows_table

        return f"<p>{self!r}</p>".replace("<table", "table").replace("columns>", "columns") + rows_table(self.head())
