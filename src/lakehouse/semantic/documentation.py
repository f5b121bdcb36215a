"""The page `docs/metrics.md`, written from the definitions."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse.semantic.definition import Aggregate, Definition, Derived, Growth, Measure, Ratio, Simple
from lakehouse.semantic.metrics import Additivity, Mart, Metric, Metrics
from lakehouse.settings import Grain

_INTRODUCTION = """\
# Metrics

Every number this product publishes, as `conf/metrics/` defines it. This page is generated from there.

Zero means measured and none. Null means not known, and has a reason: `no_data` (nothing delivers it for that time),
`not_arrived` (what came in does not go as far yet, or leaves that time out), `zero_denominator`, and of a growth
`no_history`, `previous_zero` or `previous_negative`. A period that has other days, too, keeps their value, and
`<metric>_until` says up to which day it goes.
"""

_DAYS = {
    Additivity.SUM: "The days of `{column}` in `{table}` add up.",
    Additivity.PERIOD: "Counted anew for each period; the days of `{column}` in `{table}` add up within a {grains}.",
    Additivity.EXTREME: "The most extreme of the days of `{column}` in `{table}`.",
    Additivity.NONE: "Days never add up: what it is made of is brought to the period first.",
}


def metrics_page(metrics: Metrics) -> str:
    """All marts with their metrics, as Markdown."""
    return "\n".join(
        [_INTRODUCTION, *_headlines(metrics), *(line for mart in metrics.marts for line in _mart(mart, metrics))]
    )


def formula(definition: Definition) -> str:
    """How a metric is computed, in one line of names."""
    match definition:
        case Simple(measure=measure):
            return _measured(measure)
        case Ratio(numerator=numerator, denominator=denominator):
            return f"{numerator} / {denominator}"
        case Derived(add=add, subtract=subtract):
            return " − ".join([" + ".join(add), *subtract])
        case Growth(of=of):
            return f"({of} − {of} one period earlier) / {of} one period earlier"


def _measured(measure: Measure) -> str:
    where = f" where {' and '.join(measure.where)}" if measure.where else ""
    match measure.aggregate:
        case Aggregate.COUNT:
            what = f"count of rows of {measure.table}"
        case Aggregate.COUNT_DISTINCT:
            what = f"count of distinct {measure.table}.{measure.field}"
        case _:
            what = f"{measure.aggregate} of {measure.table}.{measure.field}"
    return f"{what}{where}, by {measure.date}"


def _headlines(metrics: Metrics) -> Iterator[str]:
    yield "| metric | name | definition |"
    yield "|---|---|---|"
    for metric in metrics.tagged("headline"):
        name = metric.definition.business_name
        yield f"| [{name}](#{metric.name}) | `{metric.name}` | {formula(metric.definition)} |"
    yield ""


def _mart(mart: Mart, metrics: Metrics) -> Iterator[str]:
    yield f"## {mart.title}"
    yield ""
    yield f"{mart.description.strip()} Its KPI table is `{mart.table}`."
    yield ""
    for metric in metrics.of_mart(mart):
        yield from _metric(metric, mart)


def _metric(metric: Metric, mart: Mart) -> Iterator[str]:
    definition = metric.definition
    yield f'### <a id="{metric.name}"></a>{definition.business_name}'
    yield ""
    yield definition.description.strip()
    yield ""
    yield f"- Name: `{metric.name}`"
    yield f"- Computed: {formula(definition)}"
    yield f"- Over time: {_over_time(metric, mart)}"
    if isinstance(definition, Simple) and definition.measure.requires:
        yield f"- Known only where {' and '.join(definition.measure.requires)} is"
    if definition.synonyms:
        yield f"- Also called: {', '.join(definition.synonyms)}"
    status = definition.status if definition.successor is None else f"{definition.status}, use `{definition.successor}`"
    yield f"- {definition.format.capitalize()}; version {definition.version}, {status}; owner: {metric.owner}"
    yield ""


def _over_time(metric: Metric, mart: Mart) -> str:
    *most, last = Grain
    grains = f"{', '.join(most)} or {last}"
    column = f"{metric.name}_of_…" if metric.additivity is Additivity.PERIOD else metric.name
    return _DAYS[metric.additivity].format(column=column, table=mart.table, grains=grains)
