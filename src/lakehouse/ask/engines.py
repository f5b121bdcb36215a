"""What answers SQL over the tables of a snapshot: DuckDB in this process, or a Spark session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from lakehouse import verbs
from lakehouse.runs.snapshot import Snapshot
from lakehouse.semantic.query import Dialect
from lakehouse.spark import DataFrame, SparkSession
from lakehouse.storage.versions import open_version, table_uri


class QueryEngine(Protocol):
    """Answers SQL of its dialect over tables that are called by their plain names."""

    @property
    def dialect(self) -> Dialect:
        """The dialect it reads."""

    def run(self, sql: str, tables: Sequence[str]) -> pa.Table:
        """The rows of the answer."""


@dataclass(frozen=True)
class DuckDB:
    """Answers in this process, at the versions that the snapshot pins; nothing is started."""

    snapshot: Snapshot

    @property
    def dialect(self) -> Dialect:
        return Dialect.DUCKDB

    def run(self, sql: str, tables: Sequence[str]) -> pa.Table:
        return self.snapshot.query(sql, tables)


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
            return verbs.from_arrow(self.session, self.snapshot.dataset(full).to_table())
        return self.session.read.format("delta").option("versionAsOf", version).load(uri)
