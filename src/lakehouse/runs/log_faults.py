"""Faults of a table's Delta log: hints and checkpoints that can go, and commits that can not be done without."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq

from lakehouse.runs.findings import Finding
from lakehouse.settings import Storage
from lakehouse.storage.commit_log import CommitLog, is_commit, log_uri, read_log
from lakehouse.storage.objects import StoredObject, join, store_for

NO_REMEDY = "it can not be mended"

ASIDE = "_damaged"
"""Folder of a lake that damaged files are moved to."""


def log_faults(root: str, name: str, storage: Storage, pinned: int, *, mend: bool) -> Iterator[Finding]:
    """What is wrong with the log of a table up to the version that is published."""
    log = read_log(root, name, storage)
    bad = {
        version
        for version, parts in log.checkpoints.items()
        if not all(_is_checkpoint(storage, part) for part in parts)
    }
    for version in sorted(bad):
        what = f"the checkpoint of version {version} is damaged"
        yield from (_aside(root, storage, part, what, mend=mend) for part in log.checkpoints[version])
    if log.hint and not _leads_to(storage, log.hint, log.checkpoints.keys() - bad):
        yield _aside(root, storage, log.hint, "the hint to the last checkpoint leads nowhere", mend=mend)
    intact = replace(log, checkpoints={v: parts for v, parts in log.checkpoints.items() if v not in bad})
    yield from _commit_faults(log_uri(root, name), storage, intact, pinned)


def _commit_faults(uri: str, storage: Storage, log: CommitLog, pinned: int) -> Iterator[Finding]:
    """Commits that are missing or damaged: what they added is not known from anywhere else."""
    checkpoint = log.checkpoint_before(pinned)
    for version in range(0 if checkpoint is None else checkpoint + 1, pinned + 1):
        commit = log.commits.get(version)
        if commit is None:
            yield Finding(f"commit {version} is missing", uri, NO_REMEDY, is_mendable=False)
        elif not is_commit(store_for(commit.uri, storage).read(commit.uri)):
            yield Finding(f"commit {version} is damaged", commit.uri, NO_REMEDY, is_mendable=False)


def _is_checkpoint(storage: Storage, part: StoredObject) -> bool:
    try:
        pq.read_table(pa.BufferReader(store_for(part.uri, storage).read(part.uri)))
    except (pa.ArrowException, OSError):
        return False
    return True


def _leads_to(storage: Storage, hint: StoredObject, checkpoints: Collection[int]) -> bool:
    try:
        return json.loads(store_for(hint.uri, storage).read(hint.uri))["version"] in checkpoints
    except (ValueError, KeyError, TypeError):
        return False


def _aside(root: str, storage: Storage, file: StoredObject, what: str, *, mend: bool) -> Finding:
    """Without a checkpoint a table is read from its commits, which takes longer and gives the same."""
    aside = join(root, ASIDE, file.uri[len(root) + 1 :])
    if mend:
        store = store_for(root, storage)
        with suppress(FileExistsError):
            store.create(aside, store.read(file.uri))
        store.delete([file.uri])
    return Finding(what, file.uri, f"move it to {aside}", is_mendable=True, is_mended=mend)
