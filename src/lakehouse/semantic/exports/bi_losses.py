"""What a BI tool is not told, or tells otherwise, that reads data sets and marts by period."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lakehouse.grain import Grain
from lakehouse.semantic.definition import Cohort, Status
from lakehouse.semantic.exports.datasets import Dataset, datasets, refusal
from lakehouse.semantic.exports.export import Fidelity, Verdict
from lakehouse.semantic.exports.periods import period_name, told
from lakehouse.semantic.metrics import Metric, Metrics

Language = Sequence[tuple[str, Fidelity, str]]
"""What a tool has of what belongs to no single definition: what, how faithfully, and how it differs."""


def verdicts(metrics: Metrics, tool: str, language: Language) -> Iterator[Verdict]:
    """A verdict on each metric and dimension, and on what the two languages do not share."""
    sets = datasets(metrics)
    for metric in metrics.metrics:
        yield _metric(metric, metrics, tool, [each for each in sets if metric.name in each.values])
    for dimension in metrics.dimensions.by_name.values():
        yield Verdict("dimension", dimension.name, Fidelity.EXACT)
    yield from (Verdict("language", *each) for each in language)


def _metric(metric: Metric, metrics: Metrics, tool: str, there: list[Dataset]) -> Verdict:
    if metric.definition.status is Status.DEPRECATED:
        return Verdict("metric", metric.name, Fidelity.DROPPED, f"deprecated: {metric.definition.successor} is told")
    if there:
        return Verdict.of("metric", metric.name, (), [f"in {' and '.join(each.name for each in there)}"])
    why = refusal(metric, metrics)
    if isinstance(metric.definition, Cohort):
        return Verdict("metric", metric.name, Fidelity.DROPPED, f"{why}, which no measure of {tool} does")
    mart = metrics.by_mart[metric.mart]
    grains = [grain for grain in Grain if metric in told(mart, grain, metrics)]
    if not grains:
        return Verdict("metric", metric.name, Fidelity.DROPPED, f"{why}, and no view by period has it")
    reason = f"by {', '.join(grains)} and not by dimensions: {why}"
    return Verdict.of("metric", metric.name, [reason], [f"in {', '.join(period_name(mart, each) for each in grains)}"])
