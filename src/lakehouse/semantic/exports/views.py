"""Views for those who write SQL: each mart at each calendar grain, with its metrics as columns.

A view is the question of all metrics of the mart, compiled: whoever selects from it gets the numbers that
`lakehouse query` gives, with the reason beside each null, and needs to know nothing of how they are made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from lakehouse.errors import ConfigurationError
from lakehouse.grain import Grain
from lakehouse.semantic.compiler.cohorts import is_of_cohorts
from lakehouse.semantic.compiler.columns import until
from lakehouse.semantic.compiler.compile import PERIOD_COLUMNS, compile_query, reason
from lakehouse.semantic.compiler.question import understand
from lakehouse.semantic.compiler.sql import text
from lakehouse.semantic.definition import Status
from lakehouse.semantic.metrics import RATIO, Mart, Metric, Metrics
from lakehouse.semantic.query import Calendar, Dialect, Query
from lakehouse.table import DATE, STRING

DOUBLE = "double"


@dataclass(frozen=True)
class ViewColumn:
    """A column of a view; its type is one of a table's, or double."""

    type: str
    description: str


_PERIOD: Mapping[str, ViewColumn] = {
    "period_start": ViewColumn(DATE, "First day of the period."),
    "first_date": ViewColumn(DATE, "First day of it that the numbers are of."),
    "last_date": ViewColumn(DATE, "Last day of it that the numbers are of."),
}


@dataclass(frozen=True)
class View:
    """A view: its columns by name, in order; `tables` are what it reads, by their plain names."""

    name: str
    description: str
    columns: Mapping[str, ViewColumn]
    tables: tuple[str, ...]
    tree: exp.Select

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


def names(metrics: Metrics) -> Mapping[str, tuple[Mart, Grain]]:
    """The views that there are, `<mart>_by_<grain>`, each with what it is of."""
    return {f"{mart.name}_by_{grain}": (mart, grain) for mart in metrics.marts for grain in Grain}


def views(metrics: Metrics) -> Sequence[View]:
    """Every view."""
    return [view(name, metrics) for name in names(metrics)]


def view(name: str, metrics: Metrics) -> View:
    """One of `names`: all metrics of its mart but those that are deprecated, follow cohorts or have no such period."""
    mart, grain = names(metrics)[name]
    calendar = Calendar(grain)
    told = [metric for metric in metrics.of_mart(mart) if _is_told(metric, calendar, metrics)]
    compiled = compile_query(Query(tuple(metric.name for metric in told), calendar), metrics)
    left_out = {until(metric.name) for metric in told}
    tree = compiled.tree
    tree.set("expressions", [each for each in tree.expressions if each.alias_or_name not in left_out])
    # Whoever selects from a view says in which order.
    tree.set("order", None)
    return View(
        name,
        f"{mart.title} by {grain}: one row for each {grain} since the first known day.",
        {**{each: _PERIOD[each] for each in PERIOD_COLUMNS}, **dict(_columns(told))},
        compiled.tables,
        tree,
    )


def _is_told(metric: Metric, grain: Calendar, metrics: Metrics) -> bool:
    if metric.definition.status is Status.DEPRECATED or is_of_cohorts([metric]):
        return False
    try:
        understand(Query((metric.name,), grain), metrics)
    except ConfigurationError:
        return False
    return True


def _columns(told: Sequence[Metric]) -> Iterator[tuple[str, ViewColumn]]:
    for metric in told:
        title = metric.definition.business_name
        type_name = DOUBLE if metric.type == RATIO else metric.type
        yield metric.name, ViewColumn(type_name, f"{title}: {' '.join(metric.definition.description.split())}")
        yield reason(metric.name), ViewColumn(STRING, f"Why {title} is null, where it is.")


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
