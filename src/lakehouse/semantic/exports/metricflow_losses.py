"""What MetricFlow is not told, or tells otherwise: of each metric, each dimension, and of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lakehouse.grain import Grain
from lakehouse.semantic.compiler.breakdown import reach
from lakehouse.semantic.definition import EVER, Cumulative, Derived, Growth, Offset, Ratio, Simple
from lakehouse.semantic.dimensions import Dimension
from lakehouse.semantic.exports.export import Fidelity, Verdict
from lakehouse.semantic.exports.metricflow_forms import Forms
from lakehouse.semantic.exports.metricflow_models import is_shared, refusal
from lakehouse.semantic.facts import FACTS
from lakehouse.semantic.metrics import Metric

_LANGUAGE = (
    ("days that are not known", Fidelity.APPROXIMATED, "null here, with the reason; 0 there"),
    ("combinations without rows", Fidelity.APPROXIMATED, "0 in each period here; no row there"),
    ("the end of a question", Fidelity.APPROXIMATED, "its last day here; the end of that day's period there"),
    ("weeks", Fidelity.APPROXIMATED, "start on Monday there, whatever the setting"),
    ("fiscal and retail periods", Fidelity.DROPPED, "MetricFlow 0.213 tells one such period of a ratio in many rows"),
    ("comparisons of a question", Fidelity.DROPPED, "a question there has none: a growth or an offset is a metric"),
    ("the reason of a null, and up to which day a value is", Fidelity.DROPPED, "an answer there has values only"),
    ("hierarchies", Fidelity.DROPPED, "MetricFlow has none"),
)


def verdicts(forms: Forms) -> Iterator[Verdict]:
    """A verdict on each metric and dimension, and on what the two languages do not share."""
    for metric in forms.metrics.metrics:
        if why := forms.refusal(metric):
            yield Verdict("metric", metric.name, Fidelity.DROPPED, why)
        else:
            reasons = [*_reasons(forms, metric), *_lost(forms, metric)]
            yield Verdict.of("metric", metric.name, reasons, _notes(forms, metric))
    for dimension in forms.metrics.dimensions.by_name.values():
        yield _dimension(dimension)
    yield from (Verdict("language", *told) for told in _LANGUAGE)


def _dimension(dimension: Dimension) -> Verdict:
    if why := refusal(dimension):
        return Verdict("dimension", dimension.name, Fidelity.DROPPED, why)
    kept = {"what a map makes of it": dimension.stanza.role, "what orders its values": dimension.sort}
    reasons = [f"{what} is only kept as meta there" for what, value in kept.items() if value is not None]
    notes = ["an entity there, so that it has one name in all facts"] if is_shared(dimension) else []
    return Verdict.of("dimension", dimension.name, reasons, notes)


def _notes(forms: Forms, metric: Metric) -> Iterator[str]:
    """How the metric is asked for there."""
    forms_there = forms.of(metric)
    for fact in dict.fromkeys(form.fact for form in forms_there if form.fact is not None):
        yield f"measured in {fact} it is {next(form.name for form in forms_there if form.fact == fact)} there"
    if forms_there[0].grain is not None:
        yield f"there is one for each grain there, such as {forms_there[0].name}"


def _lost(forms: Forms, metric: Metric) -> Iterator[str]:
    """What it can not be broken down by there."""
    lost = [name for name, each in forms.metrics.dimensions.by_name.items() if _is_lost(forms, metric, each)]
    if lost:
        yield f"not by {', '.join(lost)} there, to which its facts lead in different ways"


def _is_lost(forms: Forms, metric: Metric, dimension: Dimension) -> bool:
    """Whether only MetricFlow can not break the metric down so."""
    if refusal(dimension) is not None or not _is_reached(forms, metric, dimension):
        return False
    return all(forms.answering(metric, grain, (dimension,)) is None for grain in Grain)


def _is_reached(forms: Forms, metric: Metric, dimension: Dimension) -> bool:
    simple = [each.definition for each in forms.metrics.closure([metric]) if isinstance(each.definition, Simple)]
    return all(
        any(reach(measure.table, dimension) is not None for measure in (each.measure, *each.finer)) for each in simple
    )


def _reasons(forms: Forms, metric: Metric) -> Iterator[str]:
    """Where the numbers of the metric, or of what it is made of, differ."""
    for each in forms.metrics.closure([metric]):
        match each.definition:
            case Simple(measure=measure):
                if measure.requires:
                    yield f"days without {', '.join(measure.requires)} are not known here; there they count"
                if FACTS[measure.table].predates_lake:
                    yield "rows of days before the first known one do not count in its period here; there they do"
            case Ratio() if _is_of_a_sum(forms, each):
                yield "a sum that has no rows is null there, and the ratio with it; here it is 0"
            case Growth() | Offset() as shifted:
                yield from _shifted(shifted, [forms.metrics.by_name[name] for name in each.operands])
            case Cumulative(to_date=to_date, trailing_days=days) if to_date != EVER:
                yield "of a period that is not over, the last day known tells here, the period's last there"
                yield "without rows in its window on the last day, the last day that has some tells there; here it is 0"
                if days is not None:
                    yield "days of which some are before the first known have no value here; there that of the others"


def _is_of_a_sum(forms: Forms, ratio: Metric) -> bool:
    """Whether one of its parts is a sum, and the other of another fact: that has rows where the sum has none."""
    is_sum = any(isinstance(forms.metrics.by_name[name].definition, Derived) for name in ratio.operands)
    facts = {measure.table for form in forms.of(ratio)[:1] for measure in forms.measures(form)}
    return is_sum and len(facts) > 1


def _shifted(shifted: Growth | Offset, operands: Sequence[Metric]) -> Iterator[str]:
    if isinstance(shifted, Growth):
        yield "no change here where one of the two periods lacks days; there it has one"
    else:
        yield "not known here before the first day; 0 there"
    if shifted.comparison.to_date:
        yield "compared with as many days as have passed here; with the whole other period there"
    if any(isinstance(operand.definition, Cumulative) for operand in operands):
        yield "there the last day is shifted and not the period: where months differ in length they do not meet"
