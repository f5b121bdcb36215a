"""A version of a table as its Delta log tells it: what it holds, and what proves it later."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from lakehouse.errors import IntegrityError, StorageError
from lakehouse.settings import Storage
from lakehouse.storage.objects import delta_options, join


@dataclass(frozen=True, order=True)
class DataFile:
    """A data file as the log has it; `path` is below the table, as it is stored."""

    path: str
    size: int
    rows: int


@dataclass(frozen=True)
class Content:
    """What a version holds. The hashes are over its schema and partition fields, and over its files' names and sizes.

    A restored table has the same hashes as the version it was put back to.
    """

    rows: int
    files: int
    bytes: int
    schema_sha256: str
    files_sha256: str


def table_uri(root: str, name: str) -> str:
    """Where the table `layer.name` lies."""
    return join(root, name.replace(".", "/", 1))


def open_version(root: str, name: str, storage: Storage, version: int | None = None) -> DeltaTable:
    """The table `layer.name` at a version, the latest by default; IntegrityError if it is not there or damaged."""
    uri = table_uri(root, name)
    try:
        return DeltaTable(uri, version=version, storage_options=delta_options(uri, storage))
    except DeltaError as error:
        where = "can not be opened" if version is None else f"is not there at version {version}, which was published"
        raise IntegrityError(f"{uri} {where}: {_first_line(error)}") from error


def open_latest(root: str, name: str, storage: Storage) -> DeltaTable | None:
    """The table's latest version; None if it was never created, IntegrityError if it is damaged."""
    try:
        return open_version(root, name, storage)
    except IntegrityError as error:
        if isinstance(error.__cause__, TableNotFoundError):
            return None
        raise


@contextmanager
def changing(uri: str) -> Iterator[None]:
    """Turns a failure to change a table by `deltalake` into a StorageError that names it."""
    try:
        yield
    except (DeltaError, OSError) as error:
        raise StorageError(f"{uri} could not be changed: {_first_line(error)}") from error


@contextmanager
def reading(root: str) -> Iterator[None]:
    """Turns a data file that is no Parquet file any more into an IntegrityError that names it."""
    # Who only opens tables does not wait for it.
    import pyarrow as pa

    try:
        yield
    except pa.ArrowInvalid as error:
        told = _first_line(error)
        # What else Arrow refuses is no damage, and its text may hold values.
        if "Parquet" not in told:
            raise
        raise IntegrityError(
            f"a table in {root} can not be read: {told}; `lakehouse doctor` says what can be done"
        ) from error


def data_files(delta: DeltaTable) -> Iterator[DataFile]:
    """The files that make up the version."""
    actions = delta.get_add_actions()
    columns = (actions[name].to_pylist() for name in ("path", "size_bytes", "num_records"))
    for path, size, rows in zip(*columns, strict=True):
        yield DataFile(unquote(path), size, rows)


def content_of(delta: DeltaTable) -> Content:
    """What the version holds, from its log alone."""
    files = sorted(data_files(delta))
    fields = [f"{field.name} {field.type} {field.nullable}" for field in delta.schema().fields]
    return Content(
        rows=sum(file.rows for file in files),
        files=len(files),
        bytes=sum(file.size for file in files),
        schema_sha256=_sha256((*fields, *delta.metadata().partition_columns)),
        files_sha256=_sha256(f"{file.path}\t{file.size}\t{file.rows}" for file in files),
    )


def _sha256(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def _first_line(error: Exception) -> str:
    """A failure's first words: what follows names every part of a path, and may be long."""
    return str(error).splitlines()[0][:200]
