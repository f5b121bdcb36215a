"""A lake of two tables, written and published without an engine: what upkeep does is the same for any rows."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from deltalake import write_deltalake

from lakehouse.runs.manifest import Basis, Kind, Manifest, PinnedTable, Snapshots
from lakehouse.runs.pins import pin_tables
from lakehouse.runs.snapshot import Snapshot, open_snapshot
from lakehouse.settings import Business, Storage
from lakehouse.storage.lake import Lake
from lakehouse.table import BIGINT, STRING, Field, Layer, Table
from tests.rows import arrow_rows

NOTES = Table(
    Layer.GOLD,
    "notes",
    "One row per note.",
    (Field("note", STRING, "The note."), Field("size", BIGINT, "Its length.")),
    ("note",),
)
EVENTS = Table(
    Layer.SILVER,
    "events",
    "One row per event.",
    (Field("event", STRING, "The event."), Field("day", STRING, "Its day.")),
    ("event",),
    partition_by=("day",),
)
TABLES = (NOTES, EVENTS)
BASIS = Basis(code_sha256="c", metrics_sha256="m", business=Business(), sources={})
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

Rows = Mapping[str, list[str]]


@dataclass(frozen=True)
class SmallLake:
    """Its root, and what is published in it."""

    root: Path
    storage: Storage = field(default_factory=Storage)

    @property
    def lake(self) -> Lake:
        return Lake(str(self.root), self.storage)

    @property
    def written(self) -> dict[str, int]:
        """The latest version of every table, as if a run had written it."""
        versions = {str(table): self.lake.version(table) for table in TABLES}
        return {name: version for name, version in versions.items() if version is not None}

    def note(self, *notes: str) -> None:
        """Add notes by one commit."""
        self.lake.create(NOTES)
        rows = arrow_rows(NOTES, *({"note": note, "size": len(note)} for note in notes))
        write_deltalake(self.lake.uri(NOTES), rows, mode="append")

    def renote(self, *notes: str) -> None:
        """Have these notes and no others."""
        self.lake.create(NOTES)
        rows = arrow_rows(NOTES, *({"note": note, "size": len(note)} for note in notes))
        write_deltalake(self.lake.uri(NOTES), rows, mode="overwrite")

    def happen(self, day: str, *events: str) -> None:
        """Add events of a day by one commit."""
        self.lake.create(EVENTS)
        rows = arrow_rows(EVENTS, *({"event": event, "day": day} for event in events))
        write_deltalake(self.lake.uri(EVENTS), rows, mode="append")

    def orphan(self, name: str, written_at: datetime | None = None) -> Path:
        """A data file beside the notes that no commit names."""
        path = self.root / NOTES.path / f"{name}.parquet"
        path.write_bytes(b"half of a")
        if written_at:
            os.utime(path, (written_at.timestamp(),) * 2)
        return path

    def publish(self, age: timedelta = timedelta()) -> Manifest:
        """Publish what the tables hold, as a run of so long ago."""
        snapshots = Snapshots(str(self.root), self.storage)
        base = snapshots.current()
        manifest = self.manifest(base, pin_tables(self.lake, TABLES, base, self.written), age)
        snapshots.publish(manifest, lambda: None)
        return manifest

    def manifest(self, base: Manifest | None, tables: Mapping[str, PinnedTable], age: timedelta) -> Manifest:
        now = datetime.now(UTC) - age
        return Manifest(
            run_id=f"{now:%Y%m%dT%H%M%S%f}-{uuid4().hex[:8]}",
            created_at=now,
            engine="sail",
            parent_run_id=base.run_id if base else None,
            parent_sha256=base.sha256 if base else None,
            fencing_token=Snapshots(str(self.root), self.storage).fencing_token() or None,
            basis=BASIS,
            tables=tables,
            files_in=1,
            rows_in=2,
            kind=Kind.RUN,
        )

    def current(self) -> Manifest:
        return open_snapshot(str(self.root), self.storage).manifest

    def published(self, manifest: Manifest | None = None) -> Rows:
        """All rows of a snapshot, the published one by default."""
        opened = Snapshot(str(self.root), self.storage, manifest or self.current())
        columns = {"gold.notes": "note", "silver.events": "event"}
        return {name: _sorted(opened, name, columns[name]) for name in opened.tables}

    def log(self, table: Table) -> Path:
        return self.root / table.path / "_delta_log"


def _sorted(snapshot: Snapshot, name: str, column: str) -> list[str]:
    found: Sequence[str] = snapshot.dataset(name).to_table()[column].to_pylist()
    return sorted(found)
