"""What of a lake's files no kept snapshot needs: data files, and commits before a checkpoint that all of them have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lakehouse.errors import IntegrityError
from lakehouse.runs.manifest import Manifest
from lakehouse.settings import Storage
from lakehouse.storage.commit_log import FOLDER as LOG
from lakehouse.storage.commit_log import CommitLog, log_of, named_files
from lakehouse.storage.objects import StoredObject, store_for
from lakehouse.storage.versions import data_files, open_latest, open_version, table_uri

_DATA = ".parquet"


@dataclass(frozen=True)
class Garbage:
    """What can go of a table: files that its log named, files that it never named, and old parts of the log itself."""

    table: str
    superseded: tuple[StoredObject, ...]
    orphans: tuple[StoredObject, ...]
    log: tuple[StoredObject, ...]


def garbage(root: str, storage: Storage, kept: Sequence[Manifest], orphaned_before: datetime) -> list[Garbage]:
    """What can go of every table below `root`, so that all `kept` snapshots stay.

    A file that no commit names may be one that is being written: it is an orphan only if it is older than
    `orphaned_before`. Every table's latest version stays, too. IntegrityError if a version that is
    kept can not be opened: then nothing is known to be superfluous.
    """
    return [
        _of_table(root, name, storage, files, kept, orphaned_before)
        for name, files in sorted(_by_table(root, storage).items())
    ]


def _by_table(root: str, storage: Storage) -> Mapping[str, list[StoredObject]]:
    """The files of each table, by one listing of the lake: a table is `<layer>/<name>`, and has a log."""
    found = defaultdict(list)
    for file in store_for(root, storage).list(root):
        parts = file.uri[len(root) + 1 :].split("/")
        # Snapshots and damaged files are no tables.
        if len(parts) > 2 and not parts[0].startswith("_"):
            found[".".join(parts[:2])].append(file)
    return {name: files for name, files in found.items() if any(f"/{LOG}/" in file.uri for file in files)}


def _of_table(
    root: str,
    name: str,
    storage: Storage,
    files: Sequence[StoredObject],
    kept: Sequence[Manifest],
    orphaned_before: datetime,
) -> Garbage:
    prefix = table_uri(root, name) + "/"
    log = log_of(file for file in files if file.uri.startswith(prefix + LOG))
    pinned = {manifest.tables[name].version for manifest in kept if name in manifest.tables}
    needed = _needed(root, name, storage, pinned)
    unneeded = {
        path: file for file in files if (path := _data_path(file.uri[len(prefix) :])) is not None and path not in needed
    }
    named = _named(storage, root, log) if unneeded else frozenset()
    is_everywhere = bool(kept) and all(name in manifest.tables for manifest in kept)
    return Garbage(
        table=name,
        superseded=tuple(file for path, file in unneeded.items() if path in named),
        orphans=tuple(
            file for path, file in unneeded.items() if path not in named and file.modified_at < orphaned_before
        ),
        log=tuple(_old_log(root, name, storage, log, min(pinned))) if is_everywhere else (),
    )


def _needed(root: str, name: str, storage: Storage, pinned: Collection[int]) -> set[str]:
    """Paths of the files of all pinned versions and of the latest, which is nobody's yet or will be put back."""
    versions = [open_version(root, name, storage, version) for version in sorted(pinned)]
    latest = open_latest(root, name, storage)
    return {file.path for version in (*versions, latest) if version is not None for file in data_files(version)}


def _data_path(path: str) -> str | None:
    """The path itself if it is a data file's; None for anything else, which is left alone."""
    return path if path.endswith(_DATA) and not path.startswith(LOG + "/") else None


def _named(storage: Storage, root: str, log: CommitLog) -> frozenset[str]:
    store = store_for(root, storage)
    found: set[str] = set()
    for version, commit in log.commits.items():
        try:
            found.update(named_files(store.read(commit.uri)))
        except ValueError as error:
            raise IntegrityError(f"{commit.uri}: commit {version} can not be read; see `lakehouse doctor`") from error
    return frozenset(found)


def _old_log(root: str, name: str, storage: Storage, log: CommitLog, oldest: int) -> list[StoredObject]:
    """Commits and checkpoints before the newest checkpoint that the oldest pinned version can be read from."""
    checkpoint = log.checkpoint_before(oldest)
    if checkpoint is None:
        return []
    # Opening it reads the checkpoint: one that is damaged does not take the place of its commits.
    open_version(root, name, storage, checkpoint)
    old = [file for files in (log.commits, log.checksums) for version, file in files.items() if version < checkpoint]
    return old + [part for version, parts in log.checkpoints.items() if version < checkpoint for part in parts]
