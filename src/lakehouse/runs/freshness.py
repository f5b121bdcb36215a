"""How fresh a snapshot is, and what waits in its quarantine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from lakehouse.gold.coverage import TABLE as COVERAGE
from lakehouse.quality.ledger import DELIVERIES
from lakehouse.quality.quarantine import REJECTS, SET_ASIDE
from lakehouse.runs.day_states import DayState, partial_days
from lakehouse.runs.history import last_load
from lakehouse.runs.manifest import Manifest
from lakehouse.runs.snapshot import Snapshot
from lakehouse.table import Table


@dataclass(frozen=True)
class Freshness:
    """The last business day with a row, and the time of the newest file of the last load; None where not known.

    `known_until` has the last day that each fact is known for; of `partial` days files are missing or damaged.
    """

    last_date: date | None
    newest_file_at: datetime | None
    quarantined_rows: int
    set_aside_rows: int
    known_until: Mapping[str, date | None] = field(default_factory=dict)
    partial: tuple[DayState, ...] = ()


def freshness(snapshot: Snapshot) -> Freshness:
    """What is told by the manifests, and by the one small table that knows the days."""
    manifest = snapshot.manifest
    load = last_load(snapshot.root, snapshot.storage, manifest)
    spans = _spans(snapshot)
    return Freshness(
        last_date=max((row["last_date"] for row in spans if row["last_date"]), default=None),
        known_until={row["table_name"]: row.get("last_known_date") for row in spans},
        partial=tuple(_partial(snapshot)),
        newest_file_at=load.inputs.newest_at if load and load.inputs else None,
        quarantined_rows=_rows(manifest, REJECTS),
        set_aside_rows=_rows(manifest, SET_ASIDE),
    )


def _spans(snapshot: Snapshot) -> list[dict[str, Any]]:
    if str(COVERAGE) not in snapshot.tables:
        return []
    return list(snapshot.query("select * from coverage order by table_name", [str(COVERAGE)]).to_pylist())


def _partial(snapshot: Snapshot) -> Iterable[DayState]:
    if str(DELIVERIES) not in snapshot.tables:
        return ()
    return partial_days(snapshot.dataset(str(DELIVERIES)).to_table())


def _rows(manifest: Manifest, table: Table) -> int:
    pinned = manifest.tables.get(str(table))
    return pinned.rows if pinned else 0
