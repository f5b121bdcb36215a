"""What answers SQL over the tables of a snapshot: DuckDB in this process, or a Spark session."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import duckdb

from lakehouse.runs.snapshot import Snapshot, reading_published
from lakehouse.semantic.query import Dialect
from lakehouse.spark import DataFrame, SparkSession
from lakehouse.storage.versions import open_version, table_uri

if TYPE_CHECKING:
    import pyarrow as pa

KEPT_BYTES = 4 * 1024 * 1024
"""A table whose files are no larger is read once: the calendar, and the KPI tables of some years."""

KEPT_PLANS = 100

AT_ONCE = 8
"""Tables that are opened at the same time."""


class QueryEngine(Protocol):
    """Answers SQL of its dialect over tables that are called by their plain names."""

    @property
    def dialect(self) -> Dialect:
        """The dialect it reads."""

    def run(self, sql: str, tables: Sequence[str]) -> pa.Table:
        """The rows of the answer."""


class DuckDB:
    """Answers in this process, at the versions that the snapshot pins; nothing is started.

    It keeps what it opened, small tables in memory, and the plans of the questions it was asked: a snapshot does not
    change.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._opened: set[str] = set()
        self._plans: dict[str, str] = {}
        self._numbers = count()
        self._one_at_a_time = Lock()

    @property
    def dialect(self) -> Dialect:
        return Dialect.DUCKDB

    def run(self, sql: str, tables: Sequence[str]) -> pa.Table:
        with self._one_at_a_time, reading_published():
            return self._asked(sql, tables).to_arrow_table()

    def records(self, sql: str, tables: Sequence[str]) -> list[dict[str, Any]]:
        """The rows of the answer as dictionaries, without Arrow, which takes longer to import than they to be read."""
        with self._one_at_a_time, reading_published():
            answer = self._asked(sql, tables)
            return [dict(zip(answer.columns, row, strict=True)) for row in answer.fetchall()]

    def _asked(self, sql: str, tables: Sequence[str]) -> duckdb.DuckDBPyRelation:
        self._open(tables)
        return self._connection.sql(f"execute {self._plan(sql)}")

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect()
        connection.execute("set timezone = 'UTC'")
        return connection

    def _open(self, tables: Sequence[str]) -> None:
        names = sorted({self.snapshot.pinned(name)[0] for name in tables} - self._opened)
        # Storage is what a question waits for, so tables are read at once.
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for full, rows in zip(names, pool.map(self._rows, names), strict=True):
                self._connection.register(full.rpartition(".")[2], rows)
                self._opened.add(full)

    def _rows(self, full: str) -> object:
        is_small = self.snapshot.manifest.tables[full].bytes <= KEPT_BYTES
        return self.snapshot.whole(full) if is_small else self.snapshot.dataset(full)

    def _plan(self, sql: str) -> str:
        """Name of the query's plan, which DuckDB keeps."""
        if sql not in self._plans:
            if len(self._plans) == KEPT_PLANS:
                self._connection.execute(f"deallocate {self._plans.pop(next(iter(self._plans)))}")
            name = f"plan_{next(self._numbers)}"
            self._connection.execute(f"prepare {name} as {sql}")
            self._plans[sql] = name
        return self._plans[sql]


@dataclass(frozen=True)
class SparkEngine:
    """Answers by a Spark session, Sail's or Spark's own, at the versions that the snapshot pins."""

    snapshot: Snapshot
    session: SparkSession

    @property
    def dialect(self) -> Dialect:
        return Dialect.SPARK

    def run(self, sql: str, tables: Sequence[str]) -> pa.Table:
        frame = self.frame(sql, tables)
        if hasattr(frame, "toArrow"):
            return frame.toArrow()
        # Spark 3.5 gives rows only.
        import pyarrow as pa
        from pyspark.sql.pandas.types import to_arrow_schema

        rows = [row.asDict() for row in frame.collect()]
        return pa.Table.from_pylist(rows, schema=to_arrow_schema(frame.schema))

    def frame(self, sql: str, tables: Sequence[str]) -> DataFrame:
        """The answer as a frame of the session, not computed yet."""
        for name in tables:
            self.table(name).createOrReplaceTempView(name.rpartition(".")[2])
        return self.session.sql(sql)

    def table(self, name: str) -> DataFrame:
        """A published table at its version."""
        full, version = self.snapshot.pinned(name)
        uri = table_uri(self.snapshot.root, full)
        latest = open_version(self.snapshot.root, full, self.snapshot.storage).version()
        if version < latest and "connect" in type(self.session).__module__:
            # Sail (0.7.2) can not read a version before the latest checkpoint where none is before that.
            from lakehouse import verbs

            return verbs.from_arrow(self.session, self.snapshot.dataset(full).to_table())
        return self.session.read.format("delta").option("versionAsOf", version).load(uri)
