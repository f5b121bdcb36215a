"""Start from what is published: undo what a run left behind that never got as far as publishing."""

from __future__ import annotations

from collections.abc import Iterable

from lakehouse.runs.context import Tell
from lakehouse.runs.manifest import Manifest
from lakehouse.storage.lake import Lake
from lakehouse.table import Table

EMPTY = 0
"""The version at which every table was created, before its first row."""


def heal(lake: Lake, tables: Iterable[Table], base: Manifest | None, tell: Tell) -> None:
    """Put every table that went on after the published snapshot back to it."""
    for table in tables:
        pinned = base.tables.get(str(table)) if base else None
        published = pinned.version if pinned else EMPTY
        if (version := lake.version(table)) is not None and version > published:
            lake.restore(table, published)
            tell(str(table), f"put back to version {published}: an earlier run ended before publishing")
