"""How fresh a snapshot is, and what waits in its quarantine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from lakehouse.gold.coverage import TABLE as COVERAGE
from lakehouse.quality.quarantine import REJECTS, SET_ASIDE
from lakehouse.runs.history import last_load
from lakehouse.runs.manifest import Manifest
from lakehouse.runs.snapshot import Snapshot
from lakehouse.table import Table


@dataclass(frozen=True)
class Freshness:
    """The last business day with a row, and the time of the newest file of the last load; None where not known."""

    last_date: date | None
    newest_file_at: datetime | None
    quarantined_rows: int
    set_aside_rows: int


def freshness(snapshot: Snapshot) -> Freshness:
    """What is told by the manifests, and by the one small table that knows the days."""
    manifest = snapshot.manifest
    load = last_load(snapshot.root, snapshot.storage, manifest)
    return Freshness(
        last_date=_last_date(snapshot),
        newest_file_at=load.inputs.newest_at if load and load.inputs else None,
        quarantined_rows=_rows(manifest, REJECTS),
        set_aside_rows=_rows(manifest, SET_ASIDE),
    )


def _last_date(snapshot: Snapshot) -> date | None:
    if str(COVERAGE) not in snapshot.tables:
        return None
    found = snapshot.query("select max(last_date) as last_date from coverage", [str(COVERAGE)]).to_pylist()
    return next((row["last_date"] for row in found), None)


def _rows(manifest: Manifest, table: Table) -> int:
    pinned = manifest.tables.get(str(table))
    return pinned.rows if pinned else 0
