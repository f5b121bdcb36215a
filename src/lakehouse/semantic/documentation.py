"""The page `docs/metrics.md`, written from the definitions."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse.grain import Grain
from lakehouse.semantic.definition import (
    EVER,
    Aggregate,
    Cohort,
    Cumulative,
    Definition,
    Derived,
    Growth,
    Measure,
    Offset,
    Ratio,
    Simple,
)
from lakehouse.semantic.metrics import Additivity, Mart, Metric, Metrics

_INTRODUCTION = """\
# Metrics

Every number this product publishes, as `conf/metrics/` defines it. This page is generated from there.

Zero means measured and none. Null means not known, and has a reason: `no_data` (nothing delivers it for that time),
`not_arrived` (what came in does not go as far yet, or leaves that time out), `zero_denominator`, `immature` (of a
cohort's period that is not over), `no_history` (the time before is not known), and of a growth `incomplete_period`,
`previous_zero` or `previous_negative`. A period that has other days, too, keeps their value, and `<metric>_until` says
up to which day it goes.
"""

_DAYS = {
    Additivity.SUM: "The days of `{column}` in `{table}` add up.",
    Additivity.PERIOD: "Counted anew for each period; the days of `{column}` in `{table}` add up within a {grains}.",
    Additivity.DISTINCT: "Counted anew for each period, in the fact: days never add up.",
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
        case _:
            return _at_another_time(definition)


def _at_another_time(definition: Growth | Offset | Cumulative | Cohort) -> str:
    match definition:
        case Growth(of=of, against=against):
            name = of if isinstance(of, str) else f"({of.numerator} / {of.denominator})"
            then = f"{name} of {_words(against)}"
            return f"({name} − {then}) / {then}"
        case Offset(of=of, against=against):
            return f"{of} of {_words(against)}"
        case Cumulative(of=of, trailing_days=None, to_date=to_date):
            return f"{of} ever" if to_date == EVER else f"{of} since the first day of the {to_date}"
        case Cumulative(of=of, trailing_days=days):
            return f"{of} of {days} days"
        case Cohort(of=of, since=since, per=per):
            followed = f"{of} in each period since {since}"
            return followed if per is None else f"{followed} / members of the cohort"


def _measured(measure: Measure) -> str:
    several = [f"({text})" if " or " in text and len(measure.where) > 1 else text for text in measure.where]
    where = f" where {' and '.join(several)}" if several else ""
    match measure.aggregate:
        case Aggregate.COUNT:
            what = f"count of rows of {measure.table}"
        case Aggregate.COUNT_DISTINCT:
            what = f"count of distinct {measure.table}.{measure.field}"
        case Aggregate.COUNT_REPEATED:
            what = f"count of distinct {measure.table}.{measure.field} of two rows or more"
        case Aggregate.COUNT_RETAINED:
            what = f"count of distinct {measure.table}.{measure.field} that are in the period before, too,"
        case _:
            what = f"{measure.aggregate} of {measure.table}.{measure.field}"
    return f"{what}{where}, by {measure.date}"


def _words(name: str) -> str:
    return f"the {name}".replace("_", " ")


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
    if definition.elsewhere:
        yield f"- Elsewhere: {definition.elsewhere.strip()}"
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
