"""The tables that a run may write, in its order, and how much of each: why, from what, and how many commits it takes.

Which tables these are is certain: a run writes no other. How much of each is an estimate, and says what it rests on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from lakehouse.quality.ledger import BALANCES, DELIVERIES, OBJECTS
from lakehouse.quality.quarantine import REJECTS, SET_ASIDE
from lakehouse.runs.arrivals import Landing
from lakehouse.runs.catalog import ENTITIES, Entity, Model, in_order
from lakehouse.runs.context import MOST_ROWS
from lakehouse.runs.deliveries import day_of
from lakehouse.runs.forecast import Forecast, Published
from lakehouse.runs.manifest import Basis, Manifest
from lakehouse.runs.rebuild import Rebuild
from lakehouse.runs.record_counts import Density
from lakehouse.runs.work import Amount
from lakehouse.sources.delivery_day import path_below
from lakehouse.storage.lake import Lake
from lakehouse.table import Layer, Table


class Reach(StrEnum):
    """How much of a table is made: the run's own rows beside the others, what changes can reach, or all of it."""

    ADDED = "added"
    SCOPED = "scoped"
    WHOLE = "whole"


@dataclass(frozen=True)
class PlannedFiles:
    """The new files of a source object; `records` is about how many they have."""

    source: str
    object_name: str
    files: tuple[str, ...]
    bytes: int
    records: int
    basis: str

    def __str__(self) -> str:
        return f"{self.source}.{self.object_name}"


@dataclass(frozen=True)
class PlannedTable:
    """A table that the run may write; `staged_rows` are written beside it, to be judged."""

    table: str
    reach: Reach
    why: str
    reads: tuple[str, ...]
    forecast: Forecast
    read_bytes: int
    commits: int
    staged_rows: int = 0

    @property
    def amount(self) -> Amount:
        written = self.forecast
        return Amount(partitions=written.partitions, rows=written.rows, bytes=written.bytes, read_bytes=self.read_bytes)


class Task(Protocol):
    """What a run found to do; see `lakehouse.runs.run`."""

    @property
    def lake(self) -> Lake: ...
    @property
    def base(self) -> Manifest | None: ...
    @property
    def basis(self) -> Basis: ...
    @property
    def rebuild(self) -> Rebuild: ...
    @property
    def landing(self) -> Landing: ...
    @property
    def models(self) -> tuple[Model, ...]: ...
    @property
    def bronze(self) -> dict[tuple[str, str], Table]: ...
    @property
    def to_load(self) -> list[tuple[str, str]]: ...
    @property
    def is_empty(self) -> bool: ...


def planned_tables(
    task: Task, published: Published, files: Sequence[PlannedFiles], known: Mapping[tuple[str, str], Density]
) -> tuple[PlannedTable, ...]:
    """The tables for the new files and for what is made anew; `known` is what was loaded of each object before."""
    return _Tables(task, published, files, known).all()


def read_bytes(
    reach: Reach, replaced: int, inputs: Sequence[str], written: Mapping[str, int], held: Mapping[str, int]
) -> int:
    """What is read for a table: all of its inputs where it is made as a whole; else what it replaces and they wrote."""
    if reach is Reach.WHOLE:
        return sum(held.get(name, 0) for name in inputs)
    return replaced + sum(written.get(name, 0) for name in inputs)


@dataclass
class _Tables:
    """Gathers the tables in the order in which a run writes them; `added` are the rows by which each grows."""

    task: Task
    published: Published
    files: Sequence[PlannedFiles]
    known: Mapping[tuple[str, str], Density]
    found: list[PlannedTable] = field(default_factory=list)
    added: dict[str, int] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)

    def all(self) -> tuple[PlannedTable, ...]:
        self.held |= {name: pin.bytes for name, pin in (self.task.base.tables.items() if self.task.base else ())}
        self._bronze()
        self._silver()
        self._models()
        return tuple(self.found)

    def _bronze(self) -> None:
        for each in self.files:
            self.written[str(each)] = each.bytes
            table = self.task.bronze[each.source, each.object_name]
            # Beside the records there is a row about each file.
            rows = each.records + len(each.files)
            self._add(table, Reach.ADDED, f"new files of {each}", rows, (str(each),))
        ledger = sum(len(each.files) for each in self.files)
        self._add(OBJECTS, Reach.ADDED, "the files that are read", ledger)

    def _silver(self) -> None:
        accounts = 0
        for entity in ENTITIES.values():
            feeding = [pair for pair in self.task.to_load if entity.table.name in self._fed_by(pair)]
            if feeding:
                accounts += sum(self._delivered(pair)[0] for pair in feeding)
                self._entity(entity, feeding)
            else:
                self._created(entity)
        if accounts:
            self._add(BALANCES, Reach.ADDED, "what becomes of the records", accounts)
        if self.task.to_load:
            reach = Reach.WHOLE if self.task.rebuild.silver else Reach.ADDED
            self._add(REJECTS, reach, "records that are set aside", 0)
        self._days()

    def _days(self) -> None:
        landing = self.task.landing
        files = [file for arrival in landing.arrivals for file in arrival.files]
        days = [day_of(path_below(landing.location, file.uri), file.modified_at) for file in files]
        if dated := [day for day in days if day is not None]:
            self._add(DELIVERIES, Reach.WHOLE, "the days that files have come for", len(dated))
        elif self.published.pin(DELIVERIES) is None:
            self._create(DELIVERIES)
        elif self.task.rebuild.silver:
            self._add(DELIVERIES, Reach.WHOLE, self.task.rebuild.silver, 0)

    def _entity(self, entity: Entity, feeding: Sequence[tuple[str, str]]) -> None:
        table, name = entity.table, entity.table.name
        delivered = sum(self._delivered(pair)[1] * self._fed_by(pair)[name] for pair in feeding)
        anew = self.task.rebuild.silver
        are_many = delivered > MOST_ROWS
        # Few are judged in memory; many are written before they are judged, and after.
        passes = 2 if are_many else 0
        told = [f"{source}.{name}" for source, name in feeding]
        why = anew or f"new files of {', '.join(told)}"
        reads = tuple(str(self.task.bronze[pair]) for pair in feeding)
        added = self._growth(entity, feeding)
        for each in (entity.table, entity.versions):
            if each is not None:
                is_whole = anew is not None or are_many or not self.published.rows(each)
                reach = Reach.WHOLE if is_whole else Reach.SCOPED
                staged = (delivered * passes, passes) if each is table else (0, 0)
                self._add(each, reach, why, added, reads, staged)

    def _growth(self, entity: Entity, feeding: Sequence[tuple[str, str]]) -> int:
        """The rows by which an entity grows: as many of those that arrive as were kept of those before."""
        arriving = {(each.source, each.object_name): each.records for each in self.files}
        new = sum(arriving.get(pair, 0) * self._fed_by(pair)[entity.table.name] for pair in feeding)
        before = sum(
            density.records * self._fed_by(pair).get(entity.table.name, 0)
            for pair, density in self.known.items()
            if pair in self.task.bronze
        )
        kept = min(1.0, self.published.rows(entity.table) / before) if before else 1.0
        return round(new * kept)

    def _created(self, entity: Entity) -> None:
        """Tables of what no source delivers are there too, and empty."""
        for table in (entity.table, entity.versions):
            if table is not None and self.published.pin(table) is None:
                self._create(table)

    def _create(self, table: Table) -> None:
        nothing = self.published.added(table, 0)
        self.found.append(PlannedTable(str(table), Reach.WHOLE, "not there yet: created empty", (), nothing, 0, 0))

    def _models(self) -> None:
        is_judged = False
        for model in in_order(self.task.models):
            changed = [str(table) for table in model.table.inputs if str(table) in self.added]
            why = self._reason(model) or (changed and f"reads {', '.join(changed)}")
            if why:
                is_judged |= model.set_aside is not None
                is_whole = self._reason(model) is not None or model.scoped is None
                reads = tuple(map(str, model.table.inputs)) if is_whole else tuple(changed)
                self._add(model.table, Reach.WHOLE if is_whole else Reach.SCOPED, why, self._rows_more(model), reads)
        if is_judged:
            self._add(SET_ASIDE, Reach.SCOPED, "rows that can not count yet", 0)
        elif self.published.pin(SET_ASIDE) is None:
            self._create(SET_ASIDE)

    def _reason(self, model: Model) -> str | None:
        """Why a model's table is made as a whole though no input asks for it."""
        rebuild = self.task.rebuild
        asked = rebuild.silver or rebuild.gold or (rebuild.kpi if model.table.layer is Layer.KPI else None)
        return asked or ("not built yet" if self.published.pin(model.table) is None else None)

    def _rows_more(self, model: Model) -> int:
        """A table grows as its first input does, which is the one whose rows it has."""
        business = self.task.basis.business
        days = (business.calendar_to - business.calendar_from).days + 1
        if not model.table.inputs:
            return 0 if self.published.pin(model.table) else days
        first = model.table.inputs[0]
        more, before, rows = self.added.get(str(first), 0), self.published.rows(first), self.published.rows(model.table)
        if rows and before:
            return round(more * rows / before)
        return min(more, days) if model.table.layer is Layer.KPI else more

    def _fed_by(self, pair: tuple[str, str]) -> Mapping[str, int]:
        source, name = pair
        return self.task.basis.sources[source].fed_by(name)

    def _delivered(self, pair: tuple[str, str]) -> tuple[int, int]:
        """Files and records of an object that go into silver: the new ones, and all before where it is made anew."""
        new = [each for each in self.files if (each.source, each.object_name) == pair]
        files, records = sum(len(each.files) for each in new), sum(each.records for each in new)
        if self.task.rebuild.silver and (before := self.known.get(pair)):
            return files + before.files, records + before.records
        return files, records

    def _add(
        self,
        table: Table,
        reach: Reach,
        why: str,
        added: int,
        reads: tuple[str, ...] = (),
        staged: tuple[int, int] = (0, 0),
    ) -> None:
        forecasts = {
            Reach.ADDED: self.published.added,
            Reach.SCOPED: self.published.scoped,
            Reach.WHOLE: self.published.whole,
        }
        name, forecast = str(table), forecasts[reach](table, added)
        read = read_bytes(reach, forecast.replaced_bytes, reads, self.written, self.held)
        staged_rows, staged_commits = staged
        commits = int(forecast.partitions > 0) + staged_commits
        self.found.append(PlannedTable(name, reach, why, reads, forecast, read, commits, staged_rows))
        self.added[name], self.written[name] = added, forecast.bytes
        self.held[name] = self.held.get(name, 0) + forecast.bytes - forecast.replaced_bytes
