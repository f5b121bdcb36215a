"""The one guarded write: every table of the lake changes only through here.

The table was created beforehand as declared; what is written must equal the declaration (no silent cast, no extra or
missing column); a write replaces exactly its scope; and the commit is read back. An engine writes what it computes from
whole tables; the few rows that a day changes are in memory, and are written in this process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, WriterProperties, write_deltalake

from lakehouse import verbs
from lakehouse.derive.contract import batch_as_declared, conform
from lakehouse.derive.schema import arrow_schema
from lakehouse.errors import IntegrityError, LakehouseError, StorageError
from lakehouse.spark import DataFrame, SparkSession
from lakehouse.storage.lake import Lake
from lakehouse.table import Table

_METADATA = "spark.databricks.delta.commitInfo.userMetadata"

_CAUSES = (
    "No space left on device",
    "Disk quota exceeded",
    "Read-only file system",
    "Permission denied",
    "NoSuchBucket",
    "AccessDenied",
    "InvalidAccessKeyId",
    "SlowDown",
    "Connection refused",
    "timed out",
)
"""Words by which storage says what is wrong; nothing else of a failure's text is told, since it may hold data."""


@dataclass(frozen=True)
class Partitions:
    """What a write replaces: the partitions with one of `values` in `field`."""

    field: str
    values: Sequence[str | date]

    @property
    def predicate(self) -> str:
        return f"{self.field} in ({', '.join(_literal(value) for value in self.values)})"

    @property
    def names(self) -> set[str]:
        return {str(value) for value in self.values}


@dataclass(frozen=True)
class Commit:
    """What a write did: the version readers of this run use, and the one it started from."""

    table: Table
    before: int
    version: int
    scope: Partitions | None = None

    @property
    def changed(self) -> bool:
        return self.version != self.before


@dataclass(frozen=True)
class Writer:
    """Writes tables of one lake on behalf of one run."""

    lake: Lake
    spark: SparkSession
    run_id: str

    def replace(self, table: Table, frame: DataFrame, scope: Partitions | None = None) -> Commit:
        """Replace the whole table, or the partitions of `scope`.

        IntegrityError if a row lands outside of the scope or the commit is not the only one.
        """
        conformed = conform(frame, table)
        before = self.lake.declare(table) if scope is None else self._evolved(table)
        arranged = verbs.spread_for_writing(conformed, table.partition_by)
        writer = arranged.write.format("delta").mode("overwrite").option("userMetadata", self.run_id)
        if scope is not None:
            if scope.field not in table.partition_by:
                raise ValueError(f"{table} is not partitioned by {scope.field}")
            writer = writer.option("replaceWhere", scope.predicate)
        self.lake.before_commit()
        with telling(table):
            writer.save(self.lake.uri(table))
        commit = self._read_back(table, before, lambda: self._is_nothing(table, before, conformed, scope))
        if scope is not None:
            self._check_scope(commit, scope)
        return replace(commit, scope=scope)

    def merge(self, table: Table, frame: DataFrame) -> Commit:
        """Insert new keys, and update a key where the frame's (_version, _row_hash) is greater than the table's.

        The frame has one row per key, and is not made from the table itself. Convergent: merging the same rows again,
        or older ones, changes nothing.
        """
        conformed = conform(frame, table)
        before = commit = self._evolved(table)
        view = f"merge_{table.name}_{uuid4().hex}"
        verbs.spread_for_writing(conformed, table.partition_by).createOrReplaceTempView(view)
        for statement in _merge_statements(table, self.lake.uri(table), view, self):
            self.lake.before_commit()
            with telling(table), self._naming_the_run():
                self.spark.sql(statement).collect()
            # Rows that are there already, or older ones: nothing to commit.
            commit = self._read_back(table, commit, lambda: True).version
        self.spark.catalog.dropTempView(view)
        return Commit(table, before, commit)

    def put(self, table: Table, rows: Iterable[pa.RecordBatch], scope: Partitions | None = None) -> Commit:
        """The same for rows in memory, which come batch by batch.

        ContractError if a batch is not as declared, IntegrityError if a row lies outside of the scope or the commit is
        not the only one.
        """
        before = self._evolved(table)
        checked = (_within(batch_as_declared(batch, table), table, scope) for batch in rows)
        content = pa.RecordBatchReader.from_batches(arrow_schema(table), checked)
        self.lake.before_commit()
        with telling(table):
            write_deltalake(
                self.lake.delta(table, before),
                content,
                mode="overwrite",
                predicate=scope.predicate if scope is not None else None,
                commit_properties=CommitProperties(custom_metadata={"userMetadata": self.run_id}),
                writer_properties=WriterProperties(compression="ZSTD"),
            )
        return replace(self._read_back(table, before, lambda: False), scope=scope)

    def _evolved(self, table: Table) -> int:
        """The version of the table from which it has every field that it is declared to have."""
        self.lake.evolve(table)
        return self.lake.delta(table).version()

    @contextmanager
    def _naming_the_run(self) -> Iterator[None]:
        """Spark puts this into the commit of a MERGE; Sail, which does not, puts the statement's names there."""
        self.spark.conf.set(_METADATA, self.run_id)
        try:
            yield
        finally:
            self.spark.conf.unset(_METADATA)

    def _read_back(self, table: Table, before: int, may_be_noop: Callable[[], bool]) -> Commit:
        """Ours must be the one commit since `before`; a lost or a foreign commit is seen here."""
        delta = self.lake.delta(table)
        version = delta.version()
        is_ours = version == before + 1 and self.run_id in str(delta.history(1))
        if not is_ours and not (version == before and may_be_noop()):
            raise IntegrityError(
                f"{table}: expected our commit to be version {before + 1}, and found version {version}; "
                "another writer is at work on this lake, or the commit was lost"
            )
        return Commit(table, before, version)

    def _is_nothing(self, table: Table, version: int, frame: DataFrame, scope: Partitions | None) -> bool:
        """Whether no row is to be added and none to be removed: Sail makes no commit then."""
        delta = self.lake.delta(table, version)
        held = set(_partition_of_files(delta, scope.field).values()) & scope.names if scope else delta.file_uris()
        return not held and frame.isEmpty()

    def _check_scope(self, commit: Commit, scope: Partitions) -> None:
        """Every file our commit added lies in a partition of the scope: the engines do not all insist on it."""
        before = _partition_of_files(self.lake.delta(commit.table, commit.before), scope.field)
        after = _partition_of_files(self.lake.delta(commit.table, commit.version), scope.field)
        if stray := {value for path, value in after.items() if path not in before} - scope.names:
            raise IntegrityError(
                f"{commit.table}: the write put rows into {scope.field} {sorted(stray)}, out of its scope"
            )


def _within(batch: pa.RecordBatch, table: Table, scope: Partitions | None) -> pa.RecordBatch:
    if scope is not None:
        names = {str(value) for value in pc.unique(batch[scope.field]).to_pylist()}
        if stray := names - scope.names:
            raise IntegrityError(f"{table}: rows of {scope.field} {sorted(stray)} are out of the scope of the write")
    return batch


def _merge_statements(table: Table, uri: str, view: str, writer: Writer) -> tuple[str, ...]:
    """Names come from declarations, which check them; no value is part of the text.

    Sail (0.7.2) takes twice as long to plan an update for every column that can not be null, minutes for some twenty:
    there what is newer is deleted first, and inserted by a commit of its own. No reader sees the one without the other.
    """
    source = f"`run {writer.run_id}`"
    on = " and ".join(f"target.{name} = {source}.{name}" for name in table.primary_key)
    merge = f"merge into delta.`{uri}` as target using {view} as {source} on {on}"
    newer = (
        f"when matched and ({source}._version > target._version "
        f"or ({source}._version = target._version and {source}._row_hash > target._row_hash)) then"
    )
    assignments = ", ".join(f"target.{name} = {source}.{name}" for name in table.field_names)
    values = ", ".join(f"{source}.{name}" for name in table.field_names)
    insert = f"when not matched then insert ({', '.join(table.field_names)}) values ({values})"  # noqa: S608
    if verbs.is_connect(writer.spark):
        return f"{merge} {newer} delete", f"{merge} {insert}"
    return (f"{merge} {newer} update set {assignments} {insert}",)


def _literal(value: str | date) -> str:
    return f"date'{value.isoformat()}'" if isinstance(value, date) else f"'{value}'"


def _partition_of_files(delta: DeltaTable, name: str) -> dict[str, str]:
    actions = delta.get_add_actions(flatten=True)
    values = (str(value) for value in actions[f"partition.{name}"].to_pylist())
    return dict(zip(actions["path"].to_pylist(), values, strict=True))


@contextmanager
def telling(table: Table) -> Iterator[None]:
    """Turns an engine's failure into a StorageError that names the table and the kind of failure, and holds no data."""
    try:
        yield
    except LakehouseError:
        raise
    except Exception as error:  # PySpark and py4j each have an own hierarchy, and neither is always installed
        condition = error.getCondition() if hasattr(error, "getCondition") else None
        told = str(error).lower()
        causes = [cause for cause in _CAUSES if cause.lower() in told]
        kind = " · ".join([condition or type(error).__name__, *causes])
        raise StorageError(f"{table} could not be written: {kind}") from error
