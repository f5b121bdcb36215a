"""A question compiled to SQL over the KPI tables, dim_dates and coverage: a syntax tree, written in any dialect.

Steps, each a common table expression: `known` says from when to when each fact is known; `periods` brings the measured
columns to the grain asked for, on a calendar without a gap; `measured` makes values of them, and of each null a reason;
`shifted`, where a growth is asked for, puts the period before beside each. Only functions and casts that DuckDB, Spark,
Sail and Trino have in common are used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce

from sqlglot import exp

from lakehouse.semantic.definition import Aggregate, Derived, Growth, Measure, Ratio, Simple
from lakehouse.semantic.metrics import Additivity, Metric, Metrics
from lakehouse.semantic.query import Dialect, Query
from lakehouse.settings import Grain

CALENDAR = "dim_dates"
COVERAGE = "coverage"
PERIOD_COLUMNS = ("period_start", "first_date", "last_date")


class Reason(StrEnum):
    """Why a value is null."""

    NO_DATA = "no_data"
    NOT_ARRIVED = "not_arrived"
    NO_HISTORY = "no_history"
    PREVIOUS_ZERO = "previous_zero"
    PREVIOUS_NEGATIVE = "previous_negative"
    ZERO_DENOMINATOR = "zero_denominator"


@dataclass(frozen=True)
class CompiledQuery:
    """The SQL of a question, what it reads, and what its answer's columns are.

    `stored` are the columns that it reads of KPI tables, by table.

    The answer has `period_start`, `first_date` and `last_date` (the days that its values are of, null where none is
    covered), then for each of `metrics` its value in a column of its name, the reason of a null in `<name>_reason`, and
    in `<name>_until` the last day that the value is of: before `last_date` where what it needs of later days has not
    arrived. In the order of time, one row for each period. Amounts and counts keep their types, ratios and growths are
    doubles.
    """

    query: Query
    metrics: tuple[Metric, ...]
    stored: Mapping[str, tuple[str, ...]]
    tree: exp.Select

    @property
    def tables(self) -> tuple[str, ...]:
        """All tables that are read: the KPI tables of `stored`, and those that tell of their days."""
        return CALENDAR, COVERAGE, *self.stored

    @property
    def columns(self) -> tuple[str, ...]:
        return (*PERIOD_COLUMNS, *(column for metric in self.metrics for column in _columns(metric.name)))

    def sql(self, dialect: Dialect = Dialect.DUCKDB) -> str:
        return self.tree.sql(dialect=dialect.value, pretty=True)


def compile_query(query: Query, metrics: Metrics) -> CompiledQuery:
    """The SQL of a question; ConfigurationError that lists the metrics that do not exist."""
    asked = metrics.named(query.metrics)
    table_of = _tables(asked, metrics)
    grown = [metrics.by_name[metric.definition.of] for metric in asked if isinstance(metric.definition, Growth)]
    values = dict.fromkeys([*(metric for metric in asked if not isinstance(metric.definition, Growth)), *grown])
    facts = {value: _facts(value, metrics) for value in values}
    steps = [
        ("known", _known(sorted({fact for needed in facts.values() for fact in needed}))),
        ("periods", _periods(query, table_of)),
        ("measured", _measured(facts, metrics)),
    ]
    if grown:
        steps.append(("shifted", _shifted([metric.name for metric in dict.fromkeys(grown)])))
    tree = _answer(query, asked, steps[-1][0])
    for name, step in steps:
        tree = tree.with_(name, as_=step, copy=False)
    stored = {
        table: tuple(metric.column(query.grain) for metric, its_table in table_of.items() if its_table == table)
        for table in table_of.values()
    }
    return CompiledQuery(query, asked, stored, tree)


def reason(name: str) -> str:
    """Column that says why a metric's value is null."""
    return f"{name}_reason"


def until(name: str) -> str:
    """Column that says up to which day a metric's value goes."""
    return f"{name}_until"


def _since(fact: str) -> str:
    return f"{fact}_since"


def _columns(name: str) -> tuple[str, str, str]:
    return name, reason(name), until(name)


def _previous(name: str) -> str:
    return f"{name}_previous"


def _tables(asked: Sequence[Metric], metrics: Metrics) -> Mapping[Metric, str]:
    """The KPI table that each measured metric is read from: one of a mart that is asked for anyway."""
    table_of: dict[Metric, str] = {}
    for metric in asked:
        for part in metrics.closure([metric]):
            if isinstance(part.definition, Simple):
                table_of.setdefault(part, metrics.by_mart[metric.mart].table)
    return table_of


def _facts(metric: Metric, metrics: Metrics) -> tuple[str, ...]:
    """The facts that must have arrived for the metric to be known."""
    measures = (part.definition.measure for part in metrics.closure([metric]) if isinstance(part.definition, Simple))
    return tuple(sorted({fact for measure in measures for fact in (measure.table, *measure.requires)}))


# ── how far facts are known ───────────────────────────────────────────────────────────────────────────────────────────


def _known(facts: Sequence[str]) -> exp.Select:
    """One row: the first and the last day that each fact is known for."""
    columns = [
        exp.Max(this=exp.Case().when(exp.column("table_name").eq(exp.Literal.string(fact)), exp.column(day))).as_(name)
        for fact in facts
        for day, name in (("first_known_date", _since(fact)), ("last_known_date", until(fact)))
    ]
    return exp.select(*columns).from_(COVERAGE)


# ── periods ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _periods(query: Query, table_of: Mapping[Metric, str]) -> exp.Select:
    """One row for each period of the calendar, with what was measured in its days up to the last one asked for."""
    start = "calendar_date" if query.grain is Grain.DAY else f"{query.grain}_start_date"
    tables = tuple(dict.fromkeys(table_of.values()))
    days = exp.column("calendar_date", tables[0])
    tree = exp.select(
        exp.column(start, CALENDAR).as_("period_start"),
        exp.Max(this=exp.column("calendar_date", CALENDAR)).as_("period_end"),
        exp.Min(this=days).as_("first_date"),
        exp.Max(this=days.copy()).as_("last_date"),
        *(_aggregate(metric, exp.column(metric.column(query.grain), table)) for metric, table in table_of.items()),
    ).from_(CALENDAR)
    for table in tables:
        day = exp.column("calendar_date", table)
        on: exp.Expr = day.eq(exp.column("calendar_date", CALENDAR))
        if query.end is not None:
            on = on.and_(day <= _date(query.end.isoformat()))
        tree = tree.join(table, on=on, join_type="left", copy=False)
    return tree.group_by(exp.column(start, CALENDAR), copy=False)


def _aggregate(metric: Metric, days: exp.Column) -> exp.Expr:
    match metric.definition:
        case Simple(measure=Measure(aggregate=Aggregate.MIN)):
            number: exp.Expr = exp.Min(this=days)
        case Simple(measure=Measure(aggregate=Aggregate.MAX)):
            number = exp.Max(this=days)
        case _:
            number = exp.Sum(this=days)
    return exp.cast(number, metric.type).as_(metric.name)


def _date(text: str) -> exp.Cast:
    return exp.cast(exp.Literal.string(text), "date")


# ── values and reasons ────────────────────────────────────────────────────────────────────────────────────────────────


def _measured(facts: Mapping[Metric, Sequence[str]], metrics: Metrics) -> exp.Select:
    columns = [exp.column(name) for name in ("period_start", "period_end", "first_date", "last_date")]
    values = [column for metric, needed in facts.items() for column in _value(metric, needed, metrics)]
    return exp.select(*columns, *values).from_("periods").join("known", join_type="cross")


def _value(metric: Metric, facts: Sequence[str], metrics: Metrics) -> Iterator[exp.Expr]:
    """The value, the reason of a null, and the last day that the value is of."""
    lasts = [exp.column(until(fact)) for fact in facts]
    unknown = exp.Case().when(_is_to_come(metric, facts, metrics), _text(Reason.NOT_ARRIVED))
    unknown = unknown.else_(_text(Reason.NO_DATA))
    if isinstance(metric.definition, Ratio):
        above = _sum(metrics.by_name[metric.definition.numerator], metrics)
        below = _sum(metrics.by_name[metric.definition.denominator], metrics)
        zero = exp.Literal.number(0)
        value: exp.Expr = exp.Div(
            this=_double(above), expression=exp.func("NULLIF", _double(below), zero, dialect="duckdb")
        )
        why = (
            exp.Case()
            .when(_is_null(above).or_(_is_null(below)), unknown)
            .when(below.eq(zero), _text(Reason.ZERO_DENOMINATOR))
        )
    else:
        value = _sum(metric, metrics)
        why = exp.Case().when(_is_null(value), unknown)
    yield value if value == exp.column(metric.name) else value.as_(metric.name)
    yield why.as_(reason(metric.name))
    # None of them is null where there is a value; engines differ in what is least if one is.
    last = exp.Anonymous(this="LEAST", expressions=[exp.column("last_date"), *lasts])
    yield exp.Case().when(_is_null(value).not_(), last).as_(until(metric.name))


def _is_to_come(metric: Metric, facts: Sequence[str], metrics: Metrics) -> exp.Expr:
    """Whether a null is for what has not arrived: after the last day known, or between days that are."""
    is_after = [exp.column("period_start") > exp.column(until(fact)) for fact in facts]
    # Of a smallest or largest there may have been none.
    if any(part.additivity is Additivity.EXTREME for part in metrics.closure([metric])):
        return exp.or_(*is_after)
    is_within = [exp.column("last_date") >= exp.column(_since(fact)) for fact in facts]
    return exp.or_(*is_after, exp.and_(*is_within))


def _sum(metric: Metric, metrics: Metrics) -> exp.Expr:
    """A simple metric's column, or a derived metric brought down to such columns."""
    if not isinstance(metric.definition, Derived):
        return exp.column(metric.name)
    added = [_sum(metrics.by_name[name], metrics) for name in metric.definition.add]
    taken = [_sum(metrics.by_name[name], metrics) for name in metric.definition.subtract]
    total = reduce(lambda left, right: left + right, added)
    return exp.cast(reduce(lambda left, right: left - right, taken, total), metric.type)


def _double(value: exp.Expr) -> exp.Cast:
    return exp.cast(value.copy(), "double")


def _is_null(value: exp.Expr) -> exp.Expr:
    return exp.Is(this=value.copy(), expression=exp.Null())


def _text(value: Reason) -> exp.Literal:
    return exp.Literal.string(value.value)


# ── growth ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _shifted(names: Sequence[str]) -> exp.Select:
    """What is measured, beside the same of the period before: its neighbour, as no period is left out."""
    order = exp.Order(expressions=[exp.Ordered(this=exp.column("period_start"), nulls_first=False)])
    before = [
        exp.Window(this=exp.Lag(this=exp.column(column)), order=order.copy()).as_(_previous(column))
        for name in names
        for column in (name, reason(name))
    ]
    return exp.select(exp.Star(), *before).from_("measured")


def _growth(name: str) -> tuple[exp.Expr, exp.Expr]:
    now, before, zero = exp.column(name), exp.column(_previous(name)), exp.Literal.number(0)
    value = exp.Case().when(before > zero, exp.Div(this=_double(exp.paren(now - before)), expression=_double(before)))
    why_now, why_before = exp.column(reason(name)), exp.column(_previous(reason(name)))
    not_yet = exp.func("NULLIF", why_before, _text(Reason.NO_DATA))
    why = (
        exp.Case()
        .when(_is_null(now), why_now)
        .when(_is_null(before), exp.func("COALESCE", not_yet, _text(Reason.NO_HISTORY)))
        .when(before.eq(zero), _text(Reason.PREVIOUS_ZERO))
        .when(before < zero, _text(Reason.PREVIOUS_NEGATIVE))
    )
    return value, why


# ── the answer ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _answer(query: Query, asked: Sequence[Metric], step: str) -> exp.Select:
    columns: list[exp.Expr] = [exp.column(name) for name in PERIOD_COLUMNS]
    for metric in asked:
        if isinstance(metric.definition, Growth):
            value, why = _growth(metric.definition.of)
            columns += [value.as_(metric.name), why.as_(reason(metric.name))]
            columns.append(exp.column(until(metric.definition.of)).as_(until(metric.name)))
        else:
            columns += map(exp.column, _columns(metric.name))
    first = _date(query.start.isoformat()) if query.start else _covered(exp.Min, "first_date")
    last = _date(query.end.isoformat()) if query.end else _covered(exp.Max, "last_date")
    return (
        exp.select(*columns)
        .from_(step)
        .where(exp.column("period_end") >= first, exp.column("period_start") <= last)
        .order_by(exp.Ordered(this=exp.column("period_start"), nulls_first=False))
    )


def _covered(bound: type[exp.AggFunc], column: str) -> exp.Subquery:
    return exp.select(bound(this=exp.column(column))).from_("periods").subquery()
