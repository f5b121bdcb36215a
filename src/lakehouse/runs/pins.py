"""Pin the tables of a snapshot: what changed since the parent is measured, all else is as the parent has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from lakehouse.errors import IntegrityError
from lakehouse.runs.manifest import Manifest, PinnedTable
from lakehouse.settings import Storage
from lakehouse.storage.versions import content_of, open_version

if TYPE_CHECKING:
    from lakehouse.storage.lake import Lake
    from lakehouse.table import Table


def pin_tables(
    lake: Lake, tables: Iterable[Table], base: Manifest | None, written: Mapping[str, int]
) -> Mapping[str, PinnedTable]:
    """Every table that there is, at its latest version.

    IntegrityError if that is not the version that was `written` last, or has rows that neither were written nor
    published before: somebody else is at work.
    """
    before = base.tables if base else {}
    pins = {}
    for table in tables:
        name = str(table)
        try:
            delta = lake.delta(table)
        except TableNotFoundError:
            continue
        pins[name] = pin(delta, before.get(name))
        is_ours = delta.version() == written[name] if name in written else _is_as_before(pins[name], before.get(name))
        if not is_ours:
            # Whoever lost the lake is told that first.
            lake.before_commit()
            raise IntegrityError(
                f"{name}: version {delta.version()} is not of this run; another writer is at work on this lake, "
                "nothing was published"
            )
    return pins


def _is_as_before(now: PinnedTable, before: PinnedTable | None) -> bool:
    """Whether the same files are pinned; none, where there was no pin. Fields may have been added."""
    if before is None:
        return now.files == 0
    return before.files_sha256 in {None, now.files_sha256}


def pin(delta: DeltaTable, before: PinnedTable | None = None) -> PinnedTable:
    """The version that is open; as it was pinned `before`, if that is the same one and was measured."""
    if before is not None and before.version == delta.version() and before.files_sha256 is not None:
        return before
    return PinnedTable(version=delta.version(), **asdict(content_of(delta)))


def move(root: str, name: str, storage: Storage, pinned: PinnedTable) -> PinnedTable:
    """The table pinned at its latest version where that has the same content, else as it was pinned."""
    latest = open_version(root, name, storage)
    if pinned.files_sha256 is None:
        pinned = pin(open_version(root, name, storage, pinned.version))
    return pin(latest, pinned) if holds(latest, pinned) else pinned


def holds(delta: DeltaTable, pinned: PinnedTable) -> bool:
    """Whether the version that is open has exactly the content that was pinned; no if that was never measured."""
    found = content_of(delta)
    return (found.schema_sha256, found.files_sha256) == (pinned.schema_sha256, pinned.files_sha256)
