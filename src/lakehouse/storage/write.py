"""The one guarded write: every table of the lake changes only through here.

The table was created beforehand as declared; what is written must equal the declaration (no silent cast, no extra or
missing column); a write replaces exactly its scope; and the commit is read back. An engine writes what it computes from
whole tables; the few rows that a day changes are in memory, and are written in this process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain, islice

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, WriterProperties, write_deltalake

from lakehouse import verbs
from lakehouse.derive.contract import batch_as_declared, conform
from lakehouse.derive.schema import arrow_schema, without_comments
from lakehouse.errors import IntegrityError, LakehouseError, StorageError
from lakehouse.spark import DataFrame, SparkSession
from lakehouse.storage.lake import Lake
from lakehouse.table import Table

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
    written: dict[str, int] = field(default_factory=dict, repr=False, compare=False)
    """The version of each table that was written last."""

    def replace(
        self, table: Table, frame: DataFrame, scope: Partitions | None = None, *, spread: bool = True
    ) -> Commit:
        """Replace the whole table, or the partitions of `scope`; not `spread`, in as many files as it is computed in.

        IntegrityError if a row lands outside of the scope or the commit is not the only one.
        """
        conformed = conform(frame, table)
        _require_partition(table, scope)
        before = self.lake.declare(table) if scope is None else self._evolved(table)
        arranged = verbs.spread_for_writing(conformed, table.partition_by) if spread else conformed
        writer = arranged.write.format("delta").mode("overwrite").option("userMetadata", self.run_id)
        if scope is not None:
            writer = writer.option("replaceWhere", scope.predicate)
        self.lake.before_commit()
        with self._alone(table, before):
            writer.save(self.lake.uri(table))
        commit = self._read_back(table, before, lambda: self._is_nothing(table, before, conformed, scope))
        if scope is not None:
            self._check_scope(commit, scope)
        return replace(commit, scope=scope)

    def put(self, table: Table, rows: Iterable[pa.RecordBatch], scope: Partitions | None = None) -> Commit:
        """The same for rows in memory, which come batch by batch.

        ContractError if a batch is not as declared, IntegrityError if a row lies outside of the scope or the commit is
        not the only one.
        """
        _require_partition(table, scope)
        before = self._evolved(table)
        filled = (batch for batch in rows if batch.num_rows)
        first = list(islice(filled, 1))
        if not first and self._holds_none(table, before, scope):
            return Commit(table, before, before, scope)
        mistakes: list[LakehouseError] = []
        checked = _checked(chain(first, filled), table, scope, mistakes)
        content = pa.RecordBatchReader.from_batches(without_comments(arrow_schema(table)), checked)
        self.lake.before_commit()
        try:
            with self._alone(table, before):
                write_deltalake(
                    self.lake.delta(table, before),
                    content,
                    mode="overwrite",
                    predicate=scope.predicate if scope is not None else None,
                    commit_properties=CommitProperties(custom_metadata={"userMetadata": self.run_id}),
                    writer_properties=WriterProperties(compression="ZSTD"),
                )
        except StorageError as error:
            raise mistakes[0] if mistakes else error from error
        return replace(self._read_back(table, before, lambda: False), scope=scope)

    def _evolved(self, table: Table) -> int:
        """The version of the table from which it has every field that it is declared to have."""
        self.lake.evolve(table)
        return self.lake.create(table)

    @contextmanager
    def _alone(self, table: Table, before: int) -> Iterator[None]:
        """A write that fails because somebody else was faster is told as that."""
        try:
            with telling(table):
                yield
        except StorageError as error:
            if (version := self.lake.delta(table).version()) != before:
                raise _not_alone(table, before, version) from error
            raise

    def _read_back(self, table: Table, before: int, may_be_noop: Callable[[], bool]) -> Commit:
        """Ours must be the one commit since `before`; a lost or a foreign commit is seen here."""
        delta = self.lake.look(table).delta
        version = delta.version()
        is_ours = version == before + 1 and self.run_id in str(delta.history(1))
        if not is_ours and not (version == before and may_be_noop()):
            raise _not_alone(table, before, version)
        self.written[str(table)] = version
        return Commit(table, before, version)

    def _is_nothing(self, table: Table, version: int, frame: DataFrame, scope: Partitions | None) -> bool:
        """Whether no row is to be added and none to be removed: Sail makes no commit then."""
        return self._holds_none(table, version, scope) and frame.isEmpty()

    def _holds_none(self, table: Table, version: int, scope: Partitions | None) -> bool:
        delta = self.lake.stored(table, version).delta
        return not (set(_partition_of_files(delta, scope.field).values()) & scope.names if scope else delta.file_uris())

    def _check_scope(self, commit: Commit, scope: Partitions) -> None:
        """Every file our commit added lies in a partition of the scope: the engines do not all insist on it."""
        before = _partition_of_files(self.lake.stored(commit.table, commit.before).delta, scope.field)
        after = _partition_of_files(self.lake.stored(commit.table, commit.version).delta, scope.field)
        if stray := {value for path, value in after.items() if path not in before} - scope.names:
            raise IntegrityError(
                f"{commit.table}: the write put rows into {scope.field} {sorted(stray)}, out of its scope"
            )


def _not_alone(table: Table, before: int, version: int) -> IntegrityError:
    return IntegrityError(
        f"{table}: expected our commit to be version {before + 1}, and found version {version}; "
        "another writer is at work on this lake, or the commit was lost"
    )


def _require_partition(table: Table, scope: Partitions | None) -> None:
    if scope is not None and scope.field not in table.partition_by:
        raise ValueError(f"{table} is not partitioned by {scope.field}")


def _checked(
    rows: Iterable[pa.RecordBatch], table: Table, scope: Partitions | None, mistakes: list[LakehouseError]
) -> Iterator[pa.RecordBatch]:
    """The batches as declared; a mistake is put into `mistakes` too: on its way through deltalake it is lost."""
    try:
        for batch in rows:
            if scope is not None:
                _require_within(batch, table, scope)
            yield batch_as_declared(batch, table)
    except LakehouseError as error:
        mistakes.append(error)
        raise


def _require_within(batch: pa.RecordBatch, table: Table, scope: Partitions) -> None:
    names = {str(value) for value in batch[scope.field].unique().to_pylist()}
    if stray := names - scope.names:
        raise IntegrityError(f"{table}: rows of {scope.field} {sorted(stray)} are out of the scope of the write")


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
