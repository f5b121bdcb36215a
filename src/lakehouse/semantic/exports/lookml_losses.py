"""What a LookML project is not told, or tells otherwise: of each metric, each dimension, and of all."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse.grain import Grain
from lakehouse.semantic.definition import Cohort, Status
from lakehouse.semantic.exports.datasets import Dataset, datasets, refusal
from lakehouse.semantic.exports.export import Fidelity, Verdict
from lakehouse.semantic.exports.periods import period_name, told
from lakehouse.semantic.metrics import Metric, Metrics

_LANGUAGE = (
    ("days that are not known", Fidelity.APPROXIMATED, "null here, with the reason; in a data set there no row, or 0"),
    ("combinations without rows", Fidelity.APPROXIMATED, "0 in each period here; no row there"),
    ("comparisons of a question", Fidelity.APPROXIMATED, "there people make period-over-period measures of their own"),
    ("fiscal and retail periods", Fidelity.DROPPED, "Looker's weeks, months, quarters and years are the calendar's"),
    ("up to which day a value is", Fidelity.DROPPED, "an answer there has values only"),
)


def verdicts(metrics: Metrics) -> Iterator[Verdict]:
    """A verdict on each metric and dimension, and on what the two languages do not share."""
    sets = datasets(metrics)
    for metric in metrics.metrics:
        yield _metric(metric, metrics, [each for each in sets if metric.name in each.values])
    for dimension in metrics.dimensions.by_name.values():
        yield Verdict("dimension", dimension.name, Fidelity.EXACT)
    yield from (Verdict("language", *each) for each in _LANGUAGE)


def _metric(metric: Metric, metrics: Metrics, there: list[Dataset]) -> Verdict:
    if metric.definition.status is Status.DEPRECATED:
        return Verdict("metric", metric.name, Fidelity.DROPPED, f"deprecated: {metric.definition.successor} is told")
    if there:
        return Verdict.of("metric", metric.name, (), [f"in {' and '.join(each.name for each in there)}"])
    why = refusal(metric, metrics)
    if isinstance(metric.definition, Cohort):
        return Verdict("metric", metric.name, Fidelity.DROPPED, f"{why}, which no measure of Looker does")
    mart = metrics.by_mart[metric.mart]
    grains = [grain for grain in Grain if metric in told(mart, grain, metrics)]
    if not grains:
        return Verdict("metric", metric.name, Fidelity.DROPPED, f"{why}, and no view by period has it")
    reason = f"by {', '.join(grains)} and not by dimensions: {why}"
    return Verdict.of("metric", metric.name, [reason], [f"in {', '.join(period_name(mart, each) for each in grains)}"])
