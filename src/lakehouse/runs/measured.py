"""What a run did, as the logs of its tables tell it, beside what was planned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from lakehouse.runs.cost import dollars, dpu_seconds
from lakehouse.runs.manifest import Manifest
from lakehouse.runs.plan import Plan
from lakehouse.runs.planned_tables import Reach, read_bytes
from lakehouse.runs.report import TableReport
from lakehouse.runs.work import Amount, TableWork, Work
from lakehouse.settings import Glue
from lakehouse.storage.commit_log import Written, commit_uri, written
from lakehouse.storage.lake import Lake

CREATED = 0
"""The version at which a table is created, before its first row."""


def work_of(
    lake: Lake, plan: Plan, manifest: Manifest, base: Manifest | None, steps: Iterable[TableReport], glue: Glue
) -> Work | None:
    """The work of the run that is about to publish the manifest; None where nothing was planned."""
    if plan.estimate is None:
        return None
    seconds = manifest.seconds or 0.0
    return Work(
        files=manifest.files_in,
        rows=manifest.rows_in,
        bytes=manifest.inputs.bytes if manifest.inputs else 0,
        estimate=plan.estimate,
        dpu_seconds=round(dpu_seconds(glue, seconds), 1) if glue.is_used else None,
        dollars=round(dollars(glue, seconds), 4) if glue.is_used else None,
        tables=_tables(lake, plan, manifest, base, steps),
    )


def _tables(
    lake: Lake, plan: Plan, manifest: Manifest, base: Manifest | None, steps: Iterable[TableReport]
) -> dict[str, TableWork]:
    """What was planned of each table, and what the run's commits did."""
    done = _changes(lake, manifest, base)
    told = _seconds(steps)
    written_bytes = {name: change.bytes for name, change in done.items()}
    written_bytes |= {str(each): each.bytes for each in plan.files}
    held = {name: pin.bytes for name, pin in manifest.tables.items()}
    work = {}
    for table in plan.tables:
        actual = None
        if change := done.get(table.table):
            read = read_bytes(table.reach, change.replaced_bytes, table.reads, written_bytes, held)
            actual = Amount(partitions=change.partitions, rows=change.rows, bytes=change.bytes, read_bytes=read)
        work[table.table] = TableWork(
            is_whole=table.reach is Reach.WHOLE,
            planned=table.amount,
            actual=actual,
            seconds=told.get(table.table),
        )
    return work


def _changes(lake: Lake, manifest: Manifest, base: Manifest | None) -> Mapping[str, Written]:
    """What the run's commits did to each table that has any."""
    found = {}
    for name, pin in manifest.tables.items():
        before = base.tables.get(name) if base else None
        versions = range((before.version if before else CREATED) + 1, pin.version + 1)
        uris = [commit_uri(lake.root, name, version) for version in versions]
        if (change := written(uris, lake.storage, manifest.run_id)) is not None:
            found[name] = change
    return found


def _seconds(steps: Iterable[TableReport]) -> Mapping[str, float]:
    found: dict[str, float] = defaultdict(float)
    for step in steps:
        found[step.table] += step.seconds
    return {name: round(seconds, 3) for name, seconds in found.items()}
