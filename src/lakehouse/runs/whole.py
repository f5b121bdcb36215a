"""Whether a table can be read as it was pinned, by its log and by a listing of its files: no row is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from deltalake import DeltaTable

from lakehouse.errors import IntegrityError
from lakehouse.runs.manifest import Manifest, PinnedTable
from lakehouse.runs.pins import holds
from lakehouse.settings import Storage
from lakehouse.storage.objects import StoredObject, store_for
from lakehouse.storage.versions import data_files, open_version, table_uri

Listing = Mapping[str, int]
"""Sizes of a table's files, by their paths below the table."""


def listing(root: str, name: str, files: Iterable[StoredObject]) -> Listing:
    """The files of a table among those listed."""
    prefix = table_uri(root, name) + "/"
    return {file.uri[len(prefix) :]: file.size for file in files if file.uri.startswith(prefix)}


def broken_tables(root: str, storage: Storage, manifest: Manifest) -> dict[str, str]:
    """What keeps tables of a snapshot from being read as they were published: (table, sentence)."""
    store = store_for(root, storage)
    found = {}
    for name, pinned in manifest.tables.items():
        listed = listing(root, name, store.list(table_uri(root, name)))
        if sentences := damage(root, name, storage, pinned, listed):
            found[name] = sentences[0]
    return found


def damage(root: str, name: str, storage: Storage, pinned: PinnedTable, listed: Listing) -> list[str]:
    """A sentence for all that is wrong with a table as it was pinned."""
    try:
        delta = open_version(root, name, storage, pinned.version)
    except IntegrityError as error:
        return [str(error)]
    return list(faults(delta, table_uri(root, name), pinned, listed))


def faults(delta: DeltaTable, uri: str, pinned: PinnedTable, listed: Listing) -> Iterator[str]:
    """A sentence for all in which the version that is open, or its files, are not what was pinned."""
    if pinned.files_sha256 is not None and not holds(delta, pinned):
        yield f"{uri}: its log at version {pinned.version} is not what was published"
    for file in data_files(delta):
        size = listed.get(file.path)
        if size is None:
            yield f"{uri}/{file.path} is missing"
        elif size != file.size:
            yield f"{uri}/{file.path} has {size:,} bytes, and was written with {file.size:,}"
