"""The documentation of tables as Markdown: one page per layer, and an index with the lineage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lakehouse.derive.lineage import mermaid, origins, readers
from lakehouse.table import Expectation, Field, Layer, Privacy, Severity, Table

_TITLES: Mapping[Layer, str] = {**{layer: layer.capitalize() for layer in Layer}, Layer.KPI: "KPI"}

_LAYERS: Mapping[Layer, str] = {
    Layer.BRONZE: "Every record as it was sent, one table per object of a source, every column as text. Nothing is "
    "lost and nothing is mended here.",
    Layer.SILVER: "One table per business entity, typed, deduplicated and conformed, the same whatever the source; "
    "the definitions of the sources say how each is filled.",
    Layer.GOLD: "The star schema: what happened (facts), and what it happened to (dimensions).",
    Layer.KPI: "The metrics day by day, one table per mart; [metrics](../metrics.md) says what each number means.",
    Layer.QUARANTINE: "What could not be loaded or can not count yet, each row with its reason.",
    Layer.RUNS: "What was delivered, and what became of every record of it.",
}

_IF_BROKEN: Mapping[Severity, str] = {
    Severity.WARN: "the run reports it",
    Severity.QUARANTINE: "the row is set aside",
    Severity.BLOCK: "nothing is published",
}

_PRIVACY: Mapping[Privacy, str] = {
    Privacy.PUBLIC: "public",
    Privacy.INTERNAL: "internal",
    Privacy.PII_INDIRECT: "personal",
    Privacy.PII_DIRECT: "identifies a person",
}

_INTRODUCTION = """\
# Tables

Every table of the lake, generated from its declaration.

A field's type is followed by *null* where it can be null. *Personal* fields say something about a person; those that
*identify a person* stay in bronze, silver and quarantine. In bronze every column counts as one, since nobody knows what
a source will send.

Before gold and KPI tables are published it is checked that each key is unique, that required fields are there, that
each reference points to a row and that each closed vocabulary holds; where one of these is broken, nothing is
published. A silver row that would break its declaration is set aside when it arrives. What else is expected stands with
each table.
"""


def table_pages(tables: Sequence[Table]) -> Mapping[str, str]:
    """File name → page: `index.md`, and `<layer>.md` for each layer that has tables."""
    catalogue = _Catalogue(tuple(tables))
    return {"index.md": catalogue.index(), **{f"{layer}.md": catalogue.page(layer) for layer in catalogue.layers}}


@dataclass(frozen=True)
class _Catalogue:
    """All tables that are documented together, so that they can point to each other."""

    tables: tuple[Table, ...]

    @property
    def layers(self) -> list[Layer]:
        return [layer for layer in Layer if self.of(layer)]

    def of(self, layer: Layer) -> list[Table]:
        return [table for table in self.tables if table.layer is layer]

    def index(self) -> str:
        read_by = readers(self.tables)
        connected = [table for table in self.tables if table.inputs or table in read_by]
        lines = [_INTRODUCTION]
        for layer in self.layers:
            lines += [f"## [{_TITLES[layer]}]({layer}.md)", "", _LAYERS[layer], "", *_listed(self.of(layer)), ""]
        lines += ["## Lineage", "", "```mermaid", mermaid(connected).rstrip(), "```"]
        return "\n".join(lines) + "\n"

    def page(self, layer: Layer) -> str:
        tables = self.of(layer)
        shared = _shared(tables)
        lines = [f"# {_TITLES[layer]}", "", f"{_LAYERS[layer]} [All tables](index.md).", ""]
        for table in tables:
            lines += [*self._table(table, [field for field in table.fields if field not in shared]), ""]
        if shared:
            lines += ["## In all of these tables", "", *self._fields(shared, {})]
        return "\n".join(lines).rstrip() + "\n"

    def _table(self, table: Table, fields: Sequence[Field]) -> Iterator[str]:
        partitions = f", partitioned by {_codes(table.partition_by)}" if table.partition_by else ""
        read_by = readers(self.tables).get(table, ())
        yield f'## <a id="{table.name}"></a>{table.name}'
        yield ""
        yield _text(table.grain)
        yield ""
        yield f"- Where: `{table.path}`{partitions}"
        if table.primary_key:
            yield f"- Key: {_codes(table.primary_key)}"
        if table.inputs:
            yield f"- Made from: {', '.join(map(_link, table.inputs))}"
        if read_by:
            yield f"- Read by: {', '.join(map(_link, read_by))}"
        if table.layer is Layer.BRONZE:
            yield f"- Columns as sent: {_codes([field.name for field in fields])}"
            return
        yield ""
        yield from self._fields(fields, {name: str(origin) for name, origin in origins(table).items()})
        if table.expectations:
            yield from ("", "| expectation | rule | where broken |", "|---|---|---|")
            yield from map(_expectation, table.expectations)

    def _fields(self, fields: Sequence[Field], taken_from: Mapping[str, str]) -> Iterator[str]:
        yield from ("| field | type | meaning | privacy |", "|---|---|---|---|")
        for field in fields:
            origin = taken_from.get(field.name)
            meaning = [
                _text(field.description),
                *([f"→ {self._target(field.references)}."] if field.references else []),
                *([f"One of {_codes(field.values)}."] if field.values else []),
                *([f"From `{origin}`."] if origin not in {None, field.references} else []),
            ]
            yield f"| `{field.name}` | {_type(field)} | {' '.join(meaning)} | {_PRIVACY[field.privacy]} |"

    def _target(self, reference: str) -> str:
        name = reference.partition(".")[0]
        target = next((table for table in self.tables if table.name == name), None)
        return f"`{reference}`" if target is None else f"[{reference}]({_address(target)})"


def _listed(tables: Sequence[Table]) -> list[str]:
    grains = {table.grain for table in tables}
    if len(grains) == 1 < len(tables):
        return [f"{_text(grain)} {', '.join(map(_link, tables))}" for grain in grains]
    return ["| table | grain |", "|---|---|", *(f"| {_link(table)} | {_text(table.grain)} |" for table in tables)]


def _shared(tables: Sequence[Table]) -> list[Field]:
    """The technical fields that all tables of a layer have alike: they are described once."""
    first, *others = tables
    technical = [field for field in first.fields if field.name.startswith("_")]
    return [field for field in technical if others and all(field in other.fields for other in others)]


def _expectation(expectation: Expectation) -> str:
    name = expectation.name.replace("_", " ")
    return f"| {name} | `{_cell(expectation.predicate)}` | {_IF_BROKEN[expectation.severity]} |"


def _type(field: Field) -> str:
    return f"{field.type}, *null*" if field.nullable else field.type


def _link(table: Table) -> str:
    return f"[{table.name}]({_address(table)})"


def _address(table: Table) -> str:
    return f"{table.layer}.md#{table.name}"


def _codes(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _text(description: str) -> str:
    """Plain text in a cell: nothing in it is taken for Markdown."""
    line = " ".join(description.split())
    for special in ("\\", "*", "<", "[", "`"):
        line = line.replace(special, "\\" + special)
    return _cell(line)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
