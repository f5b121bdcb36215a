"""The data files of a table's version, listed week by week, as Hive reads lists of files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import unquote

from lakehouse.runs.snapshot import Snapshot
from lakehouse.storage.objects import as_aws_calls_it, join
from lakehouse.storage.versions import open_version, table_uri

FOLDER = "_athena"
"""Folder of a lake with the lists, those of a run in one of its name."""

FILE = "symlink.txt"

_SOME_WEEK = date(1970, 1, 5)


@dataclass(frozen=True)
class Listing:
    """A table's lists: what to store below `location`, by URI, and the first and last week of them."""

    location: str
    files: Mapping[str, bytes]
    weeks: tuple[date, date] | None


def listing(snapshot: Snapshot, name: str) -> Listing:
    """The lists of a published table, by its full name; it has one partition field at most, a week."""
    root = as_aws_calls_it(snapshot.root)
    location = join(root, FOLDER, snapshot.manifest.run_id, name.rpartition(".")[2])
    delta = open_version(snapshot.root, name, snapshot.storage, snapshot.manifest.tables[name].version)
    partitions = delta.metadata().partition_columns
    actions = delta.get_add_actions(flatten=True)
    by_folder: dict[str, list[str]] = defaultdict(list)
    paths: list[str] = list(actions["path"].to_pylist())
    weeks: list[date] = list(actions[f"partition.{partitions[0]}"].to_pylist()) if partitions else []
    folders = [join(location, f"{partitions[0]}={week}") for week in weeks] if partitions else [location] * len(paths)
    for folder, path in zip(folders, paths, strict=True):
        by_folder[folder].append(join(table_uri(root, name), unquote(path)))
    span = _span(weeks) if partitions else None
    for week in span or ():
        by_folder[join(location, f"{partitions[0]}={week}")] += []
    files = {
        join(folder, FILE): "".join(f"{uri}\n" for uri in sorted(uris)).encode() for folder, uris in by_folder.items()
    }
    return Listing(location, files, span)


def _span(weeks: Sequence[date]) -> tuple[date, date]:
    """The first and the last week, of which Trino wants two: where there is one or none, others have empty lists."""
    first, last = (min(weeks), max(weeks)) if weeks else (_SOME_WEEK, _SOME_WEEK)
    return first, max(last, first + timedelta(days=7))
