"""A question compiled to SQL: a syntax tree, written in any dialect.

Steps, each a common table expression: those of `calendar` say which days each number is of; those of `measures` bring
every fact or KPI table to the question's periods and dimensions by itself and put them together; `filled` tells zero
from unknown; and the last makes values of it, with a reason for each null. Only functions and casts that DuckDB, Spark,
Sail, Trino and Redshift have in common are used.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from lakehouse.semantic.comparison import Comparison
from lakehouse.semantic.compiler.calendar import CALENDAR, COVERAGE, MISSING_DAYS, Days
from lakehouse.semantic.compiler.cohorts import Cohorts, is_of_cohorts
from lakehouse.semantic.compiler.columns import until
from lakehouse.semantic.compiler.measures import Measures, before, sort_name
from lakehouse.semantic.compiler.question import Asked, understand
from lakehouse.semantic.compiler.sql import column, ordered
from lakehouse.semantic.compiler.values import Values
from lakehouse.semantic.definition import Aggregate
from lakehouse.semantic.metrics import Additivity, Mart, Metric, Metrics
from lakehouse.semantic.query import Dialect, Query, Source
from lakehouse.semantic.span import Span
from lakehouse.semantic.value import Change, Measured, Value, facts_of, measured

PERIOD_COLUMNS = ("period_start", "first_date", "last_date")

Stored = Mapping[str, Collection[str]]
"""The columns that KPI tables have, by table."""


@dataclass(frozen=True)
class CompiledQuery:
    """The SQL of a question, what it reads, and what its answer's columns are.

    The answer has `period_start`, `first_date` and `last_date` (the days that its values are of, null where none is
    covered) and the dimensions asked for; then for each of `metrics` its value in a column of its name, the reason of
    a null in `<name>_reason`, and in `<name>_until` the last day that the value is of: before `last_date` where what it
    needs of later days has not arrived. After that, for each comparison, `<name>_<comparison>`, its reason,
    `<name>_<comparison>_growth`, and the reason of that. One row for each period and, of dimensions, each combination
    that has any rows; in the order asked for. Amounts and counts keep their types, ratios and growths are doubles.

    Of cohorts it has `cohort_start`, `period_start`, `periods_since` and `cohort_size` instead of the first three, and
    no `<name>_until`: one row for each cohort and each period since that has begun.
    """

    query: Query
    metrics: tuple[Metric, ...]
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    tree: exp.Select
    _texts: dict[Dialect, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def sql(self, dialect: Dialect = Dialect.DUCKDB) -> str:
        if dialect not in self._texts:
            self._texts[dialect] = self.tree.sql(dialect=dialect.value, pretty=True)
        return self._texts[dialect]


def reason(name: str) -> str:
    """Column that says why a value is null."""
    return f"{name}_reason"


def compared(name: str, comparison: Comparison) -> str:
    """Column with a metric's value in the period that it is compared with."""
    return f"{name}_{comparison}"


def growth(name: str, comparison: Comparison) -> str:
    """Column with a metric's change since then."""
    return f"{name}_{comparison}_growth"


def check_query(query: Query, metrics: Metrics) -> None:
    """ConfigurationError as `compile_query`, which takes longer."""
    asked = understand(query, metrics)
    if is_of_cohorts(asked.metrics):
        _cohorts(asked, metrics).check()


def compile_query(query: Query, metrics: Metrics, stored: Stored | None = None) -> CompiledQuery:
    """The SQL of a question; `stored` are the columns of KPI tables that can be read, all that are defined if left out.

    ConfigurationError that lists what is unknown, or has no right answer, with the nearest question that has.
    """
    asked = understand(query, metrics)
    if is_of_cohorts(asked.metrics):
        tree = _cohorts(asked, metrics).tree()
        return CompiledQuery(query, asked.metrics, _tables(tree), tuple(tree.named_selects), tree)
    values = [value for answer in asked.answers for value in answer.values]
    parts = tuple(dict.fromkeys(part for value in values for part in measured(value)))
    names = _names(parts)
    measures = Measures(
        names=names,
        stored=_read_from_kpi(query, parts, metrics, stored, is_whole=not asked.by and asked.where is None),
        by=asked.by,
        where=asked.where,
        dimensions=metrics.dimensions,
    )
    days = _days(query, parts, values)
    tree = _answer(asked, Values(names))
    for name, step in (*days.steps(), *measures.steps(), ("filled", _filled(measures, days, Values(names)))):
        tree = tree.with_(name, as_=step, copy=False)
    return CompiledQuery(query, asked.metrics, _tables(tree), tuple(tree.named_selects), tree)


def _cohorts(asked: Asked, metrics: Metrics) -> Cohorts:
    return Cohorts(asked.query, metrics, asked.metrics, asked.by, asked.where)


def _tables(tree: exp.Select) -> tuple[str, ...]:
    steps = {step.alias for step in tree.find_all(exp.CTE)}
    found = {table.name for table in tree.find_all(exp.Table)} - steps
    return CALENDAR, COVERAGE, MISSING_DAYS, *sorted(found - {CALENDAR, COVERAGE, MISSING_DAYS})


# ── where it is read ──────────────────────────────────────────────────────────────────────────────────────────────────


def _read_from_kpi(
    query: Query, parts: Sequence[Measured], metrics: Metrics, stored: Stored | None, *, is_whole: bool
) -> Mapping[Measured, tuple[str, str]]:
    """What KPI tables hold: numbers of all rows, whose days tell those of the spans."""
    if not is_whole or query.source is Source.FACTS:
        return {}
    columns = {part: name for part in parts if (name := _kpi_column(query, part)) is not None}
    held = stored if stored is not None else {mart.table: _defined(mart, metrics) for mart in metrics.marts}
    own = dict.fromkeys(metrics.by_mart[metric.mart].table for metric in metrics.named(query.metrics))
    tables = list({**own, **dict.fromkeys(mart.table for mart in metrics.marts)})
    # As few tables as can be: several marts hold the same number.
    tables.sort(key=lambda table: -sum(name in held.get(table, ()) for name in columns.values()))
    return {
        part: (table, name)
        for part, name in columns.items()
        if (table := next((each for each in tables if name in held.get(each, ())), None)) is not None
    }


def _defined(mart: Mart, metrics: Metrics) -> Collection[str]:
    """The columns that a mart's KPI table has after a run."""
    return {name for metric in metrics.stored(mart) for name in metric.columns}


def _kpi_column(query: Query, part: Measured) -> str | None:
    """The column of a KPI table whose days add up to the part; None where they do not."""
    if part.where or not part.metric.is_stored:
        return None
    if part.metric.additivity is not Additivity.PERIOD:
        return part.metric.name
    window = part.span.window
    if window.trailing_days is not None or window.to_date == "ever":
        return None
    grain = query.grain.grain
    if window.to_date is not None:
        return f"{part.metric.name}_of_{window.to_date}"
    return None if grain is None else part.metric.column(grain)


# ── spans ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _days(query: Query, parts: Sequence[Measured], values: Sequence[Value]) -> Days:
    spans = dict.fromkeys([Span()])
    for part in parts:
        spans |= dict.fromkeys([part.span])
        if part.measure.aggregate is Aggregate.COUNT_RETAINED:
            spans |= dict.fromkeys([before(part.span)])
    to_date = (facts_of(value.now) for value in values if isinstance(value, Change) and value.comparison.to_date)
    return Days(
        query=query,
        spans=tuple(spans),
        facts=tuple(sorted({fact for part in parts for fact in part.facts})),
        fact_sets=tuple(dict.fromkeys((part.span, part.facts) for part in parts)),
        to_date=tuple(dict.fromkeys(to_date)),
    )


def _names(parts: Sequence[Measured]) -> Mapping[Measured, str]:
    """A column for each: the metric's name, the span's if it is not the period, and a number if it is filtered."""
    filters = {where: n for n, where in enumerate(dict.fromkeys(part.where for part in parts if part.where), start=1)}
    names = {}
    for part in parts:
        pieces = [part.metric.name]
        if part.where:
            pieces.append(f"where_{filters[part.where]}")
        if not part.span.is_period:
            pieces.append(part.span.name)
        names[part] = "_in_".join([pieces[0], *pieces[1:]]) if len(pieces) > 1 else pieces[0]
    return names


# ── the answer ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _filled(measures: Measures, days: Days, values: Values) -> exp.Select:
    """What was measured with zero told from unknown, beside the days that it is of."""
    named = [column(name, "periods") for name in PERIOD_COLUMNS]
    group = [column(name, "measured") for name in measures.group]
    tree = exp.select(
        *named,
        *group,
        *(values.filled(part) for part in measures.names),
        *(column(name, "reach") for name in days.reach_columns),
        *(column(name, "periods") for name in days.bounds),
        copy=False,
    )
    start = column("period_start", "periods")
    return (
        tree.from_("periods", copy=False)
        .join("measured", on=column("period_start", "measured").eq(start), copy=False)
        .join("reach", on=column("period_start", "reach").eq(start), join_type="left", copy=False)
    )


def _answer(asked: Asked, values: Values) -> exp.Select:
    columns: list[exp.Expr] = [column(name) for name in (*PERIOD_COLUMNS, *(each.name for each in asked.by))]
    for answer in asked.answers:
        name = answer.metric.name
        columns += _told(name, answer.value, values)
        columns.append(values.until(answer.value).as_(until(name)))
        for comparison, change in answer.compared.items():
            columns += _told(compared(name, comparison), change.before, values)
            columns += _told(growth(name, comparison), change, values)
    tree = exp.select(*columns, copy=False).from_("filled", copy=False).order_by(*_order(asked), copy=False)
    return tree if asked.query.limit is None else tree.limit(asked.query.limit, copy=False)


def _told(name: str, value: Value, values: Values) -> Iterator[exp.Expr]:
    number = values.sql(value)
    yield number if number == column(name) else number.as_(name)
    yield values.reason(value).as_(reason(name))


def _order(asked: Asked) -> Iterator[exp.Ordered]:
    for order in asked.query.order:
        yield ordered(column(order.name), descending=order.descending)
    # Whatever is asked for, rows that are alike in it come in one order on every engine.
    given = {order.name for order in asked.query.order}
    if "period_start" not in given:
        yield ordered(column("period_start"))
    for dimension in asked.by:
        if dimension.sort is not None:
            yield ordered(column(sort_name(dimension)))
        if dimension.name not in given:
            yield ordered(column(dimension.name))
