"""What is made from what: tables from their declared inputs, and fields where their names alone tell it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lakehouse.table import Field, Layer, Table


@dataclass(frozen=True)
class Edge:
    """`target` is made from `source`, among others."""

    source: Table
    target: Table


@dataclass(frozen=True)
class Origin:
    """Where a field's values come from."""

    table: Table
    field: Field

    def __str__(self) -> str:
        return f"{self.table.name}.{self.field.name}"


def edges(tables: Iterable[Table]) -> tuple[Edge, ...]:
    """Every declared input of every table, in their order."""
    return tuple(Edge(source, table) for table in tables for source in table.inputs)


def readers(tables: Iterable[Table]) -> Mapping[Table, tuple[Table, ...]]:
    """By table, the tables made from it; a table that nothing reads is not there."""
    found: dict[Table, list[Table]] = defaultdict(list)
    for edge in edges(tables):
        found[edge.source].append(edge.target)
    return {source: tuple(targets) for source, targets in found.items()}


def origins(table: Table) -> Mapping[str, Origin]:
    """By field name, the input's field that it comes from, as it is or converted; only where it is plain.

    Plain is a reference to an input, and a field that the first input (the one that gives the table its rows) has by
    the same name and type, unless another input has a field so called that comes from elsewhere. An input that the
    table points to does not count there: its fields are looked up by its key, not copied.
    """
    return {field.name: origin for field in table.fields if (origin := _origin(table, field)) is not None}


def mermaid(tables: Sequence[Table]) -> str:
    """The lineage as a Mermaid flowchart: one box per layer, one arrow per input."""
    lines = ["flowchart LR"]
    for layer in Layer:
        nodes = [f"    {_node(table)}[{table.name}]" for table in tables if table.layer is layer]
        if nodes:
            lines += [f"  subgraph {layer}", *nodes, "  end"]
    lines += [f"  {_node(edge.source)} --> {_node(edge.target)}" for edge in edges(tables)]
    return "\n".join(lines) + "\n"


def _node(table: Table) -> str:
    return f"{table.layer}_{table.name}"


def _origin(table: Table, field: Field) -> Origin | None:
    if field.references is not None:
        return next((origin for origin in _inputs(table) if str(origin) == field.references), None)
    pointed_to = {other.references.partition(".")[0] for other in table.fields if other.references}
    named = [
        origin for origin in _inputs(table) if _is_alike(origin.field, field) and origin.table.name not in pointed_to
    ]
    if not named or named[0].table is not table.inputs[0]:
        return None
    return named[0] if len({_root(origin) for origin in named}) == 1 else None


def _inputs(table: Table) -> Iterator[Origin]:
    return (Origin(source, field) for source in table.inputs for field in source.fields)


def _is_alike(field: Field, other: Field) -> bool:
    return (field.name, field.type) == (other.name, other.type)


def _root(origin: Origin) -> str:
    """The field that it comes from at last, or points to."""
    if origin.field.references is not None:
        return origin.field.references
    further = origins(origin.table).get(origin.field.name)
    return str(origin) if further is None else _root(further)
