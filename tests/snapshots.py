"""Two published snapshots, compared table by table."""

from __future__ import annotations

from lakehouse.runs.snapshot import Snapshot

TECHNICAL = {"_run_id", "_object_id", "_row_number", "_source"}
"""Columns that say how a row came, not what it is."""


def unequal(one: Snapshot, other: Snapshot) -> list[str]:
    """Every table of silver, gold and KPIs that differs, or of what waits or came, with some rows of the difference."""
    compared = ("silver.", "gold.", "kpi.", "quarantine.set_aside", "runs.deliveries")
    names = [name for name in one.tables if name.startswith(compared)]
    assert set(names) <= set(other.tables)
    return [text for name in names if (text := _difference(one, other, name))]


def _difference(one: Snapshot, other: Snapshot, name: str) -> str:
    columns = ", ".join(column for column in one.dataset(name).schema.names if column not in TECHNICAL)
    query = f"select {columns} from {name.partition('.')[2]}"
    left, right = (sorted(map(str, snapshot.query(query, [name]).to_pylist())) for snapshot in (one, other))
    if left == right:
        return ""
    ours, theirs = ([row for row in side if row not in set(rest)] for side, rest in ((left, right), (right, left)))
    rows = [*(f"  - {row}" for row in ours[:2]), *(f"  + {row}" for row in theirs[:2])]
    return "\n".join([f"{name}: {len(left)} and {len(right)} rows", *rows])
