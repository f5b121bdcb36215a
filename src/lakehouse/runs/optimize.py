"""Bring published tables into a better shape: fewer files, rows clustered by key, a short way to read the log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from deltalake import CommitProperties, DeltaTable

from lakehouse.derive.properties import RETENTION
from lakehouse.errors import ConfigurationError, IntegrityError, Problem, nearest
from lakehouse.runs.catalog import SILVER
from lakehouse.runs.chain import published, successor
from lakehouse.runs.context import Tell
from lakehouse.runs.heal import put_back
from lakehouse.runs.lease import hold
from lakehouse.runs.manifest import Kind, Manifest, PinnedTable, Snapshots
from lakehouse.runs.pins import move, pin
from lakehouse.runs.read_back import read_back
from lakehouse.settings import Storage
from lakehouse.storage.commit_log import read_log
from lakehouse.storage.objects import resolve
from lakehouse.storage.versions import changing, data_files, open_version, table_uri

TARGET_BYTES = 128 * 1024 * 1024
"""Size of the files that are made."""

SMALL_BYTES = TARGET_BYTES // 4
FEWEST_SMALL_FILES = 4
"""A partition is compacted when it has so many files below the size of a small one."""

COMMITS_WITHOUT_CHECKPOINT = 10
"""As many commits are read one by one whenever a table is opened."""

_CLUSTERED_BY = {str(table): table.primary_key for table in SILVER}
"""Tables whose rows are looked up by key: there a key should be in one file only."""


@dataclass(frozen=True)
class OptimizedTable:
    """What was done to a table."""

    table: str
    files_before: int
    files_after: int
    is_clustered: bool
    has_new_checkpoint: bool


@dataclass(frozen=True)
class Optimized:
    """The run that is published now, and the tables that were changed."""

    run_id: str
    tables: tuple[OptimizedTable, ...]


def optimize(location: str, storage: Storage, names: Collection[str], tell: Tell) -> Optimized:
    """Optimize the named tables, all by default, where it pays, and publish them with the same content.

    What is read of the files that were made must add up to what the files before had in every column, else an
    IntegrityError is raised and nothing published: the next run puts the tables back. ConfigurationError for a table
    that is not published.
    """
    root = resolve(location)
    with hold(root, storage, "optimize") as lease:
        base = published(root, storage)
        wanted = _wanted(base, names)
        put_back(root, storage, wanted, base, lease.require)
        done, pins = [], dict(base.tables)
        for name in wanted:
            lease.require()
            changed, pins[name] = _optimize(root, name, storage, move(root, name, storage, base.tables[name]))
            if changed is not None:
                done.append(changed)
                tell(name, _spoken(changed))
        if pins == base.tables:
            return Optimized(base.run_id, tuple(done))
        manifest = successor(base, Kind.OPTIMIZE, pins, lease.token)
        Snapshots(root, storage).publish(manifest, lease.require)
        return Optimized(manifest.run_id, tuple(done))


def _wanted(base: Manifest, names: Collection[str]) -> list[str]:
    if not names:
        return sorted(base.tables)
    by_name = {alias: name for name in base.tables for alias in (name, name.partition(".")[2])}
    if unknown := [name for name in names if name not in by_name]:
        raise ConfigurationError(
            [Problem("--table", 0, 0, f"no table '{name}' is published", nearest(name, by_name)) for name in unknown]
        )
    return sorted({by_name[name] for name in names})


def _optimize(root: str, name: str, storage: Storage, pinned: PinnedTable) -> tuple[OptimizedTable | None, PinnedTable]:
    """What was done to a table, None if there was nothing to do; and the table as it is to be published."""
    before, delta = open_version(root, name, storage), open_version(root, name, storage)
    with changing(table_uri(root, name)):
        if missing := RETENTION.items() - delta.metadata().configuration.items():
            delta.alter.set_table_properties(dict(missing))
        is_clustered = _rewrite(delta, name, _fragmented(delta))
    after = open_version(root, name, storage)
    if after.version() == before.version():
        return _checkpointed(root, name, storage, pinned), pinned
    _require_same(before, after, table_uri(root, name))
    has_new_checkpoint = _checkpoint(root, name, storage, after)
    done = OptimizedTable(name, len(before.file_uris()), len(after.file_uris()), is_clustered, has_new_checkpoint)
    return done, pin(after)


def _checkpointed(root: str, name: str, storage: Storage, pinned: PinnedTable) -> OptimizedTable | None:
    if _checkpoint(root, name, storage, open_version(root, name, storage)):
        return OptimizedTable(name, pinned.files, pinned.files, is_clustered=False, has_new_checkpoint=True)
    return None


def _fragmented(delta: DeltaTable) -> dict[tuple[str, ...], int]:
    """Partitions with many small files, and the bytes of each; of a table without partitions the one there is."""
    actions = delta.get_add_actions(flatten=True)
    columns = [actions[f"partition.{name}"].to_pylist() for name in delta.metadata().partition_columns]
    sizes: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, size in enumerate(actions["size_bytes"].to_pylist()):
        sizes[tuple(str(column[number]) for column in columns)].append(size)
    return {
        values: sum(found)
        for values, found in sizes.items()
        if sum(size < SMALL_BYTES for size in found) >= FEWEST_SMALL_FILES
    }


def _rewrite(delta: DeltaTable, name: str, fragmented: dict[tuple[str, ...], int]) -> bool:
    """Write the fragmented partitions anew; whether their rows were clustered by key."""
    if not fragmented:
        return False
    columns = delta.metadata().partition_columns
    filters: list[Any] | None = None
    if columns:
        filters = [(column, "in", sorted({values[n] for values in fragmented})) for n, column in enumerate(columns)]
    commit = CommitProperties(custom_metadata={"lakehouse": "optimize"})
    key = _CLUSTERED_BY.get(name)
    # What fits into one file is in one file anyway.
    if key and max(fragmented.values()) > TARGET_BYTES:
        delta.optimize.z_order(key, filters, target_size=TARGET_BYTES, commit_properties=commit)
        return True
    delta.optimize.compact(filters, target_size=TARGET_BYTES, commit_properties=commit)
    return False


def _require_same(before: DeltaTable, after: DeltaTable, uri: str) -> None:
    """IntegrityError unless the files that came hold what the files that went held, column by column."""
    old, new = ({file.path for file in data_files(delta)} for delta in (before, after))
    if old == new:
        return
    went, came = read_back(before, uri, old - new), read_back(after, uri, new - old)
    faults: Sequence[str] = [*went.faults, *came.faults]
    if (went.rows, went.sums) != (came.rows, came.sums):
        faults = [*faults, f"{uri}: the files that were made hold something else than those they replace"]
    if faults:
        raise IntegrityError("not published, readers keep the snapshot before:\n" + "\n".join(faults))


def _checkpoint(root: str, name: str, storage: Storage, delta: DeltaTable) -> bool:
    """Write a checkpoint if there are many commits since the last one; whether it was written."""
    log = read_log(root, name, storage)
    last = log.checkpoint_before(delta.version())
    if delta.version() - (last or 0) < COMMITS_WITHOUT_CHECKPOINT:
        return False
    with changing(table_uri(root, name)):
        delta.create_checkpoint()
    return True


def _spoken(done: OptimizedTable) -> str:
    parts = [f"{done.files_before:,} → {done.files_after:,} files"] if done.files_before != done.files_after else []
    parts += ["clustered by key"] if done.is_clustered else []
    parts += ["a new checkpoint"] if done.has_new_checkpoint else []
    return ", ".join(parts) or "retention set"
