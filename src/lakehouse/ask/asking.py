"""A question put to a published snapshot."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from lakehouse.ask.answer import Answer
from lakehouse.ask.engines import DuckDB, QueryEngine, SparkEngine
from lakehouse.errors import ConfigurationError
from lakehouse.runs.snapshot import Snapshot
from lakehouse.semantic.compiler.compile import Stored, compile_query
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Query


def ask(
    snapshot: Snapshot,
    metrics: Metrics,
    query: Query,
    engine: QueryEngine | None = None,
    open_spark: Callable[[], SparkEngine] | None = None,
) -> Answer:
    """The answer, by DuckDB in this process where no other engine is given.

    What a KPI table does not hold yet, for want of a run since it was defined, is measured in the facts.
    ConfigurationError with everything in the question that is unknown or has no right answer.
    """
    compiled = compile_query(query, metrics, stored(snapshot, metrics))
    currency = snapshot.manifest.basis.business.currency
    return Answer(compiled, engine or DuckDB(snapshot), currency, open_spark or _no_spark)


def stored(snapshot: Snapshot, metrics: Metrics) -> Stored:
    """The columns of the KPI tables that the run published."""
    published = {table.rpartition(".")[2] for table in snapshot.tables}
    tables = [mart.table for mart in metrics.marts if mart.table in published]
    return {table: snapshot.columns(table) for table in tables}


def _no_spark() -> NoReturn:
    raise ConfigurationError("no Spark session belongs to this answer: ask through `lakehouse.open(...)`")
