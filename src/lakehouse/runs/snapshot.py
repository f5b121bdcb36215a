"""The only way a reader gets tables: all of them at the versions that one run published."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb
from deltalake import DeltaTable, QueryBuilder

from lakehouse.errors import IntegrityError, NothingArrivedError, nearest
from lakehouse.runs.manifest import Manifest, Snapshots
from lakehouse.runs.pins import holds
from lakehouse.settings import Storage
from lakehouse.storage.objects import resolve
from lakehouse.storage.versions import open_version, table_uri

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.dataset as ds
    from arro3.core import Table


@dataclass(frozen=True)
class Snapshot:
    """A published run, read without an engine."""

    root: str
    storage: Storage
    manifest: Manifest
    _opened: dict[str, DeltaTable] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the published tables, such as `gold.fact_orders`."""
        return tuple(self.manifest.tables)

    def pinned(self, name: str) -> tuple[str, int]:
        """A table's full name and published version, by its full or its plain name; IntegrityError if there is none."""
        full = next((table for table in self.manifest.tables if name in {table, table.partition(".")[2]}), None)
        if full is None:
            close = nearest(name, self.manifest.tables)
            raise IntegrityError(
                f"run {self.manifest.run_id} published no table '{name}'" + (f"; is it {close}?" if close else "")
            )
        return full, self.manifest.tables[full].version

    def dataset(self, name: str) -> ds.Dataset:
        """A table by its full or its plain name, at its published version; IntegrityError if there is none."""
        return self._open(name).to_pyarrow_dataset()

    def columns(self, name: str) -> tuple[str, ...]:
        """A table's columns; IntegrityError as `dataset`."""
        return tuple(column.name for column in self._open(name).schema().fields)

    def whole(self, name: str) -> Table:
        """All rows of a table in memory, in Arrow's form; IntegrityError as `dataset`.

        For small tables: pyarrow, which takes longer to import than a small table to read, is not asked.
        """
        delta = self._open(name)
        try:
            return QueryBuilder().register("whole", delta).execute("select * from whole").read_all()
        except Exception as error:  # deltalake's engine gives its errors no class of their own
            raise _unreadable(error) from error

    def _open(self, name: str) -> DeltaTable:
        full, _ = self.pinned(name)
        if full not in self._opened:
            self._opened[full] = self._as_published(full)
        return self._opened[full]

    def _as_published(self, full: str) -> DeltaTable:
        pinned = self.manifest.tables[full]
        table = open_version(self.root, full, self.storage, pinned.version)
        # A number of a version that was lost is given again, and then to something else.
        if pinned.files_sha256 is not None and not holds(table, pinned):
            uri = table_uri(self.root, full)
            raise IntegrityError(f"the log of {uri} at version {pinned.version} is not what was published")
        return table

    def query(self, sql: str, tables: Iterable[str], parameters: Mapping[str, object] | None = None) -> pa.Table:
        """The result of DuckDB SQL over the named tables, each called by its plain name, with `parameters` as `$name`.

        IntegrityError if a table or a file of it is missing or damaged.
        """
        with duckdb.connect() as connection, reading_published():
            connection.execute("set timezone = 'UTC'")
            for name in tables:
                connection.register(name.rpartition(".")[2], self.dataset(name))
            return connection.sql(sql, params=dict(parameters or {})).to_arrow_table()


@contextmanager
def reading_published() -> Iterator[None]:
    """Turns what goes wrong while published files are read, by Arrow or by DuckDB, into an IntegrityError."""
    try:
        yield
    except _read_errors() as error:
        raise _unreadable(error) from error


def _unreadable(error: Exception) -> IntegrityError:
    return IntegrityError(f"a published table can not be read: {str(error).splitlines()[0]}")


def _read_errors() -> tuple[type[Exception], ...]:
    """Arrow's among them where it was imported: where it was not, it read nothing."""
    arrow = sys.modules.get("pyarrow")
    return (duckdb.InvalidInputException, OSError, *((arrow.ArrowInvalid,) if arrow else ()))


def open_snapshot(location: str, storage: Storage, run_id: str | None = None) -> Snapshot:
    """The published snapshot, or an earlier run's; NothingArrivedError if nothing was ever published."""
    root = resolve(location)
    snapshots = Snapshots(root, storage)
    manifest = snapshots.current() if run_id is None else snapshots.load(run_id)
    if manifest is None:
        raise NothingArrivedError(f"nothing was published in {root} yet: load it with `lakehouse run`")
    return Snapshot(root, storage, manifest)
