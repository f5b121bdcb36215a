"""A small Tableau: reads a data source, sees that all it names is there, and writes the SQL of a sheet made of it.

The formulas are read by sqlglot's dialect of Tableau, not by what wrote them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lxml import etree
from sqlglot import exp, parse_one

FUNCTIONS = {"SUM", "COUNTD", "MIN", "MAX", "IFNULL"}
WORDS = {"IF", "THEN", "ELSE", "NULL", "END"}
"""What formulas are made of, all of which every Tableau has."""

_IMPORTS = {
    "http://www.tableausoftware.com/xml/user": '<xs:attributeGroup name="UserAttributes-AG">'
    '<xs:anyAttribute namespace="##targetNamespace" processContents="skip"/></xs:attributeGroup>',
    "http://www.w3.org/XML/1998/namespace": '<xs:attribute name="base" type="xs:anyURI"/>'
    '<xs:attribute name="space" type="xs:string"/><xs:attribute name="lang" type="xs:string"/>',
}


def schema(file: Path, work: Path) -> etree.XMLSchema:
    """Tableau's schema of workbooks, told that a data source can be a file of its own; what it imports is made up."""
    text = file.read_text(encoding="utf-8")
    for number, (namespace, content) in enumerate(_IMPORTS.items()):
        opened = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{namespace}">'
        (work / f"{number}.xsd").write_text(f"{opened}{content}</xs:schema>", encoding="utf-8")
        plain = f'<xs:import namespace="{namespace}"/>'
        assert plain in text
        text = text.replace(plain, f'<xs:import namespace="{namespace}" schemaLocation="{number}.xsd"/>')
    root = '<xs:element name="workbook" type="WorkbookFile-CT"/>'
    assert root in text
    text = text.replace(root, f'{root}<xs:element name="datasource" type="DataSource-CT"/>')
    (work / "schema.xsd").write_text(text, encoding="utf-8")
    return etree.XMLSchema(etree.parse(work / "schema.xsd"))


@dataclass(frozen=True)
class DataSource:
    """A `.tds` file."""

    text: str

    @cached_property
    def root(self) -> etree._Element:
        return etree.fromstring(self.text.encode())

    @cached_property
    def places(self) -> Mapping[str, str]:
        """Where each column comes from, as SQL has it, by its name in brackets."""
        maps = self.root.findall("./connection/cols/map")
        return {each.attrib["key"]: each.attrib["value"].replace("[", "").replace("]", "") for each in maps}

    @cached_property
    def formulas(self) -> Mapping[str, str]:
        """The calculated fields, by name."""
        return {
            column.attrib["name"].strip("[]"): calculation.attrib["formula"]
            for column in self.root.findall("./column")
            for calculation in column.findall("./calculation")
        }

    @cached_property
    def tables(self) -> Sequence[str]:
        return [each.attrib["name"] for each in self.root.findall("./connection/relation/relation")]

    # ── what is wrong ─────────────────────────────────────────────────────────────────────────────────────────────────

    def mistakes(self) -> Iterator[str]:
        """Names that are nothing, functions that Tableau may not have, and fields that are there twice."""
        names = [each.attrib["name"] for each in self.root.findall("./column")]
        yield from (f"{name} is there twice" for name in set(names) if names.count(name) > 1)
        yield from (f"{name} has no column" for name in self.places if name not in names)
        named = [each.attrib["name"] for each in self.root.iter("folder-item")]
        named += [str(each.text) for each in self.root.findall("./drill-paths/drill-path/field")]
        named += [each.attrib["op"] for each in self.root.iter("expression") if each.attrib["op"] != "="]
        yield from (f"{name} is nowhere" for name in named if name not in names)
        objects = {each.attrib["id"] for each in self.root.iter("object")}
        ends = {each.attrib["object-id"] for each in self.root.iter("first-end-point", "second-end-point")}
        yield from (f"{each} is no object" for each in ends - objects)
        for name, formula in self.formulas.items():
            tree = parse_one(formula, dialect="tableau")
            columns = {f"[{column.name}]" for column in tree.find_all(exp.Column)}
            yield from (f"{name}: {column} is nowhere" for column in columns - self.places.keys())
            calls = {part.split("(")[0] for part in formula.replace(" ", "(").split("(") if part.isupper()}
            yield from (f"{name}: {call} is no function" for call in calls - FUNCTIONS - WORDS)

    # ── sheets ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def sheet(
        self,
        measures: Sequence[str],
        day: str,
        grain: str,
        by: str | None = None,
        where: tuple[str, str] | None = None,
    ) -> str:
        """The SQL of a sheet: measures by a day truncated to a grain, by a field, filtered to a value of one."""
        columns = {"period_start": f"CAST(DATE_TRUNC('{grain}', {self.places[f'[{day}]']}) AS DATE)"}
        if by is not None:
            columns[by] = self.places[f"[{by}]"]
        columns |= {name: self._sql(name) for name in measures}
        first, *_ = self.tables
        joins = [
            f" LEFT JOIN {end.attrib['object-id'].removesuffix('_OBJ')} ON {' = '.join(self._operands(end))}"
            for end in self.root.iter("second-end-point")
        ]
        condition = f" WHERE {self.places[f'[{where[0]}]']} = '{where[1]}'" if where else ""
        keys = ", ".join(str(n + 1) for n in range(1 + (by is not None)))
        selected = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
        return f"SELECT {selected} FROM {first}{''.join(joins)}{condition} GROUP BY {keys} ORDER BY {keys}"

    def _operands(self, end: etree._Element) -> list[str]:
        relationship = end.getparent()
        assert relationship is not None
        return [self.places[each.attrib["op"]] for each in relationship.findall("./expression/expression")]

    def _sql(self, name: str) -> str:
        def placed(node: exp.Expr) -> exp.Expr:
            if isinstance(node, exp.Column):
                return exp.column(*reversed(self.places[f"[{node.name}]"].split(".")))
            if isinstance(node, exp.Div):
                # What is divided by zero is null there.
                divisor = exp.func("NULLIF", node.expression, exp.Literal.number(0))
                return exp.Div(this=exp.cast(node.this, "double"), expression=divisor)
            return node

        return parse_one(self.formulas[name], dialect="tableau").transform(placed).sql(dialect="duckdb")
