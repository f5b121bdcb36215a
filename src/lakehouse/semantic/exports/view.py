"""A view for those who write SQL, and the statements that create it in an engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from lakehouse.semantic.compiler.sql import text
from lakehouse.semantic.query import Dialect


@dataclass(frozen=True)
class ViewColumn:
    """A column of a view; its type is one of a table's, or double."""

    type: str
    description: str


@dataclass(frozen=True)
class View:
    """A view: its columns by name, the one that tells rows apart first; `tables` are what it reads, by plain names."""

    name: str
    description: str
    columns: Mapping[str, ViewColumn]
    tables: tuple[str, ...]
    tree: exp.Select

    @property
    def key(self) -> str:
        """The column that tells its rows apart."""
        return next(iter(self.columns))

    def statements(self, dialect: Dialect, schema: str | None = None) -> str:
        """What creates it in an engine, its descriptions as comments; all names in `schema` where one is given."""
        trees = _commented(self, schema) if dialect is Dialect.SPARK else _with_comments(self, schema)
        return "".join(f"{tree.sql(dialect=dialect.value, pretty=True)};\n" for tree in trees)

    def query(self, schema: str | None = None) -> exp.Select:
        """What it selects, the tables in `schema` where one is given."""
        tree = self.tree.copy()
        steps = {step.alias for step in tree.find_all(exp.CTE)}
        for table in tree.find_all(exp.Table):
            if schema is not None and table.name not in steps:
                # The columns go on to call it by its plain name.
                table.replace(exp.alias_(exp.table_(table.name, db=schema), table.alias or table.name, table=True))
        return tree


# ── statements ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _create(view: View, schema: str | None, this: exp.Expr, properties: exp.Properties | None = None) -> exp.Create:
    return exp.Create(this=this, kind="VIEW", replace=True, properties=properties, expression=view.query(schema))


def _commented(view: View, schema: str | None) -> Iterator[exp.Expr]:
    """One statement, as Spark has it: the comments stand in it."""
    columns = [
        exp.ColumnDef(
            this=exp.to_identifier(name),
            constraints=[exp.ColumnConstraint(kind=exp.CommentColumnConstraint(this=text(each.description)))],
        )
        for name, each in view.columns.items()
    ]
    comment = exp.SchemaCommentProperty(this=text(view.description))
    named = exp.Schema(this=_named(view, schema), expressions=columns)
    yield _create(view, schema, named, exp.Properties(expressions=[comment]))


def _with_comments(view: View, schema: str | None) -> Iterator[exp.Expr]:
    """The view, then a statement for each comment."""
    yield _create(view, schema, _named(view, schema))
    yield exp.Comment(this=_named(view, schema), kind="VIEW", expression=text(view.description))
    for name, each in view.columns.items():
        column = exp.column(name, view.name, schema)
        yield exp.Comment(this=column, kind="COLUMN", expression=text(each.description))


def _named(view: View, schema: str | None) -> exp.Table:
    return exp.table_(view.name, db=schema)
