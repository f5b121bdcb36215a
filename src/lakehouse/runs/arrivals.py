"""What is new in landing: files that match a source's patterns and that the ledger does not know yet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path, PurePosixPath

import pyarrow as pa

from lakehouse.errors import NothingArrivedError
from lakehouse.quality.ledger import OBJECTS, FileState
from lakehouse.runs.manifest import Manifest
from lakehouse.settings import Storage
from lakehouse.sources.definition import Source
from lakehouse.storage.lake import Lake
from lakehouse.storage.objects import StoredObject, is_remote, join, store_for

UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".filepart", ".swp")
"""Endings of files that some tool is still writing."""


@dataclass(frozen=True)
class Arrival:
    """The new files of one source object."""

    source: str
    object_name: str
    files: tuple[StoredObject, ...]


@dataclass(frozen=True)
class Landing:
    """What a look at landing found; `missing` names required objects (`source.object`) without any file."""

    location: str
    arrivals: tuple[Arrival, ...]
    seen: int
    missing: tuple[str, ...]


def look(sources: Sequence[Source], location: str, storage: Storage, known: frozenset[tuple[str, ...]]) -> Landing:
    """Compare landing with the ledger; a source's files lie in `<landing>/<source>/` if it exists, else in landing.

    NothingArrivedError if files were read before, and the folder that they would be in now is not there.
    """
    if known and not is_remote(location) and not Path(location).is_dir():
        raise NothingArrivedError(f"there is no folder {location}, where files would arrive; what is published stays")
    store = store_for(location, storage)
    found = list(store.list(location))
    arrivals, missing, seen = [], [], 0
    for source in sources:
        own = _below(found, join(location, source.source)) or _below(found, location)
        for name in source.objects:
            definition = source.object(name)
            matching = tuple(file for path, file in own if _matches(path, definition.globs))
            seen += len(matching)
            if definition.required and not matching:
                missing.append(f"{source.source}.{name}")
            new = tuple(file for file in matching if _identity(source.source, name, file) not in known)
            if new:
                arrivals.append(Arrival(source.source, name, new))
    return Landing(location, tuple(arrivals), seen, tuple(missing))


def known_files(lake: Lake, manifest: Manifest | None, retried_sources: frozenset[str]) -> frozenset[tuple[str, ...]]:
    """Every file of the ledger that need not be read again, by source, object, location, size and modification time.

    Files that were set aside are tried again where their source's definition changed since.
    """
    if manifest is None or (pinned := manifest.tables.get(str(OBJECTS))) is None:
        return frozenset()
    columns = ["source", "object_name", "source_file", "size_bytes", "modified_at", "state"]
    ledger = lake.stored(OBJECTS, pinned.version).delta.to_pyarrow_table(columns=columns)
    ledger = ledger.set_column(4, "modified_at", ledger["modified_at"].cast(pa.int64()))
    return frozenset(
        tuple(map(str, (row["source"], row["object_name"], row["source_file"], row["size_bytes"], row["modified_at"])))
        for row in ledger.to_pylist()
        if row["state"] == FileState.LOADED
        or (row["state"] == FileState.QUARANTINED and row["source"] not in retried_sources)
    )


def _identity(source: str, name: str, file: StoredObject) -> tuple[str, ...]:
    return (source, name, file.uri, str(file.size), str(_micros(file.modified_at)))


def _micros(moment: datetime) -> int:
    return int(pa.scalar(moment, pa.timestamp("us", "UTC")).value)


def _below(files: Iterable[StoredObject], folder: str) -> list[tuple[str, StoredObject]]:
    prefix = folder + "/"
    return [
        (relative, file)
        for file in files
        if file.uri.startswith(prefix) and not _is_hidden(relative := file.uri[len(prefix) :])
    ]


def _is_hidden(path: str) -> bool:
    return path.endswith(UNFINISHED) or any(part.startswith((".", "_")) for part in PurePosixPath(path).parts)


def _matches(path: str, globs: Sequence[str]) -> bool:
    return any(_pattern(glob).fullmatch(path) for glob in globs)


@cache
def _pattern(glob: str) -> re.Pattern[str]:
    """`*` and `?` stay within a folder, `**/` spans any number of them."""
    translated = re.escape(glob).replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*")
    return re.compile(translated.replace(r"\*", "[^/]*").replace(r"\?", "[^/]"))
