"""The KPI tables: each fact brought to days once, and the metrics computed from them.

Null is what is not known, zero is what was measured and was none: `coverage` says from when to when each fact is known,
and `missing_days` on which days in between it is not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from lakehouse import verbs
from lakehouse.gold.first_of_period import flag_name
from lakehouse.grain import Grain
from lakehouse.kpi.declaration import declare
from lakehouse.semantic.definition import Aggregate, Derived, Measure, Ratio, Simple
from lakehouse.semantic.facts import FACTS
from lakehouse.semantic.metrics import RATIO, RATIO_SCALE, Additivity, Metric, Metrics, conditions_of
from lakehouse.settings import Business
from lakehouse.spark import Column, DataFrame, F
from lakehouse.table import BIGINT, Table


@dataclass(frozen=True)
class KpiTable:
    """A mart's KPI table: its declaration, and the transform that its metrics make."""

    table: Table
    metrics: tuple[Metric, ...]

    @property
    def dates(self) -> Mapping[str, tuple[str, ...]]:
        """The facts measured, each with the dates on which it counts."""
        found: dict[str, tuple[str, ...]] = {}
        for fact, name in _by_date(self.metrics):
            found[fact] = (*found.get(fact, ()), name)
        return found

    def fields(self, fact: str) -> Sequence[str]:
        """The fact's fields that decide on what is measured: dates, conditions and values."""
        fields: dict[str, None] = {}
        for (name, date), measured in _by_date(self.metrics).items():
            if name == fact:
                fields |= dict.fromkeys([date, *(field for _, measure in measured for field in _read(measure))])
        return tuple(fields)

    def transform(self, *, business: Business, **inputs: DataFrame) -> DataFrame:
        """The days with all columns of the declaration, whose inputs are given by their names.

        Inputs cut to some days give the rows of those days, as long as `coverage` and `missing_days` are whole.
        """
        days = _covered_days(inputs["dim_dates"], inputs["coverage"])
        days = days.join(_missing(inputs["missing_days"]), "calendar_date", "left")
        for (fact, date), measured in _by_date(self.metrics).items():
            daily = inputs[fact].groupBy(F.col(date).alias("calendar_date")).agg(*_aggregates(measured))
            days = days.join(daily, "calendar_date", "left")
        known = days.select("*", *_arrivals()).select("calendar_date", *_known(self.metrics))
        columns = {"currency_code": F.lit(business.currency), **_values(self.metrics)}
        return known.select(
            "calendar_date",
            *(columns[name].alias(name) for name in self.table.field_names if name != "calendar_date"),
        )


def kpi_tables(metrics: Metrics) -> tuple[KpiTable, ...]:
    """The KPI table of each mart."""
    tables = []
    for mart in metrics.marts:
        columns = metrics.stored(mart)
        tables.append(KpiTable(declare(mart, columns), columns))
    return tuple(tables)


# ── days and what is known of them ────────────────────────────────────────────────────────────────────────────────────


def _covered_days(dim_dates: DataFrame, coverage: DataFrame) -> DataFrame:
    """The lake's days, each with `_<fact>_from` and `_<fact>_to`: the days that the fact is known for, null if none."""
    spans = coverage.agg(
        F.min("first_date").alias("_first_date"),
        F.max(F.greatest("last_date", "last_known_date")).alias("_last_date"),
        *(_of(name, "first_known_date").alias(_from(name)) for name in FACTS),
        *(_of(name, "last_known_date").alias(_to(name)) for name in FACTS),
    )
    return (
        dim_dates.select("calendar_date")
        .crossJoin(spans)
        .where(F.col("calendar_date").between(F.col("_first_date"), F.col("_last_date")))
    )


def _missing(missing_days: DataFrame) -> DataFrame:
    """The days that some fact is not known on, each with `_<fact>_is_missing`."""
    rows = {name: F.count(F.when(F.col("table_name") == name, F.lit(1))) for name in FACTS}
    return missing_days.groupBy("calendar_date").agg(*((n > 0).alias(_is_missing(name)) for name, n in rows.items()))


def _of(fact: str, field: str) -> Column:
    return F.min(F.when(F.col("table_name") == fact, F.col(field)))


def _from(fact: str) -> str:
    return f"_{fact}_from"


def _to(fact: str) -> str:
    return f"_{fact}_to"


def _is_missing(fact: str) -> str:
    return f"_{fact}_is_missing"


def _is_known(fact: str) -> str:
    return f"_{fact}_is_known"


def _has_not_come(fact: str) -> str:
    return f"_{fact}_has_not_come"


def _arrivals() -> Iterator[Column]:
    """Whether what came in of each fact stops before the day or leaves it out, and whether the day is known."""
    day, no = F.col("calendar_date"), F.lit(False)
    for fact in FACTS:
        is_after = F.coalesce(day > F.col(_to(fact)), no)
        has_not_come = is_after | F.coalesce(F.col(_is_missing(fact)), no)
        is_known = day.between(F.col(_from(fact)), F.col(_to(fact))) & ~has_not_come
        yield has_not_come.alias(_has_not_come(fact))
        yield is_known.alias(_is_known(fact))


def _known(metrics: Sequence[Metric]) -> Iterator[Column]:
    """The measured columns: zero where the day is known and had none, null where it is not known."""
    for metric, measure in _simple(metrics):
        for name in metric.columns:
            value = F.col(name)
            if metric.additivity is not Additivity.EXTREME:
                # The visit that led to the first order can be on the day before it.
                reaches_back = F.when(value != 0, value)
                none = F.lit(0).cast(metric.type)
                value = F.when(F.col(_is_known(measure.table)), F.coalesce(value, none)).otherwise(reaches_back)
            value = F.when(~F.col(_has_not_come(measure.table)), value)
            for required in measure.requires:
                value = F.when(F.col(_is_known(required)), value)
            yield value.alias(name)


# ── facts by day ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _simple(metrics: Sequence[Metric]) -> list[tuple[Metric, Measure]]:
    return [(metric, metric.definition.measure) for metric in metrics if isinstance(metric.definition, Simple)]


def _by_date(metrics: Sequence[Metric]) -> Mapping[tuple[str, str], list[tuple[Metric, Measure]]]:
    """What is measured, by fact and by the date it counts on."""
    groups: dict[tuple[str, str], list[tuple[Metric, Measure]]] = defaultdict(list)
    for metric, measure in _simple(metrics):
        groups[measure.table, measure.date].append((metric, measure))
    return groups


def _read(measure: Measure) -> Iterator[str]:
    for condition in conditions_of(measure):
        yield from condition.names
    if measure.aggregate is Aggregate.COUNT_DISTINCT:
        yield from map(flag_name, Grain)
    elif measure.field is not None:
        yield measure.field


def _aggregates(measured: Sequence[tuple[Metric, Measure]]) -> list[Column]:
    return [column for metric, measure in measured for column in _aggregate(metric, measure)]


def _aggregate(metric: Metric, measure: Measure) -> list[Column]:
    if measure.aggregate is Aggregate.COUNT_DISTINCT:
        # Whoever is flagged is in the measure's `where` too.
        flags = [(metric.column(grain), F.col(flag_name(grain))) for grain in Grain]
        return [F.count(F.when(flag, F.lit(1))).alias(name) for name, flag in flags]
    counts = reduce(Column.__and__, (F.expr(each.sql("spark")) for each in conditions_of(measure)), F.lit(True))
    if measure.field is None:
        return [F.count(F.when(counts, F.lit(1))).alias(metric.name)]
    value = F.when(counts, F.col(measure.field))
    match measure.aggregate:
        case Aggregate.MIN:
            number = F.min(value)
        case Aggregate.MAX:
            number = F.max(value)
        case _:
            scale = 0 if metric.type == BIGINT else int(metric.type.removesuffix(")").split(",")[1])
            number = verbs.bounded_sum(value, 18, scale)
    return [number.cast(metric.type).alias(metric.name)]


# ── metrics made of metrics ───────────────────────────────────────────────────────────────────────────────────────────


def _values(metrics: Sequence[Metric]) -> dict[str, Column]:
    """All columns of the metrics, brought down to the measured ones."""
    by_name = {metric.name: metric for metric in metrics}

    def value(name: str, grain: Grain) -> Column:
        metric = by_name[name]
        match metric.definition:
            case Derived(add=add, subtract=subtract):
                added = reduce(Column.__add__, (value(term, grain) for term in add))
                return reduce(Column.__sub__, (value(term, grain) for term in subtract), added).cast(metric.type)
            case Ratio(numerator=numerator, denominator=denominator):
                above, below = value(numerator, Grain.DAY), value(denominator, Grain.DAY)
                return verbs.quotient(above, below, RATIO_SCALE).cast(RATIO)
            case _:
                return F.col(metric.column(grain))

    # Most are one column for all grains.
    asked_for = {metric.column(grain): (metric.name, grain) for metric in metrics for grain in Grain}
    return {column: value(name, grain) for column, (name, grain) in asked_for.items()}
