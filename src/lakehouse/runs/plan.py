"""What a run would read and write, why, and what it takes: found without an engine, a lease or a single write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice

from lakehouse.runs.chain import intact, walk
from lakehouse.runs.cost import Load, assumptions, estimate
from lakehouse.runs.forecast import Published
from lakehouse.runs.manifest import Manifest
from lakehouse.runs.planned_tables import PlannedFiles, PlannedTable, Task, planned_tables
from lakehouse.runs.record_counts import Density, about_records, densities
from lakehouse.runs.work import Estimate
from lakehouse.settings import Cost

LOOKED_BACK = 10
"""Earlier snapshots that are looked at for what runs like this one took."""


@dataclass(frozen=True)
class Plan:
    """What a run would do on top of `base_run_id`; `put_back` are tables that an unpublished run has left changed."""

    lake: str
    engine: str
    base_run_id: str | None
    rebuilt: str | None
    files: tuple[PlannedFiles, ...]
    missing: tuple[str, ...]
    tables: tuple[PlannedTable, ...]
    estimate: Estimate | None
    assumptions: tuple[str, ...]
    put_back: tuple[str, ...] = ()
    held_by: str | None = None

    @property
    def is_empty(self) -> bool:
        return not self.tables

    def as_json(self) -> dict[str, object]:
        """Plain values, for one line of JSON."""
        return {**asdict(self), "estimate": self.estimate and self.estimate.model_dump()}


def plan_of(task: Task, cost: Cost, engine: str) -> Plan:
    """The plan of what a run found to do; without tables if there is nothing."""
    past = _past(task)
    known = densities(task.lake, task.base)
    files = tuple(_files(task, known))
    base_run_id = task.base.run_id if task.base else None
    told = (task.lake.root, engine, base_run_id, task.rebuild.reason, files, task.landing.missing)
    if task.is_empty:
        return Plan(*told, (), None, ())
    published = Published(task.lake, task.base, past, sum(each.bytes for each in files))
    tables = planned_tables(task, published, files, known)
    reckoned = estimate(_load(tables), cost, engine, past)
    return Plan(*told, tables, reckoned, tuple(assumptions(cost, engine, reckoned.correction)))


def _past(task: Task) -> list[Manifest]:
    if task.base is None:
        return []
    chain, _ = intact(islice(walk(task.lake.root, task.lake.storage, task.base), LOOKED_BACK))
    return chain


def _files(task: Task, known: Mapping[tuple[str, str], Density]) -> list[PlannedFiles]:
    found = []
    for arrival in task.landing.arrivals:
        pair = (arrival.source, arrival.object_name)
        count = about_records(arrival, task.basis.sources[arrival.source], known.get(pair), task.lake.storage)
        names = tuple(file.uri for file in arrival.files)
        size = sum(file.size for file in arrival.files)
        found.append(PlannedFiles(*pair, names, size, count.records, count.basis))
    return found


def _load(tables: Sequence[PlannedTable]) -> Load:
    return Load(
        commits=sum(table.commits for table in tables),
        rows=sum(table.forecast.rows + table.staged_rows for table in tables),
    )
