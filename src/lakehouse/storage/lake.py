"""The lake's tables: where they lie, their versions, and reading one at a version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import pyarrow as pa
import pyarrow.dataset as ds
from deltalake import DeltaTable, Schema
from deltalake.exceptions import TableNotFoundError

from lakehouse.derive.properties import table_properties
from lakehouse.derive.schema import arrow_schema
from lakehouse.settings import Storage
from lakehouse.spark import DataFrame, SparkSession
from lakehouse.storage.objects import delta_options, join
from lakehouse.table import STRING, Field, Table


@dataclass(frozen=True)
class Files:
    """How a table version is stored."""

    rows: int
    files: int
    bytes: int


@dataclass(frozen=True)
class Stored:
    """A version of a table, whose files are listed once."""

    delta: DeltaTable

    @property
    def version(self) -> int:
        """Its number."""
        return self.delta.version()

    @cached_property
    def rows(self) -> ds.Dataset:
        """Its rows, to be read in memory."""
        return self.delta.to_pyarrow_dataset()

    @cached_property
    def files(self) -> pa.Table:
        """One row per file, with its partition and the least and greatest values in it, as columns of dotted names."""
        return pa.table(self.delta.get_add_actions(flatten=True))


@dataclass(frozen=True)
class Lake:
    """The tables below one root. Versions and files are read without an engine; frames need the session.

    Before every commit `before_commit` is called: who writes gives the lease's `require`.
    """

    root: str
    storage: Storage
    before_commit: Callable[[], None] = field(default=lambda: None, repr=False, compare=False)
    _seen: dict[str, int] = field(default_factory=dict, repr=False, compare=False)
    _opened: dict[tuple[str, int], Stored] = field(default_factory=dict, repr=False, compare=False)

    def uri(self, table: Table) -> str:
        return join(self.root, table.path)

    def delta(self, table: Table, version: int | None = None) -> DeltaTable:
        """The table's log at a version, the latest by default, opened anew; TableNotFoundError if there is none."""
        uri = self.uri(table)
        return DeltaTable(uri, version=version, storage_options=delta_options(uri, self.storage))

    def look(self, table: Table) -> Stored:
        """The table's latest version, looked for anew; TableNotFoundError if it was never created."""
        return self.seen(table, self.delta(table))

    def stored(self, table: Table, version: int | None = None) -> Stored:
        """The table at a version, opened once; by default the version that was the latest when it was last looked for.

        For the lake's one writer, who looks for it after each commit.
        """
        if version is None:
            if str(table) not in self._seen:
                return self.look(table)
            version = self._seen[str(table)]
        key = (str(table), version)
        if key not in self._opened:
            self._opened[key] = Stored(self.delta(table, version))
        return self._opened[key]

    def found(self, table: Table) -> Stored | None:
        """The table as it was last looked for; None if it was never created."""
        try:
            return self.stored(table)
        except TableNotFoundError:
            return None

    def seen(self, table: Table, latest: DeltaTable) -> Stored:
        """Remember the latest version; by this handle nothing may be written any more, which would move it on."""
        version = self._seen[str(table)] = latest.version()
        return self._opened.setdefault((str(table), version), Stored(latest))

    def forget(self) -> None:
        """Look for every table anew: they were changed in another way."""
        self._seen.clear()
        self._opened.clear()

    def version(self, table: Table) -> int | None:
        """The latest version, looked for anew; None if the table was never created."""
        try:
            return self.look(table).version
        except TableNotFoundError:
            return None

    def create(self, table: Table) -> int:
        """Create the table empty, as declared, unless it is there; its version that was last looked for."""
        return self._made(table).version

    def declare(self, table: Table) -> int:
        """Create the table, or empty it and give it its declaration where it is stored otherwise; its version.

        For tables that are about to be written as a whole: an engine leaves out, without a word, what has no column.
        """
        stored = self._made(table)
        is_as_declared = stored.delta.schema() == Schema.from_arrow(arrow_schema(table)) and (
            stored.delta.metadata().partition_columns == list(table.partition_by)
        )
        return stored.version if is_as_declared else self._make(table, "overwrite").version

    def _made(self, table: Table) -> Stored:
        """The table as it was last looked for, made empty if there is none yet."""
        return self.found(table) or self._make(table, "error")

    def _make(self, table: Table, mode: Literal["error", "overwrite"]) -> Stored:
        uri = self.uri(table)
        self.before_commit()
        made = DeltaTable.create(
            uri,
            schema=Schema.from_arrow(arrow_schema(table)),
            partition_by=list(table.partition_by),
            name=table.name,
            description=table.grain,
            configuration=dict(table_properties(table)),
            mode=mode,
            storage_options=delta_options(uri, self.storage),
        )
        return self.seen(table, made)

    def evolve(self, table: Table) -> Table:
        """Create the table, or give it the nullable fields that it has not got yet; the table as it is stored now.

        Fields that it has beyond its declaration stay, as nullable text: what was written once is not lost. ValueError
        for a new field that can not be null.
        """
        stored = [field.name for field in self._made(table).delta.schema().fields]
        declared = Schema.from_arrow(arrow_schema(table)).fields
        if new := [field for field in declared if field.name not in stored]:
            if needed := [field.name for field in new if not field.nullable]:
                raise ValueError(f"{table}: {needed} can not be added to rows that have no such value")
            self.before_commit()
            self.delta(table).alter.add_columns(new)
            self.look(table)
        gone = [name for name in stored if name not in table.field_names]
        kept = [Field(name, STRING, "No longer declared.", nullable=True) for name in gone]
        return replace(table, fields=(*table.fields, *kept))

    def read(self, spark: SparkSession, table: Table, version: int | None = None) -> DataFrame:
        """The table's rows at a version, the latest by default."""
        reader = spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        return reader.load(self.uri(table))

    def restore(self, table: Table, version: int) -> None:
        """Put the table back to an earlier version, by a commit of its own."""
        self.before_commit()
        self.delta(table).restore(version)
        self.look(table)

    def rows(self, table: Table) -> int:
        """Rows of the version that was last looked for; none if the table was never created."""
        stored = self.found(table)
        return self.files(table, stored.version).rows if stored else 0

    def files(self, table: Table, version: int) -> Files:
        """Rows, files and bytes of a version, from its log."""
        actions = self.stored(table, version).files
        return Files(
            rows=sum(actions["num_records"].to_pylist()),
            files=actions.num_rows,
            bytes=sum(actions["size_bytes"].to_pylist()),
        )
