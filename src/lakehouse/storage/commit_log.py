"""The files of a table's Delta log: its commits and checkpoints by version, as a listing shows them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from lakehouse.settings import Storage
from lakehouse.storage.objects import StoredObject, join, store_for
from lakehouse.storage.versions import table_uri

FOLDER = "_delta_log"
HINT = "_last_checkpoint"

_COMMIT = re.compile(r"(\d{20})\.json")
_CHECKSUM = re.compile(r"(\d{20})\.crc")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint(\..*)?\.parquet")


@dataclass(frozen=True)
class CommitLog:
    """Commits, their checksums, and checkpoints by version; a checkpoint may have several parts."""

    commits: Mapping[int, StoredObject]
    checksums: Mapping[int, StoredObject]
    checkpoints: Mapping[int, tuple[StoredObject, ...]]
    hint: StoredObject | None

    @property
    def latest(self) -> int:
        """The newest version; -1 if there is none."""
        return max(self.commits, default=-1)

    def checkpoint_before(self, version: int) -> int | None:
        """The version of the newest checkpoint from which `version` can be read."""
        return max((known for known in self.checkpoints if known <= version), default=None)


@dataclass(frozen=True)
class Written:
    """What commits did to a table: the partitions that they touched, what they added, and the bytes they replaced."""

    partitions: int
    rows: int
    bytes: int
    replaced_bytes: int


def log_uri(root: str, name: str) -> str:
    return join(table_uri(root, name), FOLDER)


def commit_uri(root: str, name: str, version: int) -> str:
    return join(log_uri(root, name), f"{version:020}.json")


def read_log(root: str, name: str, storage: Storage) -> CommitLog:
    """The log of the table `layer.name`; empty if there is no such table."""
    return log_of(store_for(root, storage).list(log_uri(root, name)))


def log_of(files: Iterable[StoredObject]) -> CommitLog:
    """A log by its listed files."""
    commits: dict[int, StoredObject] = {}
    checksums: dict[int, StoredObject] = {}
    checkpoints: dict[int, list[StoredObject]] = {}
    hint = None
    for file in files:
        name = file.uri.rpartition("/")[2]
        if found := _COMMIT.fullmatch(name):
            commits[int(found[1])] = file
        elif found := _CHECKSUM.fullmatch(name):
            checksums[int(found[1])] = file
        elif found := _CHECKPOINT.fullmatch(name):
            checkpoints.setdefault(int(found[1]), []).append(file)
        elif name == HINT:
            hint = file
    whole = {version: tuple(parts) for version, parts in checkpoints.items()}
    return CommitLog(commits, checksums, whole, hint)


def actions(content: bytes) -> list[dict[str, Any]]:
    """The actions of a commit; ValueError if it is damaged."""
    found = [json.loads(line) for line in content.splitlines() if line.strip()]
    if not found or not all(isinstance(action, dict) for action in found):
        raise ValueError("no commit")
    return found


def named_files(content: bytes) -> Iterator[str]:
    """Paths, below the table, of the data files that a commit adds or removes."""
    for action in actions(content):
        for kind in ("add", "remove"):
            if kind in action:
                yield unquote(action[kind]["path"])


def written(uris: Iterable[str], storage: Storage, run_id: str) -> Written | None:
    """What those of the commits did that a run made, which name it; None if it made none of them."""
    contents = (store_for(uri, storage).read(uri) for uri in uris)
    commits = [actions(content) for content in contents if run_id.encode() in content]
    if not commits:
        return None
    entries = [(kind, action[kind]) for commit in commits for action in commit for kind in action]
    added = [entry for kind, entry in entries if kind == "add"]
    removed = [entry for kind, entry in entries if kind == "remove"]
    return Written(
        partitions=len({tuple(sorted((file.get("partitionValues") or {}).items())) for file in (*added, *removed)}),
        rows=sum(json.loads(file["stats"])["numRecords"] for file in added),
        bytes=sum(file["size"] for file in added),
        replaced_bytes=sum(file.get("size") or 0 for file in removed),
    )


def close_gaps(root: str, name: str, storage: Storage, after: int) -> list[int]:
    """Put an empty commit where one later than `after` is lost or damaged, so that the table can be opened again.

    Its rows are then wrong: only for a table that is put back to `after` at once. The versions closed, oldest first.
    """
    store = store_for(root, storage)
    log = read_log(root, name, storage)
    empty = {"commitInfo": {"timestamp": time.time_ns() // 1_000_000, "operation": "LOST", "operationParameters": {}}}
    content = json.dumps(empty).encode() + b"\n"
    closed = []
    for version in range(after + 1, log.latest + 1):
        if version not in log.commits:
            store.create(commit_uri(root, name, version), content)
            closed.append(version)
        elif (damaged := store.read(log.commits[version].uri)) and not is_commit(damaged):
            store.replace(log.commits[version].uri, content, damaged)
            closed.append(version)
    # They tell of what was lost.
    store.delete([file.uri for version, file in log.checksums.items() if closed and version >= closed[0]])
    return closed


def is_commit(content: bytes) -> bool:
    """Whether a commit can be read."""
    try:
        actions(content)
    except ValueError:
        return False
    return True
