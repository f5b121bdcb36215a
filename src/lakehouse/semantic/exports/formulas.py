"""How a metric's number comes from the rows of a data set: aggregates, and what is made of them, as a syntax tree."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from lakehouse.semantic.compiler.sql import ONE, ZERO, coalesce, column, double, minus, nullif, plus, when
from lakehouse.semantic.definition import Aggregate
from lakehouse.semantic.exports.datasets import Dataset
from lakehouse.semantic.value import Measured, Quotient, Total, Value

Told = Callable[[Measured], exp.Expr]
"""How a tool is told of an aggregate."""


def aggregate(part: Measured, dataset: Dataset) -> exp.Expr:
    """What is measured, over rows of a data set."""
    value = column(dataset.column(part))
    if part.measure.aggregate.is_distinct:
        return exp.Count(this=exp.Distinct(expressions=[value]))
    match part.measure.aggregate:
        case Aggregate.MIN:
            return exp.Min(this=value)
        case Aggregate.MAX:
            return exp.Max(this=value)
    return exp.Sum(this=value)


def formula(value: Value, told: Told) -> exp.Expr:
    """A value of a data set; a sum that has no rows is null by itself, and none where it is part of another."""
    match value:
        case Measured():
            return told(value)
        case Total(add=add, subtract=subtract):
            added, taken = ([_filled(part, told) for part in parts] for parts in (add, subtract))
            return exp.paren(minus(plus(added), taken))
        case Quotient(numerator=above, denominator=below):
            divisor = nullif(double(_filled(below, told)), ZERO)
            return exp.Div(this=double(_filled(above, told)), expression=divisor)
    raise AssertionError(f"{value} is in no data set")


def of_one_period(value: exp.Expr, period: exp.Expr) -> exp.Expr:
    """A value of a mart's view by period, of the one period that is looked at; null where several are."""
    periods = exp.Count(this=exp.Distinct(expressions=[period]))
    return when(periods.eq(ONE), exp.Max(this=value))


def _filled(value: Value, told: Told) -> exp.Expr:
    is_sum = isinstance(value, Measured) and not value.is_extreme
    return coalesce(formula(value, told), ZERO) if is_sum else formula(value, told)
