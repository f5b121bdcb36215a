"""A Tableau data source and its XML (`.tds`), in the order of elements that Tableau's schema (2026.2) wants."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree

from lakehouse.errors import ConfigurationError, Problem

VERSION = "26.2"
"""The oldest Tableau that reads the files."""

_NAMED = "lakehouse"
_USER = "http://www.tableausoftware.com/xml/user"
_REMOTE_TYPES = {"string": "129", "date": "7", "real": "5", "integer": "20", "boolean": "11"}
_AGGREGATIONS = {"string": "Count", "date": "Year", "boolean": "Count"}


@dataclass(frozen=True)
class Column:
    """A column of a table, as people see it: `name` is unique in the data source."""

    name: str
    table: str
    remote: str
    datatype: str
    caption: str
    description: str = ""
    folder: str = ""
    is_hidden: bool = False
    is_measured: bool = False
    role: str | None = None


@dataclass(frozen=True)
class Calculation:
    """A measure that is computed of columns."""

    name: str
    datatype: str
    caption: str
    description: str
    folder: str
    formula: str
    format: str


@dataclass(frozen=True)
class Relationship:
    """Rows of the first table each lead to one row of another, by a column of each."""

    column: str
    table: str
    key: str


@dataclass(frozen=True)
class Connection:
    """Where the tables are: the element of a saved data source, or Athena in a region."""

    schema: str
    region: str
    saved: etree._Element | None = None

    def element(self) -> etree._Element:
        if self.saved is not None:
            return deepcopy(self.saved)
        server = f"athena.{self.region}.amazonaws.com"
        named = etree.Element("named-connection", caption=server, name=_NAMED)
        told = {"class": "athena", "server": server, "port": "443", "dbname": "AwsDataCatalog", "schema": self.schema}
        etree.SubElement(named, "connection", told)
        return named


def saved_connection(content: bytes, name: str) -> etree._Element:
    """The connection of a data source that Tableau saved; ConfigurationError if it has none."""
    try:
        found = etree.fromstring(content, etree.XMLParser(resolve_entities=False)).find(".//named-connection")
    except etree.XMLSyntaxError as error:
        message = f"no data source of Tableau: {error.msg}"
        raise ConfigurationError([Problem(name, error.lineno or 0, 0, message)]) from None
    if found is None:
        raise ConfigurationError([Problem(name, 0, 0, "there is no connection in it")])
    return found


@dataclass(frozen=True)
class TableauSource:
    """Tables, the first of which has the rows that are measured; what is seen of them, and what is measured."""

    name: str
    title: str
    tables: Sequence[str]
    columns: Sequence[Column]
    calculations: Sequence[Calculation]
    relationships: Sequence[Relationship]
    hierarchies: Sequence[tuple[str, Sequence[str]]]
    week_start: str

    def text(self, connection: Connection) -> str:
        """The file."""
        root = etree.Element("datasource", nsmap={"user": _USER})
        told = {"formatted-name": f"federated.{self.name}", "caption": self.title, "inline": "true", "version": VERSION}
        for key, value in told.items():
            root.set(key, value)
        etree.SubElement(etree.SubElement(root, "document-format-change-manifest"), "ManifestByVersion")
        self._connection(root, connection)
        etree.SubElement(root, "aliases", enabled="yes")
        for column in self.columns:
            self._column(root, column)
        for calculation in self.calculations:
            self._calculation(root, calculation)
        self._drill_paths(root)
        self._folders(root)
        etree.SubElement(
            root, "layout", {"dim-ordering": "alphabetic", "measure-ordering": "alphabetic", "show-structure": "true"}
        )
        etree.SubElement(root, "date-options", {"start-of-week": self.week_start})
        self._object_graph(root, connection)
        written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
        return written.decode()

    # ── where it comes from ───────────────────────────────────────────────────────────────────────────────────────────

    def _connection(self, root: etree._Element, connection: Connection) -> None:
        federated = etree.SubElement(root, "connection", {"class": "federated"})
        etree.SubElement(federated, "named-connections").append(connection.element())
        collection = etree.SubElement(federated, "relation", type="collection")
        for table in self.tables:
            collection.append(_relation(table, connection))
        columns = etree.SubElement(federated, "cols")
        for column in self.columns:
            etree.SubElement(columns, "map", key=f"[{column.name}]", value=f"[{column.table}].[{column.remote}]")
        records = etree.SubElement(federated, "metadata-records")
        for ordinal, column in enumerate(self.columns):
            record = etree.SubElement(records, "metadata-record", {"class": "column"})
            for key, value in _metadata(column, ordinal):
                etree.SubElement(record, key).text = value

    def _object_graph(self, root: etree._Element, connection: Connection) -> None:
        graph = etree.SubElement(root, "object-graph")
        objects = etree.SubElement(graph, "objects")
        for table in self.tables:
            element = etree.SubElement(objects, "object", caption=table, id=_object(table))
            etree.SubElement(element, "properties", context="").append(_relation(table, connection))
        if self.relationships:
            relationships = etree.SubElement(graph, "relationships")
            for each in self.relationships:
                _relationship(relationships, self.tables[0], each)

    # ── what people see ───────────────────────────────────────────────────────────────────────────────────────────────

    def _column(self, root: etree._Element, column: Column) -> None:
        kind = {"date": "ordinal", "integer": "ordinal"}.get(column.datatype, "nominal")
        told = {"caption": column.caption, "datatype": column.datatype, "name": f"[{column.name}]"}
        told |= {"role": "dimension", "type": kind}
        if column.is_measured:
            told |= {"role": "measure", "type": "quantitative"}
        element = etree.SubElement(root, "column", told)
        if column.role is not None:
            element.set("semantic-role", column.role)
        if column.is_hidden:
            element.set("hidden", "true")
        if column.description:
            _describe(element, column.description)

    def _calculation(self, root: etree._Element, each: Calculation) -> None:
        told = {"caption": each.caption, "datatype": each.datatype, "name": f"[{each.name}]"}
        told |= {"role": "measure", "type": "quantitative", "default-format": each.format}
        element = etree.SubElement(root, "column", told)
        etree.SubElement(element, "calculation", {"class": "tableau", "formula": each.formula})
        _describe(element, each.description)

    def _drill_paths(self, root: etree._Element) -> None:
        if self.hierarchies:
            paths = etree.SubElement(root, "drill-paths")
            for name, levels in self.hierarchies:
                path = etree.SubElement(paths, "drill-path", name=name)
                for level in levels:
                    etree.SubElement(path, "field").text = f"[{level}]"

    def _folders(self, root: etree._Element) -> None:
        folders = etree.SubElement(root, "folders-common")
        seen = (each for each in self.columns if each.folder and not each.is_hidden)
        fields: list[Column | Calculation] = [*seen, *self.calculations]
        for name in dict.fromkeys(each.folder for each in fields):
            folder = etree.SubElement(folders, "folder", name=name)
            for each in fields:
                if each.folder == name:
                    etree.SubElement(folder, "folder-item", name=f"[{each.name}]", type="field")


def _describe(element: etree._Element, description: str) -> None:
    text = etree.SubElement(etree.SubElement(element, "desc"), "formatted-text")
    etree.SubElement(text, "run").text = description


def _metadata(column: Column, ordinal: int) -> Sequence[tuple[str, str]]:
    return (
        ("remote-name", column.remote),
        ("remote-type", _REMOTE_TYPES[column.datatype]),
        ("local-name", f"[{column.name}]"),
        ("parent-name", f"[{column.table}]"),
        ("remote-alias", column.remote),
        ("ordinal", str(ordinal)),
        ("local-type", column.datatype),
        ("aggregation", _AGGREGATIONS.get(column.datatype, "Sum")),
        ("contains-null", "true"),
        ("object-id", f"[{_object(column.table)}]"),
    )


def _relation(table: str, connection: Connection) -> etree._Element:
    named = connection.element().get("name") or _NAMED
    place = f"[{connection.schema}].[{table}]"
    return etree.Element("relation", connection=named, name=table, table=place, type="table")


def _relationship(relationships: etree._Element, first: str, each: Relationship) -> None:
    element = etree.SubElement(relationships, "relationship")
    expression = etree.SubElement(element, "expression", op="=")
    etree.SubElement(expression, "expression", op=f"[{each.column}]")
    etree.SubElement(expression, "expression", op=f"[{each.key}]")
    etree.SubElement(element, "first-end-point", {"object-id": _object(first)})
    etree.SubElement(element, "second-end-point", {"object-id": _object(each.table), "unique-key": "true"})


def _object(table: str) -> str:
    return f"{table}_OBJ"
