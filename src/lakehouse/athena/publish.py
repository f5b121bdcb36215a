"""Show a published snapshot on Athena: the idle slot is filled, then the pointer moves to it."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from lakehouse.athena.catalog import Catalog, is_own, require_own, stored_columns
from lakehouse.athena.listing import FOLDER, listing
from lakehouse.athena.views import SLOTS, entry_name, mart_views, pointer, shown, table_views
from lakehouse.derive.catalog_entry import version_input
from lakehouse.errors import ConfigurationError
from lakehouse.runs.lease import hold
from lakehouse.runs.snapshot import Snapshot
from lakehouse.semantic.metrics import Metrics
from lakehouse.storage.objects import as_aws_calls_it, is_remote, join, store_for
from lakehouse.table import Table

_AT_ONCE = 8
"""Small objects are written and removed side by side: each waits for the store more than it works."""


@dataclass(frozen=True)
class Published:
    """What readers see now, and in which slot; `entries` are the tables and views of the database."""

    run_id: str
    slot: str
    entries: tuple[str, ...]


def publish(snapshot: Snapshot, metrics: Metrics, catalog: Catalog) -> Published:
    """Show the snapshot to readers of the database, all tables and views at once.

    Until the pointer moves readers see the snapshot before, and a query that has begun goes on reading it until the
    time after next. ConfigurationError if the lake is not in S3; LockedError if a writer is at work; StorageError if
    the catalog or the bucket does not allow it; IntegrityError if an entry of its names is somebody else's.
    """
    if not is_remote(snapshot.root):
        raise ConfigurationError(f"{snapshot.root} is a folder: Athena reads lakes in S3")
    with hold(snapshot.root, snapshot.storage, "export athena-views") as lease:
        catalog.make_database(as_aws_calls_it(snapshot.root))
        there, before = catalog.tables(), catalog.pointer()
        slot = SLOTS[0] if before is None else _other(before.slot)
        run_id = snapshot.manifest.run_id
        tables = shown(snapshot, metrics)
        entries = _filled(snapshot, tables, slot, there)
        stored = {name: stored_columns(entry) for name, entry in {**there, **entries}.items()}
        views = [*table_views(tables, stored), *mart_views(metrics)]
        made = [*entries.values(), *(view.entry(catalog.database) for view in views)]
        last = pointer(slot, run_id, snapshot.manifest.created_at).entry(catalog.database)
        kept = {entry_name(table.name, each) for table in tables.values() for each in SLOTS}
        kept |= {entry["Name"] for entry in (*made, last)}
        require_own(kept, there, catalog.database)
        lease.require()
        for entry in (*made, last):
            catalog.put(entry, there)
        for name, entry in there.items():
            if is_own(entry) and name not in kept:
                catalog.remove(name)
        _tidy(snapshot, {run_id, *([before.run_id] if before else [])})
    return Published(run_id, slot, tuple(sorted(kept)))


def _other(slot: str) -> str:
    return SLOTS[1 - SLOTS.index(slot)]


def _filled(
    snapshot: Snapshot, tables: Mapping[str, Table], slot: str, there: Mapping[str, Any]
) -> Mapping[str, Mapping[str, Any]]:
    """The lists of the snapshot's data files, stored, and the entries that read them.

    They are those of the slot, and of the other one for a table that has none there yet.
    """
    entries: dict[str, dict[str, Any]] = {}
    files: dict[str, bytes] = {}
    for name, table in tables.items():
        found = listing(snapshot, name)
        files |= found.files
        for entry in (entry_name(table.name, each) for each in SLOTS):
            if entry == entry_name(table.name, slot) or entry not in there:
                entries[entry] = version_input(table, entry, found.location, found.weeks)
    store = store_for(snapshot.root, snapshot.storage)

    def stored(uri: str) -> None:
        # What is there is of this run, and the same.
        with suppress(FileExistsError):
            store.create(uri, files[uri])

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(stored, files))
    return entries


def _tidy(snapshot: Snapshot, kept: set[str]) -> None:
    """Remove the lists of runs that no slot reads."""
    folder = join(snapshot.root, FOLDER)
    store = store_for(snapshot.root, snapshot.storage)
    old = [file.uri for file in store.list(folder) if file.uri.removeprefix(f"{folder}/").partition("/")[0] not in kept]
    if old:
        store.delete(old)
