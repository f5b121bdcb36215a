"""Metrics as Tableau data sources: one for each data set and each mart by period, to be dragged and dropped.

A calculated field is an aggregate, or a quotient or sum of aggregates, so it stays right at whatever is on the shelves.
What compares periods or runs over several is read from the marts' views by period, and shown for one period at a time.
"""

from __future__ import annotations

from calendar import day_name
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from lakehouse.grain import Grain
from lakehouse.semantic.compiler.compile import reason
from lakehouse.semantic.compiler.measures import sort_name
from lakehouse.semantic.compiler.sql import column
from lakehouse.semantic.definition import Format
from lakehouse.semantic.dimensions import Dimension, GeographicRole
from lakehouse.semantic.exports.bi_losses import verdicts
from lakehouse.semantic.exports.datasets import EVENT_DATE, Dataset, datasets, key_of
from lakehouse.semantic.exports.export import Export, Fidelity
from lakehouse.semantic.exports.formulas import aggregate, formula, of_one_period
from lakehouse.semantic.exports.periods import period_name, told
from lakehouse.semantic.exports.tableau_source import Calculation, Column, Connection, Relationship, TableauSource
from lakehouse.semantic.facts import CALENDAR, DIMENSION_TABLES
from lakehouse.semantic.metrics import Mart, Metric, Metrics
from lakehouse.table import BIGINT, BOOLEAN, DATE, INTEGER, STRING

_TYPES = {BOOLEAN: "boolean", STRING: "string", DATE: "date", INTEGER: "integer", BIGINT: "integer"}
_ROLES = {
    GeographicRole.COUNTRY: "[Country].[ISO3166_2]",
    GeographicRole.REGION: "[State].[Name]",
    GeographicRole.CITY: "[City].[Name]",
}
_FORMATS = {Format.COUNT: "n#,##0", Format.NUMBER: "n#,##0.00", Format.PERCENT: "p0.0%"}
_LANGUAGE = (
    ("days that are not known", Fidelity.APPROXIMATED, "null here, with the reason; in a data set there no row, or 0"),
    ("combinations without rows", Fidelity.APPROXIMATED, "0 in each period here; no mark there"),
    ("comparisons of a question", Fidelity.APPROXIMATED, "there people make table calculations, which see marks only"),
    ("an order of values that is not their own", Fidelity.APPROXIMATED, "there the field to sort by is beside them"),
    ("fiscal and retail periods", Fidelity.DROPPED, "Tableau's weeks, months, quarters and years are the calendar's"),
    ("up to which day a value is", Fidelity.DROPPED, "an answer there has values only"),
)


@dataclass(frozen=True)
class Place:
    """Where the tables are, what amounts are in, and the day that weeks start on, 1 = Monday … 7 = Sunday."""

    connection: Connection
    currency: str = "EUR"
    week_start: int = 1


def export(metrics: Metrics, place: Place) -> Export:
    """The data sources of all metrics, and what they do not say."""
    files = {f"{source.name}.tds": source.text(place.connection) for source in sources(metrics, place)}
    return Export({name: files[name] for name in sorted(files)}, tuple(verdicts(metrics, "Tableau", _LANGUAGE)))


def sources(metrics: Metrics, place: Place) -> Iterator[TableauSource]:
    """The data sources: of each data set, and of each mart by period."""
    yield from (_of_dataset(dataset, place) for dataset in datasets(metrics))
    yield from (_of_periods(mart, grain, metrics, place) for mart in metrics.marts for grain in Grain)


# ── data sets ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_dataset(dataset: Dataset, place: Place) -> TableauSource:
    by_name = dataset.metrics.by_name
    return TableauSource(
        name=dataset.name,
        title=dataset.title,
        tables=(dataset.name, *dataset.joins),
        columns=[*_own(dataset), *(each for table in dataset.joins for each in _joined(dataset, table))],
        calculations=[
            _calculation(by_name[name], formula(value, lambda part: aggregate(part, dataset)), dataset.mart, place)
            for name, value in dataset.values.items()
        ],
        relationships=[Relationship(_foreign(table), table, _key(table)) for table in dataset.joins],
        hierarchies=list(_hierarchies(dataset)),
        week_start=_week_start(place),
    )


def _own(dataset: Dataset) -> Iterator[Column]:
    """The columns of the rows: dimensions and the day are seen, and what is measured is not."""
    inline = {each.name: each for each in dataset.inline}
    for name, declared in dataset.columns.items():
        if name in inline:
            yield _dimension(inline[name], dataset.name, name)
        elif name == EVENT_DATE:
            yield Column(name, dataset.name, name, "date", "Date", declared.description, "Time")
        else:
            caption = name.replace("_", " ").capitalize()
            kind = _TYPES.get(declared.type, "real")
            told_ = (name, dataset.name, name, kind, caption, declared.description)
            yield Column(*told_, is_hidden=True, is_measured=kind in {"real", "integer"})


def _joined(dataset: Dataset, table: str) -> Iterator[Column]:
    """The columns of a table of dimensions: its key, the dimensions, and what orders them."""
    declared = DIMENSION_TABLES[table]
    key = declared.field(key_of(table))
    caption = key.name.replace("_", " ").capitalize()
    yield Column(_key(table), table, key.name, _TYPES[key.type], caption, key.description, is_hidden=True)
    for dimension in dataset.joins[table]:
        yield _dimension(dimension, table, dimension.field)
        if dimension.sort is not None:
            order = declared.field(dimension.sort)
            name, title = sort_name(dimension), f"Order of {dimension.title}"
            kind = _TYPES[order.type]
            yield Column(name, table, order.name, kind, title, order.description, dimension.stanza.folder)


def _dimension(dimension: Dimension, table: str, remote: str) -> Column:
    stanza = dimension.stanza
    role = None if stanza.role is None else _ROLES[stanza.role]
    kind = _TYPES.get(dimension.type, "real")
    description = dimension.description
    return Column(dimension.name, table, remote, kind, dimension.title, description, stanza.folder, role=role)


def _foreign(table: str) -> str:
    return EVENT_DATE if table == CALENDAR else key_of(table)


def _key(table: str) -> str:
    """The key of a table of dimensions, whose name the rows have too."""
    return f"{key_of(table)} ({table})"


def _hierarchies(dataset: Dataset) -> Iterator[tuple[str, Sequence[str]]]:
    there = {each.name for each in dataset.dimensions}
    for name, levels in dataset.metrics.dimensions.hierarchies.items():
        if there.issuperset(levels):
            yield name, levels


# ── marts by period ───────────────────────────────────────────────────────────────────────────────────────────────────


def _of_periods(mart: Mart, grain: Grain, metrics: Metrics, place: Place) -> TableauSource:
    name = period_name(mart, grain)
    known = told(mart, grain, metrics)
    columns = [Column("period_start", name, "period_start", "date", "Period", "First day of the period.", "Time")]
    for metric in known:
        title = metric.definition.business_name
        kind = "integer" if metric.type == BIGINT else "real"
        why = reason(metric.name)
        columns += [
            Column(f"{metric.name}_value", name, metric.name, kind, title, is_hidden=True, is_measured=True),
            Column(why, name, why, "string", f"{title}: why null", f"Why {title} is null.", "Reasons"),
        ]
    return TableauSource(
        name=name,
        title=f"{mart.title} by {grain}",
        tables=(name,),
        columns=columns,
        calculations=[_calculation(each, _of_one_period(each), mart, place) for each in known],
        relationships=(),
        hierarchies=(),
        week_start=_week_start(place),
    )


def _of_one_period(metric: Metric) -> exp.Expr:
    return of_one_period(column(f"{metric.name}_value"), column("period_start"))


# ── measures ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _calculation(metric: Metric, tree: exp.Expr, mart: Mart, place: Place) -> Calculation:
    definition = metric.definition
    told_ = " ".join(definition.description.split())
    status = f"Owner: {metric.owner}; version {definition.version}, {definition.status}."
    return Calculation(
        name=metric.name,
        datatype="integer" if definition.format is Format.COUNT else "real",
        caption=definition.business_name,
        description=f"{told_} {status}",
        folder=mart.title,
        formula=_plain(tree).sql(dialect="tableau", identify=True),
        format=_FORMATS.get(definition.format, f'c"{place.currency} "#,##0.00'),
    )


def _plain(tree: exp.Expr) -> exp.Expr:
    """Tableau divides as doubles by itself, what is divided by zero is null, and a choice is an IF."""

    def told_so(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Case):
            (choice,) = node.args["ifs"]
            return exp.If(this=choice.this, true=choice.args["true"], false=exp.Null())
        return node.this if isinstance(node, exp.Cast | exp.Nullif) else node

    while tree.find(exp.Cast, exp.Nullif, exp.Case) is not None:
        tree = tree.transform(told_so)
    return tree


def _week_start(place: Place) -> str:
    return day_name[place.week_start - 1].lower()
