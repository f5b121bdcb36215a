"""What must agree between the tables of a snapshot: keys, references, lines and their orders, KPIs and their facts.

Each rule is SQL that counts what breaks it, over tables called by their plain names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lakehouse.gold.first_of_period import flag_name
from lakehouse.grain import Grain
from lakehouse.semantic.definition import Aggregate, Measure, Simple
from lakehouse.semantic.metrics import Additivity, Metric, Metrics, conditions_of
from lakehouse.table import Table

_PARTS = ("gross_amount", "discount_amount", "shipping_amount", "tax_amount", "total_amount")


@dataclass(frozen=True)
class Rule:
    """What is `said` of the tables it `reads`, by full names; `sql` gives for each sentence how many rows break it."""

    said: tuple[str, ...]
    reads: tuple[str, ...]
    sql: str


def rules(tables: Mapping[str, Table], metrics: Metrics | None) -> list[Rule]:
    """All rules over the given tables; those of KPI tables only where their `metrics` are known."""
    found = [rule for name, table in tables.items() for rule in (*_key(name, table), *_references(name, table, tables))]
    found.append(_lines_add_up())
    if metrics is not None:
        found += _measures(tables, metrics)
    return [rule for rule in found if tables.keys() >= {*rule.reads}]


def _key(name: str, table: Table) -> Iterator[Rule]:
    if table.primary_key:
        key = ", ".join(table.primary_key)
        repeated = f"select 1 from {table.name} group by {key} having count(*) > 1"  # noqa: S608
        yield Rule((f"{name}: {key} is unique",), (name,), f"select count(*) from ({repeated})")  # noqa: S608


def _references(name: str, table: Table, tables: Mapping[str, Table]) -> Iterator[Rule]:
    """As the checks before publishing: only what gold and KPI tables point to must be there."""
    if table.layer not in {"gold", "kpi"}:
        return
    by_plain_name = {other.name: full for full, other in tables.items()}
    for field in table.fields:
        target, _, column = (field.references or "").partition(".")
        if target in by_plain_name:
            named = f"select {field.name} as named from {table.name} where {field.name} is not null"  # noqa: S608
            yield Rule(
                (f"{name}: {field.name} points to {target}",),
                (name, by_plain_name[target]),
                f"select count(*) from ({named}) anti join {target} on named = {target}.{column}",  # noqa: S608
            )


def _lines_add_up() -> Rule:
    sums = ", ".join(f"sum({part}) as {part}" for part in _PARTS)
    lines = f"select order_key, {sums} from fact_order_lines group by order_key"  # noqa: S608
    differs = " or ".join(f"fact_orders.{part} is distinct from lines.{part}" for part in _PARTS)
    return Rule(
        ("gold.fact_order_lines add up to their gold.fact_orders, to the cent",),
        ("gold.fact_orders", "gold.fact_order_lines"),
        f"select count(*) from fact_orders full join ({lines}) as lines using (order_key) where {differs}",  # noqa: S608
    )


def _measures(tables: Mapping[str, Table], metrics: Metrics) -> Iterator[Rule]:
    """One rule for all that a KPI table measures of one fact by one of its dates, so that each is read once."""
    for mart in metrics.marts:
        name = f"kpi.{mart.table}"
        values: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        for metric in metrics.stored(mart) if name in tables else ():
            if isinstance(metric.definition, Simple) and metric.additivity in {Additivity.SUM, Additivity.PERIOD}:
                measure = metric.definition.measure
                values[measure.table, measure.date] |= _columns(metric, measure)
        for (fact, date), columns in values.items():
            yield _measure(name, mart.table, fact, date, columns)


def _measure(name: str, plain_name: str, fact: str, date: str, columns: Mapping[str, str]) -> Rule:
    """Each day that the KPI table knows has what its fact's rows of that day add up to; null is not known."""
    selected = ", ".join(f"{value} as {column}" for column, value in columns.items())
    differs = ", ".join(
        f"count_if(kpi.{column} is not null and kpi.{column} <> coalesce(days.{column}, 0))" for column in columns
    )
    days = f"select {date} as calendar_date, {selected} from {fact} group by {date}"  # noqa: S608
    return Rule(
        tuple(f"{name}: {column} is what {fact} adds up to by day" for column in columns),
        (name, f"gold.{fact}"),
        f"select {differs} from {plain_name} as kpi left join ({days}) as days using (calendar_date)",  # noqa: S608
    )


def _columns(metric: Metric, measure: Measure) -> Mapping[str, str]:
    """The metric's columns, each with the aggregate that gives its number of a day."""
    if measure.aggregate is Aggregate.COUNT_DISTINCT:
        return {metric.column(grain): f"count_if({flag_name(grain)})" for grain in Grain}
    counts = " and ".join(f"({each.sql('duckdb')})" for each in conditions_of(measure)) or "true"
    return {metric.name: f"sum({measure.field}) filter ({counts})" if measure.field else f"count_if({counts})"}
