"""An answer: rows of periods, dimensions and values, in the form that its reader works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lakehouse.ask.engines import DuckDB, QueryEngine, SparkEngine
from lakehouse.ask.installed import need
from lakehouse.semantic.compiler.compile import CompiledQuery
from lakehouse.semantic.metrics import Metric

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from lakehouse.spark import DataFrame


@dataclass(frozen=True)
class Answer:
    """A question with its answer, which is computed when it is first looked at.

    One row for each period and combination of the dimensions asked for, with a column for each value. With
    `reasons=True` also `<name>_reason` (why there is no value) and `<name>_until` (the last day it is of).
    """

    compiled: CompiledQuery
    engine: QueryEngine
    currency: str
    open_spark: Callable[[], SparkEngine]

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics asked for."""
        return self.compiled.metrics

    @property
    def sql(self) -> str:
        """The SQL that answers, in the dialect of the engine."""
        return self.compiled.sql(self.engine.dialect)

    @cached_property
    def rows(self) -> pa.Table:
        """Everything that is told, reasons too."""
        return self.engine.run(self.sql, self.compiled.tables)

    @cached_property
    def records(self) -> list[dict[str, Any]]:
        """The same rows as dictionaries: amounts are decimals, to the cent."""
        if isinstance(self.engine, DuckDB) and "rows" not in self.__dict__:
            return self.engine.records(self.sql, self.compiled.tables)
        records: list[dict[str, Any]] = self.rows.to_pylist()
        return records

    @property
    def value_columns(self) -> tuple[str, ...]:
        """The columns without the reasons and without up to when values go."""
        told = {f"{name}{ending}" for name in self.compiled.columns for ending in ("_reason", "_until")}
        return tuple(name for name in self.compiled.columns if name not in told)

    def to_arrow(self, *, reasons: bool = False) -> pa.Table:
        """The rows as an Arrow table; amounts are decimals, to the cent."""
        return self.rows if reasons else self.rows.select(self.value_columns)

    def to_pandas(self, *, reasons: bool = False) -> pd.DataFrame:
        """The rows as pandas has them: amounts as floats, days as timestamps, counts as whole numbers or none."""
        from lakehouse.ask.frames import as_pandas

        return as_pandas(self.to_arrow(reasons=reasons))

    def to_polars(self, *, reasons: bool = False) -> pl.DataFrame:
        """The rows as a polars frame; amounts are decimals, to the cent."""
        polars = need("polars", "notebook")
        frame: pl.DataFrame = polars.from_arrow(self.to_arrow(reasons=reasons))
        return frame

    def to_spark(self) -> DataFrame:
        """The answer as a frame of a Spark session, which is opened for it, computed there."""
        spark = self.open_spark()
        return spark.frame(self.compiled.sql(spark.dialect), self.compiled.tables)

    def plot(self) -> alt.VConcatChart:
        """A chart: a line over time for each metric, or bars where there is one period; a colour for each member."""
        from lakehouse.ask.chart import chart

        return chart(self)

    def __len__(self) -> int:
        return int(self.rows.num_rows)

    def __repr__(self) -> str:
        names = ", ".join(metric.name for metric in self.metrics)
        return f"<{len(self)} rows of {names}: .to_pandas(), .to_polars(), .to_arrow(), .to_spark(), .plot(), .sql>"

    def _repr_html_(self) -> str:
        from lakehouse.ask.html import answer_table

        return answer_table(self)
