"""Two published snapshots, compared table by table."""

from __future__ import annotations

from lakehouse.runs.snapshot import Snapshot

TECHNICAL = {"_run_id", "_object_id", "_row_number", "_source"}
"""Columns that say how a row came, not what it is."""


def unequal(one: Snapshot, other: Snapshot) -> list[str]:
    """Every table of silver, gold and KPIs that differs, with some rows of the difference."""
    names = [name for name in one.tables if name.startswith(("silver.", "gold.", "kpi.", "quarantine.set_aside"))]
    assert set(names) <= set(other.tables)
    return [text for name in names if (text := _difference(one, other, name))]


def _difference(one: Snapshot, other: Snapshot, name: str) -> str:
    columns = [column for column in one.dataset(name).schema.names if column not in TECHNICAL]
    rows = [
        snapshot.query(f"select {', '.join(columns)} from {name.partition('.')[2]}", [name])
        for snapshot in (one, other)
    ]
    left, right = (sorted(map(str, table.to_pylist())) for table in rows)
    if left == right:
        return ""
    ours, theirs = ([row for row in side if row not in set(rest)] for side, rest in ((left, right), (right, left)))
    return (
        f"{name}: {len(left)} and {len(right)} rows\n  - "
        + "\n  - ".join(ours[:2])
        + "\n  + "
        + "\n  + ".join(theirs[:2])
    )
