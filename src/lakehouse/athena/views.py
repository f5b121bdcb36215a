"""The views that readers on Athena see: the pointer, each table of the snapshot it points to, and each mart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlglot import exp

from lakehouse.derive.catalog_entry import view_input
from lakehouse.runs.declared import declared
from lakehouse.runs.snapshot import Snapshot
from lakehouse.semantic.compiler.sql import column, nothing, text, union
from lakehouse.semantic.exports.views import views
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Dialect
from lakehouse.table import STRING, TIMESTAMP, Layer, Table

POINTER = "published_snapshot"
SLOTS = ("a", "b")

_POINTER_COLUMNS: Mapping[str, tuple[str, str]] = {
    "slot": (STRING, "Which of the two entries of each table readers see."),
    "run_id": (STRING, "The run that published what readers see."),
    "published_at": (TIMESTAMP, "When it was published, UTC."),
}


@dataclass(frozen=True)
class AthenaView:
    """A view in the catalog: what its columns are, by name, and what it selects."""

    name: str
    description: str
    columns: Mapping[str, tuple[str, str]]
    tree: exp.Query

    @property
    def sql(self) -> str:
        return self.tree.sql(dialect=Dialect.TRINO.value, pretty=True)

    @property
    def statement(self) -> str:
        """What creates it by a query; it has no place for the descriptions."""
        create = exp.Create(this=exp.table_(self.name), kind="VIEW", replace=True, expression=self.tree.copy())
        return f"{create.sql(dialect=Dialect.TRINO.value, pretty=True)};\n"

    def entry(self, database: str) -> dict[str, Any]:
        """The `TableInput` of Glue's CreateTable and UpdateTable."""
        return view_input(self.name, self.description, self.columns, self.sql, database)


def entry_name(table: str, slot: str) -> str:
    """Name of a table's entry for a slot."""
    return f"{table}__{slot}"


def pointer(slot: str, run_id: str, published_at: datetime) -> AthenaView:
    """The view of one row that says which slot readers see."""
    at = exp.cast(text(f"{published_at:%Y-%m-%d %H:%M:%S.%f}"[:-3]), "timestamp(3)")
    tree = exp.select(text(slot).as_("slot"), text(run_id).as_("run_id"), at.as_("published_at"))
    return AthenaView(POINTER, "The snapshot that readers see: one row.", _POINTER_COLUMNS, tree)


def shown(snapshot: Snapshot, metrics: Metrics) -> Mapping[str, Table]:
    """The tables that readers on Athena see, by full name: the star schema and the KPI tables, as they were published.

    A field that was declared after the run is left out.
    """
    found = {}
    for name, table in declared(metrics).items():
        if table.layer in {Layer.GOLD, Layer.KPI} and name in snapshot.tables:
            there = set(snapshot.dataset(name).schema.names)
            fields = tuple(field for field in table.fields if field.name in there)
            found[name] = replace(table, fields=fields, expectations=())
    return found


def table_views(tables: Mapping[str, Table], stored: Mapping[str, Mapping[str, str]]) -> Iterator[AthenaView]:
    """Each table as the snapshot has it that the pointer says; `stored` are the types of each entry's columns."""
    for table in tables.values():
        selects = [_slot(table, slot, stored.get(entry_name(table.name, slot), {})) for slot in SLOTS]
        columns = {field.name: (field.type, field.description) for field in table.fields}
        yield AthenaView(table.name, table.grain, columns, union(selects))


def statements(snapshot: Snapshot, metrics: Metrics) -> Mapping[str, str]:
    """What creates the views of the snapshot by queries, by file name: the pointer first, then those that read it."""
    tables = shown(snapshot, metrics)
    stored = {
        entry_name(table.name, slot): {field.name: field.type for field in table.fields}
        for table in tables.values()
        for slot in SLOTS
    }
    first = pointer(SLOTS[0], snapshot.manifest.run_id, snapshot.manifest.created_at)
    views = (first, *table_views(tables, stored), *mart_views(metrics))
    return {f"{number:02}_{view.name}.sql": view.statement for number, view in enumerate(views, start=1)}


def mart_views(metrics: Metrics) -> Iterator[AthenaView]:
    """Each mart by each calendar grain."""
    for view in views(metrics):
        columns = {name: (each.type, each.description) for name, each in view.columns.items()}
        yield AthenaView(view.name, view.description, columns, view.tree)


def _slot(table: Table, slot: str, stored: Mapping[str, str]) -> exp.Select:
    """A slot's rows where it is the one that is published: the pointer is a constant, so the other one is not read."""
    chosen = column("slot", POINTER).eq(text(slot))
    name = entry_name(table.name, slot)
    return exp.select(*_columns(table, name, stored)).from_(name).join(POINTER, join_type="cross").where(chosen)


def _columns(table: Table, entry: str, stored: Mapping[str, str]) -> Sequence[exp.Expr]:
    """The fields of the table; one that an older snapshot did not have is null in it."""
    found: list[exp.Expr] = []
    for field in table.fields:
        here = stored.get(field.name)
        value: exp.Expr = column(field.name, entry)
        if here is None:
            value = nothing(field.type)
        elif here != field.type:
            value = exp.cast(value, field.type)
        found.append(value.as_(field.name))
    return found
