"""Small pieces of SQL as syntax trees: of what DuckDB, Spark, Sail, Trino and Redshift read alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import reduce

from sqlglot import exp

from lakehouse.semantic.reason import Reason

ONE = exp.Literal.number(1)
ZERO = exp.Literal.number(0)


def column(name: str, table: str | None = None) -> exp.Column:
    return exp.column(name, table)


def text(value: str | Reason) -> exp.Literal:
    return exp.Literal.string(str(value))


def number(value: int) -> exp.Expr:
    """A whole number."""
    return exp.Literal.number(value)


def day(value: date) -> exp.Cast:
    return exp.cast(exp.Literal.string(value.isoformat()), "date")


def nothing(type_name: str) -> exp.Cast:
    """Null of a type: a branch of a union has to say which."""
    return exp.cast(exp.Null(), type_name)


def double(value: exp.Expr) -> exp.Cast:
    return exp.cast(value.copy(), "double")


def is_null(value: exp.Expr) -> exp.Expr:
    return exp.Is(this=value.copy(), expression=exp.Null())


def is_not_null(value: exp.Expr) -> exp.Expr:
    return exp.Not(this=is_null(value))


def between(value: exp.Expr, low: exp.Expr, high: exp.Expr) -> exp.Between:
    return exp.Between(this=value.copy(), low=low.copy(), high=high.copy())


def when(condition: exp.Expr, value: exp.Expr, otherwise: exp.Expr | None = None) -> exp.Case:
    case = exp.Case().when(condition.copy(), value.copy())
    return case if otherwise is None else case.else_(otherwise.copy())


def coalesce(*values: exp.Expr) -> exp.Expr:
    return exp.Coalesce(this=values[0].copy(), expressions=[value.copy() for value in values[1:]])


def nullif(value: exp.Expr, other: exp.Expr) -> exp.Expr:
    return exp.Nullif(this=value.copy(), expression=other.copy())


def least(values: Sequence[exp.Expr]) -> exp.Expr:
    """The least of values of which none is null: engines differ in what it is if one is."""
    if len(values) == 1:
        return values[0].copy()
    return exp.Anonymous(this="LEAST", expressions=[value.copy() for value in values])


def first_of(values: Sequence[exp.Expr]) -> exp.Expr:
    """The least of values, the first of which is not null; null if another is."""
    return when(every(map(is_not_null, values[1:])), least(values)) if len(values) > 1 else least(values)


def every(conditions: Iterable[exp.Expr]) -> exp.Expr:
    return exp.and_(*(condition.copy() for condition in conditions))


def days_before(value: exp.Expr, days: int) -> exp.Expr:
    """The date so many days before."""
    if days == 0:
        return value.copy()
    interval = exp.Interval(this=exp.Literal.string(str(days)), unit=exp.var("DAY"))
    return exp.cast(exp.Sub(this=value.copy(), expression=interval), "date")


def days_after(value: exp.Expr, days: exp.Expr) -> exp.Expr:
    """The date so many days after."""
    moved = exp.DateAdd(this=value.copy(), expression=exp.cast(days.copy(), "int"), unit=exp.var("DAY"))
    return exp.cast(moved, "date")


def year_before(value: exp.Expr) -> exp.Expr:
    """The same date of the year before; of 29 February, the 28th."""
    interval = exp.Interval(this=exp.Literal.string("1"), unit=exp.var("YEAR"))
    return exp.cast(exp.Sub(this=value.copy(), expression=interval), "date")


def days_from(first: exp.Expr, last: exp.Expr) -> exp.Expr:
    """How many days there are from one date to another, both included."""
    difference = exp.DateDiff(this=last.copy(), expression=first.copy(), unit=exp.var("DAY"))
    return exp.cast(exp.Add(this=difference, expression=ONE.copy()), "bigint")


def ordered(value: exp.Expr, *, descending: bool = False) -> exp.Ordered:
    return exp.Ordered(this=value, desc=descending, nulls_first=False)


def plus(values: Sequence[exp.Expr]) -> exp.Expr:
    return reduce(lambda left, right: exp.Add(this=left, expression=right.copy()), values[1:], values[0].copy())


def minus(value: exp.Expr, others: Sequence[exp.Expr]) -> exp.Expr:
    return reduce(lambda left, right: exp.Sub(this=left, expression=right.copy()), others, value.copy())


def union(selects: Sequence[exp.Select]) -> exp.Query:
    return selects[0] if len(selects) == 1 else exp.union(*selects, distinct=False, copy=False)
