"""A metric query answered from a published snapshot, without an engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from lakehouse.errors import ConfigurationError, Problem
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
    """Compile the question and answer it by DuckDB over the snapshot's tables.

    ConfigurationError that lists what is defined and not published, for want of a run since.
    """
    compiled = compile_query(query, metrics)
    if problems := list(_not_published(snapshot, compiled)):
        raise ConfigurationError(problems)
    return Answer(compiled, snapshot.query(compiled.sql(), compiled.tables))


def _not_published(snapshot: Snapshot, compiled: CompiledQuery) -> Iterator[Problem]:
    published = {table.rpartition(".")[2] for table in snapshot.tables}
    for table, columns in compiled.stored.items():
        known = snapshot.dataset(table).schema.names if table in published else ()
        for column in columns:
            if column not in known:
                run_id = snapshot.manifest.run_id
                what = (
                    f"'{column}' is defined, and run {run_id} published none of it: `lakehouse run` makes its numbers"
                )
                yield Problem("metrics", 0, 0, what)
