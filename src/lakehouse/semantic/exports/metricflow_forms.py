"""What a metric becomes in MetricFlow: one metric for each fact it can be measured in, and for each grain it compares.

A metric there has one measure, so the same in a finer fact is another metric; and it is shifted by a window of its own,
where "the period before" is a day, a week or a month as the question has it, so there is one for each grain.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlglot import exp

from lakehouse.grain import Grain
from lakehouse.semantic.comparison import Comparison, Period
from lakehouse.semantic.conditions import Condition, read_condition
from lakehouse.semantic.definition import (
    Aggregate,
    Cohort,
    Cumulative,
    Derived,
    Growth,
    Measure,
    Offset,
    Ratio,
    Simple,
    Stanza,
)
from lakehouse.semantic.dimensions import Dimension
from lakehouse.semantic.exports.metricflow_models import RESERVED, is_reserved, item, reference, refusal
from lakehouse.semantic.metrics import Metric, Metrics


@dataclass(frozen=True)
class Form:
    """A metric, measured in a finer fact or in its own, and compared at one grain, if it compares at all."""

    metric: Metric
    fact: str | None = None
    grain: Grain | None = None

    @property
    def suffix(self) -> str:
        fact = "" if self.fact is None else f"_of_{self.fact.removeprefix('fact_')}"
        return f"{fact}_by_{self.grain}" if self.grain else fact

    @property
    def name(self) -> str:
        return f"{self.metric.name}{self.suffix}"

    @property
    def title(self) -> str:
        """The business name, and what sets it apart from the other forms."""
        told = self.suffix.replace("_", " ").strip()
        return f"{self.metric.definition.business_name}, {told}" if told else self.metric.definition.business_name


@dataclass(frozen=True)
class Forms:
    """The forms of all metrics."""

    metrics: Metrics

    def of(self, metric: Metric) -> tuple[Form, ...]:
        """The forms of a metric, its own first; none where MetricFlow can not say it."""
        return self._by_metric[metric.name]

    def operand(self, form: Form, name: str) -> Form:
        """The form of a metric that a form is made of."""
        metric = self.metrics.by_name[name]
        fact = form.fact if form.fact in self._finer(metric) else None
        return Form(metric, fact, form.grain if self._comparisons(metric) else None)

    def measures(self, form: Form) -> tuple[Measure, ...]:
        """What is measured of each simple metric that a form is made of."""
        return tuple(_measured(form, simple) for simple in self._simple(form.metric))

    @property
    def measured(self) -> Mapping[Form, Measure]:
        """What is measured by each form of a simple metric."""
        return {
            form: _measured(form, metric.definition)
            for metric in self.metrics.metrics
            if isinstance(metric.definition, Simple)
            for form in self.of(metric)
        }

    def filter(self, form: Form, of: Form | None = None) -> str | None:
        """The metric's own conditions as MetricFlow writes them, or as it does of one that the form is made of.

        None if it has none, or if its facts lead to their dimensions in different ways.
        """
        texts = [self._filtered(of or form, condition) for condition in self._conditions(form.metric)]
        return None if None in texts else " AND ".join(filter(None, texts)) or None

    def answering(self, metric: Metric, grain: Grain, by: Sequence[Dimension]) -> tuple[Form, tuple[str, ...]] | None:
        """The form that answers a question, and what it is grouped by there for each dimension; None if none does."""
        for form in self.of(metric):
            items = [self.item(form, dimension) for dimension in by]
            if form.grain in {None, grain} and None not in items:
                return form, tuple(each for each in items if each is not None)
        return None

    def item(self, form: Form, dimension: Dimension) -> str | None:
        """What the form is grouped by for a dimension: it has to be the same in all its facts."""
        items = {item(measure.table, dimension) for measure in self.measures(form)}
        return items.pop() if len(items) == 1 else None

    def refusal(self, metric: Metric) -> str | None:
        """Why MetricFlow can not say the metric; None if it can."""
        if self.of(metric):
            return None
        for each in self.metrics.closure([metric]):
            if why := self._own_refusal(each):
                return why if each is metric else f"it is made of {each.name}: {why}"
        return "its facts lead to the dimensions of its conditions in different ways"

    # ── which forms there are ─────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _by_metric(self) -> dict[str, tuple[Form, ...]]:
        """Metrics come after those they are made of, so these are there already."""
        found: dict[str, tuple[Form, ...]] = {}
        for metric in self.metrics.metrics:
            forms = [
                Form(metric, fact, grain) for fact in (None, *self._finer(metric)) for grain in self._grains(metric)
            ]
            is_said = self._own_refusal(metric) is None
            found[metric.name] = tuple(form for form in forms if is_said and self._stands(form, found))
        return found

    def _stands(self, form: Form, found: dict[str, tuple[Form, ...]]) -> bool:
        """Whether all that it is made of is there, and its conditions can be put, to itself or to its parts."""
        operands = [self.operand(form, name) for name in form.metric.operands]
        if not all(operand in found[operand.metric.name] for operand in operands):
            return False
        match form.metric.definition:
            case Ratio() | Derived():
                return self._is_put(form, form) or all(self._is_put(form, operand) for operand in operands)
            case Cumulative():
                return all(self._is_put(each, each) for each in (form, *operands))
            case _:
                return self._is_put(form, form)

    def _is_put(self, form: Form, of: Form) -> bool:
        return not form.metric.definition.where or self.filter(form, of) is not None

    def _own_refusal(self, metric: Metric) -> str | None:
        why: str | None = None
        match metric.definition:
            case Cohort():
                why = "MetricFlow does not follow cohorts"
            case Simple(measure=Measure(aggregate=Aggregate.COUNT_REPEATED)):
                why = "MetricFlow has no count of values that stand in two rows of a period"
            case Simple(measure=Measure(aggregate=Aggregate.COUNT_RETAINED)):
                why = "MetricFlow has no count of values that stand in two periods"
            case Growth() | Offset() if not _grains_of(metric.definition.comparison):
                why = "no window of MetricFlow leads to the day of a moving holiday"
            case Growth() | Offset() if self._has(metric, (Growth, Offset)):
                why = "it compares what is a comparison itself, to which there is no answer here either"
            case Cumulative() if self._has(metric, (Cumulative, Offset)):
                why = "it takes days of what is of other days itself, to which there is no answer here either"
        return RESERVED if is_reserved(metric.name) else why

    def _has(self, metric: Metric, kinds: tuple[type[Stanza], ...]) -> bool:
        """Whether a metric is made of one of the kinds."""
        parts = [each for each in self.metrics.closure([metric]) if each is not metric]
        return any(isinstance(each.definition, kinds) for each in parts)

    def _grains(self, metric: Metric) -> tuple[Grain | None, ...]:
        comparisons = self._comparisons(metric)
        if not comparisons:
            return (None,)
        return tuple(grain for grain in Grain if all(grain in _grains_of(each) for each in comparisons))

    def _comparisons(self, metric: Metric) -> Collection[Comparison]:
        definitions = [each.definition for each in self.metrics.closure([metric])]
        return {each.comparison for each in definitions if isinstance(each, Growth | Offset)}

    def _finer(self, metric: Metric) -> tuple[str, ...]:
        """The facts, other than its own, in which all that it is made of can be measured."""
        simple = list(self._simple(metric))
        facts = dict.fromkeys(measure.table for each in simple for measure in each.finer)
        own = {each.measure.table for each in simple}
        return tuple(
            fact
            for fact in facts
            if own != {fact} and all(fact in {one.table for one in (each.measure, *each.finer)} for each in simple)
        )

    def _simple(self, metric: Metric) -> list[Simple]:
        definitions = [each.definition for each in self.metrics.closure([metric])]
        return [each for each in definitions if isinstance(each, Simple)]

    # ── conditions ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _conditions(self, metric: Metric) -> tuple[Condition, ...]:
        types = self.metrics.dimensions.types
        return tuple(read_condition(text, types) for text in metric.definition.where)

    def _filtered(self, form: Form, condition: Condition) -> str | None:
        names: dict[str, exp.Expr] = {}
        for name in condition.names:
            dimension = self.metrics.dimensions.by_name[name]
            told = {reference(measure.table, dimension) for measure in self.measures(form)}
            if refusal(dimension) is not None or len(told) != 1 or (text := told.pop()) is None:
                return None
            names[name] = exp.var(text)
        return condition.over(names).transform(_escaped).sql(dialect="duckdb")


def _escaped(node: exp.Expr) -> exp.Expr:
    """A text in which a brace is only a brace: a filter is a template."""
    if isinstance(node, exp.Literal) and "{" in node.name:
        return exp.var(node.sql(dialect="duckdb").replace("{", "{{ '{' }}"))
    return node


def _measured(form: Form, simple: Simple) -> Measure:
    """What a simple metric measures in the form's fact: its own measure, unless only a finer one is there."""
    measures = (simple.measure, *simple.finer)
    return next((each for each in measures if each.table == form.fact), simple.measure)


def _grains_of(comparison: Comparison) -> Mapping[Grain | None, str]:
    """The window of MetricFlow that leads to the other period, for each grain that has one."""
    match comparison.period:
        case Period.PREVIOUS:
            return {grain: f"1 {grain}" for grain in Grain}
        case Period.PREVIOUS_YEAR:
            return {grain: "52 weeks" if grain is Grain.WEEK else "1 year" for grain in Grain}
        case Period.SAME_WEEKDAY:
            return {Grain.DAY: "52 weeks", Grain.WEEK: "52 weeks"}
    return {}


def window(comparison: Comparison, grain: Grain | None) -> str:
    """The window of MetricFlow that leads to the other period at a grain."""
    return _grains_of(comparison)[grain]
