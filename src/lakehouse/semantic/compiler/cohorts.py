"""Questions of cohorts compiled to SQL: those who began in one period, in each of the periods since.

Steps: `known` and `calendar` as for any question; `cohorts` has the members by the period they began in, `since` what
they did in each period from then on, and `grid` every period that has begun since, so that one without a row is zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from lakehouse.errors import ConfigurationError, Problem
from lakehouse.semantic.compiler.breakdown import SEGMENTS, Breakdown, customer_segments
from lakehouse.semantic.compiler.calendar import Days, Step
from lakehouse.semantic.compiler.columns import counts, until
from lakehouse.semantic.compiler.sql import (
    ONE,
    ZERO,
    coalesce,
    column,
    day,
    double,
    every,
    is_not_null,
    is_null,
    least,
    ordered,
    text,
    when,
)
from lakehouse.semantic.conditions import Condition
from lakehouse.semantic.definition import Aggregate, Cohort, Measure, Simple
from lakehouse.semantic.dimensions import Dimension
from lakehouse.semantic.facts import TABLES, path
from lakehouse.semantic.metrics import Metric, Metrics, conditions_of
from lakehouse.semantic.query import Calendar, Query
from lakehouse.semantic.reason import Reason

COHORT_COLUMNS = ("cohort_start", "period_start", "periods_since", "cohort_size")


def is_of_cohorts(metrics: Sequence[Metric]) -> bool:
    """Whether the question is one of cohorts."""
    return any(isinstance(metric.definition, Cohort) for metric in metrics)


@dataclass(frozen=True)
class Cohorts:
    """A question of metrics that follow the same cohorts."""

    query: Query
    metrics: Metrics
    asked: tuple[Metric, ...]
    by: tuple[Dimension, ...]
    where: Condition | None

    def refusals(self) -> Iterator[Problem]:
        """Why it has no right answer."""
        others = [metric.name for metric in self.asked if not isinstance(metric.definition, Cohort)]
        if others:
            message = f"{', '.join(others)} is by period, the others by cohort: ask for them apart"
            yield Problem("metrics", 0, 0, message)
            return
        if len({self._cohort(metric).since for metric in self.asked}) > 1:
            yield Problem("metrics", 0, 0, "these metrics follow cohorts of different beginnings: ask for them apart")
        if self.query.grain in {Calendar.TOTAL, Calendar.DAY}:
            message = "a cohort began in a period, and is followed by periods: ask by week, month, quarter or year"
            yield Problem("grain", 0, 0, message, "month")
        if self.query.compare:
            yield Problem("compare", 0, 0, "cohorts are compared with each other: read down a column of the answer")
        conditions = () if self.where is None else self.where.names
        for dimension in (*self.by, *(self.metrics.dimensions.by_name[name] for name in conditions)):
            if dimension.table != self._table:
                message = f"a cohort can not be broken down by {dimension.name}: it is nothing of its members"
                yield Problem("by", 0, 0, message)

    def check(self) -> None:
        """ConfigurationError if it has no right answer."""
        if problems := list(self.refusals()):
            raise ConfigurationError(problems)

    def tree(self) -> exp.Select:
        """The whole query; ConfigurationError if it has no right answer."""
        self.check()
        tree = self._answer()
        for name, step in self._steps():
            tree = tree.with_(name, as_=step, copy=False)
        return tree

    # ── what is followed ──────────────────────────────────────────────────────────────────────────────────────────────

    @staticmethod
    def _cohort(metric: Metric) -> Cohort:
        if not isinstance(metric.definition, Cohort):
            raise TypeError(f"{metric.name} is of no cohorts")
        return metric.definition

    def _measure(self, metric: Metric) -> Measure:
        definition = self.metrics.by_name[self._cohort(metric).of].definition
        if not isinstance(definition, Simple):
            raise TypeError(f"{metric.name} follows no simple metric")
        return definition.measure

    @property
    def _table(self) -> str:
        return self._cohort(self.asked[0]).since.partition(".")[0]

    @property
    def _began(self) -> str:
        return self._cohort(self.asked[0]).since.partition(".")[2]

    @property
    def _key(self) -> str:
        return TABLES[self._table].primary_key[0]

    @property
    def _facts(self) -> tuple[str, ...]:
        measures = [self._measure(metric) for metric in self.asked]
        return tuple(sorted({fact for measure in measures for fact in (measure.table, *measure.requires)}))

    # ── steps ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _steps(self) -> Iterator[Step]:
        days = dict(Days(self.query, (), self._facts, (), ()).steps_of_days())
        yield from days.items()
        order = exp.Order(expressions=[exp.Ordered(this=column("period_start"), nulls_first=False)])
        position = exp.Window(this=exp.RowNumber(), order=order)
        yield "numbered", exp.select(exp.Star(), position.as_("number")).from_("all_periods")
        if any(each.stanza.segments for each in (*self.by, *self._conditioned())):
            yield SEGMENTS, customer_segments()
        yield "members", self._members()
        group = [column(each.name) for each in self.by]
        size = exp.Count(this=exp.Star()).as_("cohort_size")
        yield (
            "cohorts",
            exp.select(column("cohort_start"), *group, size).from_("members").group_by(column("cohort_start"), *group),
        )
        for metric in self.asked:
            yield f"{metric.name}_since", self._since(metric)
        yield "grid", self._grid()

    def _conditioned(self) -> list[Dimension]:
        return [self.metrics.dimensions.by_name[name] for name in (() if self.where is None else self.where.names)]

    def _members(self) -> exp.Select:
        """A row for each member who began, with the period of that."""
        joined = Breakdown(self._table, self._began)
        named = [joined.column(each).as_(each.name) for each in self.by]
        tree = exp.select(
            column(self._key, self._table).as_("member"), column("period_start", "began").as_("cohort_start"), *named
        )
        condition = None
        if self.where is not None:
            condition = self.where.over(joined.columns(self._conditioned()))
        on = column("calendar_date", "began").eq(column(self._began, self._table))
        tree = joined.joined(tree.from_(self._table)).join(exp.to_table("calendar").as_("began"), on=on)
        return tree if condition is None else tree.where(condition)

    def _since(self, metric: Metric) -> exp.Select:
        """What members did in each period."""
        measure = self._measure(metric)
        fact = measure.table
        (join,) = path(fact, self._table) or ()
        is_member = column("member", "members").eq(column(join.field, fact))
        is_then = column("calendar_date", "calendar").eq(column(measure.date, fact))
        own = [
            condition.over({name: column(name, fact) for name in condition.names})
            for condition in conditions_of(measure)
        ]
        keys = [
            column("cohort_start", "members"),
            column("period_start", "calendar"),
            *(column(each.name, "members") for each in self.by),
        ]
        value = self._aggregated(measure, fact)
        return (
            exp.select(
                *keys,
                exp.cast(value, metric.type if self._cohort(metric).per is None else "decimal(18,2)").as_("value"),
            )
            .from_(fact)
            .join("members", on=is_member)
            .join("calendar", on=is_then)
            .where(*own, column(counts(fact), "calendar").eq(ONE))
            .group_by(*keys)
        )

    def _aggregated(self, measure: Measure, fact: str) -> exp.Expr:
        field = None if measure.field is None else column(measure.field, fact)
        match measure.aggregate:
            case Aggregate.COUNT:
                return exp.Count(this=exp.Star())
            case Aggregate.COUNT_DISTINCT:
                return exp.Count(this=exp.Distinct(expressions=[field]))
            case Aggregate.MIN:
                return exp.Min(this=field)
            case Aggregate.MAX:
                return exp.Max(this=field)
            case _:
                return exp.Sum(this=field)

    def _grid(self) -> exp.Select:
        """A row for each cohort asked for and each period since that has begun."""
        start, begun = column("period_start", "began"), column("period_start", "numbered")
        first = column("lake_from", "known") if self.query.start is None else day(self.query.start)
        last = column("lake_to", "known") if self.query.end is None else day(self.query.end)
        has_begun = [begun >= start, begun <= column("lake_to", "known")]
        return (
            exp.select(
                column("cohort_start", "cohorts"),
                begun,
                column("period_to", "numbered"),
                exp.Sub(this=column("number", "numbered"), expression=column("number", "began")).as_("periods_since"),
                *(column(each.name, "cohorts") for each in self.by),
                column("cohort_size", "cohorts"),
                *(column(until(fact), "known") for fact in self._facts),
            )
            .from_("cohorts")
            .join("known", join_type="cross")
            .join(exp.to_table("numbered").as_("began"), on=start.eq(column("cohort_start", "cohorts")))
            .join("numbered", on=every(has_begun))
            .where(column("period_to", "began") >= first, start <= last)
        )

    def _answer(self) -> exp.Select:
        columns: list[exp.Expr] = [column(name, "grid") for name in COHORT_COLUMNS]
        columns += [column(each.name, "grid") for each in self.by]
        tree = exp.select().from_("grid")
        for metric in self.asked:
            step = f"{metric.name}_since"
            # A missing value is a null of a dimension, too: both sides of it are alike.
            on: list[exp.Expr] = [
                column(name, step).eq(column(name, "grid")) for name in ("cohort_start", "period_start")
            ]
            for each in self.by:
                one, other = column(each.name, step), column(each.name, "grid")
                on.append(exp.paren(exp.or_(one.eq(other), every([is_null(one), is_null(other)]))))
            tree = tree.join(step, on=every(on), join_type="left")
            columns += self._value(metric, column("value", step))
        order = [
            ordered(column(name, "grid"))
            for name in ("cohort_start", *(each.name for each in self.by), "periods_since")
        ]
        return tree.select(*columns).order_by(*order)

    def _value(self, metric: Metric, raw: exp.Expr) -> Iterator[exp.Expr]:
        own = [column(until(fact), "grid") for fact in self._facts]
        is_over = every([*(is_not_null(each) for each in own), column("period_to", "grid") <= least(own)])
        value: exp.Expr = coalesce(raw, ZERO)
        if self._cohort(metric).per is not None:
            value = exp.Div(this=double(value), expression=double(column("cohort_size", "grid")))
        else:
            value = exp.cast(value, metric.type)
        yield when(is_over, value).as_(metric.name)
        yield when(is_over, exp.Null(), text(Reason.IMMATURE)).as_(f"{metric.name}_reason")
