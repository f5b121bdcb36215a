"""What a metric is in the end: sums, differences and quotients of what is measured in facts, each over a span.

Filters, windows and comparisons of a definition go down to what is measured, so a ratio to date is the ratio of two
sums to date, and the growth of a ratio compares two ratios.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from lakehouse.semantic.comparison import Comparison
from lakehouse.semantic.conditions import Condition, read_condition
from lakehouse.semantic.definition import (
    Aggregate,
    Cumulative,
    Derived,
    Fraction,
    Growth,
    Measure,
    Offset,
    Ratio,
    Simple,
)
from lakehouse.semantic.metrics import RATIO, Metric, Metrics
from lakehouse.semantic.span import Span, Window


@dataclass(frozen=True)
class Measured:
    """A simple metric, measured in `measure` among the rows where `where` holds, over a span."""

    metric: Metric
    measure: Measure
    where: tuple[Condition, ...]
    span: Span

    @property
    def type(self) -> str:
        return self.metric.type

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that must have arrived for it to be known."""
        return tuple(dict.fromkeys((self.measure.table, *self.measure.requires)))

    @property
    def is_extreme(self) -> bool:
        return self.measure.aggregate in {Aggregate.MIN, Aggregate.MAX}


@dataclass(frozen=True)
class Total:
    """Values added up, some taken off."""

    add: tuple[Value, ...]
    subtract: tuple[Value, ...]
    type: str


@dataclass(frozen=True)
class Quotient:
    """One value over another."""

    numerator: Value
    denominator: Value
    type: str = RATIO


@dataclass(frozen=True)
class Change:
    """How a value differs from what it was, as a share of that."""

    now: Value
    before: Value
    comparison: Comparison
    type: str = RATIO


Value = Measured | Total | Quotient | Change


def measured(value: Value) -> Iterator[Measured]:
    """All that the value is made of."""
    match value:
        case Measured():
            yield value
        case Total(add=add, subtract=subtract):
            for part in (*add, *subtract):
                yield from measured(part)
        case Quotient(numerator=one, denominator=other) | Change(now=one, before=other):
            yield from measured(one)
            yield from measured(other)


def facts_of(value: Value) -> tuple[str, ...]:
    """The facts that must have arrived for the value to be known."""
    return tuple(sorted({fact for part in measured(value) for fact in part.facts}))


Choose = Callable[[Metric, tuple[Condition, ...]], Measure]


@dataclass(frozen=True)
class Reader:
    """Reads definitions as values; `choose` says in which of its facts a simple metric is measured."""

    metrics: Metrics
    choose: Choose

    def value(self, metric: Metric, where: tuple[Condition, ...] = (), span: Span = Span()) -> Value:  # noqa: B008
        """The metric among the rows where all conditions hold, over the span."""
        definition = metric.definition
        where = tuple(dict.fromkeys((*where, *self.conditions(metric))))
        match definition:
            case Simple():
                return Measured(metric, self.choose(metric, where), where, span)
            case Ratio(numerator=numerator, denominator=denominator):
                return Quotient(self._named(numerator, where, span), self._named(denominator, where, span))
            case Derived(add=add, subtract=subtract):
                added = tuple(self._named(name, where, span) for name in add)
                taken = tuple(self._named(name, where, span) for name in subtract)
                return Total(added, taken, metric.type)
            case Cumulative(of=of):
                # The stretch ends with the last day that has come of all that it needs.
                arrived = span.arrived if span.comparison else facts_of(self._named(of, where, span))
                return self._named(of, where, replace(span, window=Window.of(definition), arrived=arrived))
            case Offset():
                return self.compared(lambda at: self._named(definition.of, where, at), definition.comparison, span)
            case Growth():
                return self.change(lambda at: self._grown(definition.of, where, at), definition.comparison, span)
        raise AssertionError(f"{metric.name} has no value of its own")

    def conditions(self, metric: Metric) -> tuple[Condition, ...]:
        """The conditions on dimensions that the metric itself has."""
        types = self.metrics.dimensions.types
        return tuple(read_condition(text, types) for text in metric.definition.where)

    def compared(self, of: Callable[[Span], Value], comparison: Comparison, span: Span) -> Value:
        """A value over the span that a comparison leads to."""
        arrived = facts_of(of(span)) if comparison.to_date else ()
        return of(replace(span, comparison=comparison, arrived=arrived))

    def change(self, of: Callable[[Span], Value], comparison: Comparison, span: Span) -> Change:
        """A value's change against the span that a comparison leads to."""
        return Change(of(span), self.compared(of, comparison, span), comparison)

    def _named(self, name: str, where: tuple[Condition, ...], span: Span) -> Value:
        return self.value(self.metrics.by_name[name], where, span)

    def _grown(self, of: str | Fraction, where: tuple[Condition, ...], span: Span) -> Value:
        if isinstance(of, str):
            return self._named(of, where, span)
        return Quotient(self._named(of.numerator, where, span), self._named(of.denominator, where, span))
