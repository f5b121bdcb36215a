"""A metric query answered from a published snapshot, without an engine."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from lakehouse.runs.snapshot import Snapshot
from lakehouse.semantic.compile import CompiledQuery, compile_query
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Query


@dataclass(frozen=True)
class Answer:
    """The rows of a compiled query: a period each, with a value and a reason for its absence per metric."""

    compiled: CompiledQuery
    rows: pa.Table


def ask(snapshot: Snapshot, metrics: Metrics, query: Query) -> Answer:
    """Compile the question and answer it by DuckDB over the snapshot's tables."""
    compiled = compile_query(query, metrics)
    return Answer(compiled, snapshot.query(compiled.sql(), compiled.tables))
