"""Data sets that BI tools sum and count in: rows of facts one under the other, with only what all of them tell.

A tool that drags and drops can put any measure beside any dimension. So a data set has the facts of some metrics and
only those dimensions that every one of these facts leads to, and no fact is joined to another: whatever is dragged
together in it has a right answer, and a total over the rows is that answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlglot import exp

from lakehouse.semantic.compiler.breakdown import SEGMENTS, Breakdown, customer_segments, reach
from lakehouse.semantic.compiler.calendar import Days
from lakehouse.semantic.compiler.columns import counts, known
from lakehouse.semantic.compiler.measures import sort_name
from lakehouse.semantic.compiler.question import measures_of
from lakehouse.semantic.compiler.sql import ONE, column, every, nothing, text, union, when
from lakehouse.semantic.definition import Aggregate, Cohort, Measure, Status
from lakehouse.semantic.dimensions import Dimension
from lakehouse.semantic.exports.view import View, ViewColumn
from lakehouse.semantic.facts import CALENDAR, DIMENSION_TABLES, FACTS
from lakehouse.semantic.metrics import Mart, Metric, Metrics, conditions_of
from lakehouse.semantic.query import Calendar, Query
from lakehouse.semantic.span import Span
from lakehouse.semantic.value import Measured, Reader, Value, measured
from lakehouse.table import BIGINT, DATE, STRING, UNKNOWN_KEY

ROW_ID, EVENT, EVENT_DATE = "row_id", "event", "event_date"


@dataclass(frozen=True)
class Dataset:
    """The rows of some facts, for the metrics of a mart that are measured in no others.

    One row per row of a fact and day that it counts on; `event` says which it is. `values` are the metrics whose number
    is a sum, a count or a quotient over the rows, in reading order.
    """

    metrics: Metrics
    mart: Mart
    facts: tuple[str, ...]
    values: Mapping[str, Value]

    @property
    def name(self) -> str:
        return f"{self.mart.name}_of_{'_and_'.join(fact.removeprefix('fact_') for fact in self.facts)}"

    @property
    def title(self) -> str:
        """What people read, such as `Revenue: orders and refunds`."""
        words = [fact.removeprefix("fact_").replace("_", " ") for fact in self.facts]
        return f"{self.mart.title}: {' and '.join(words)}"

    @property
    def description(self) -> str:
        facts = " and of ".join(self.facts)
        return f"{self.mart.description.strip()} One row per row of {facts}, on the business day that it counts on."

    @cached_property
    def dimensions(self) -> tuple[Dimension, ...]:
        """What all its facts lead to."""
        known_ = self.metrics.dimensions.by_name.values()
        return tuple(each for each in known_ if all(reach(fact, each) is not None for fact in self.facts))

    @cached_property
    def inline(self) -> tuple[Dimension, ...]:
        """The dimensions that its rows have themselves: those of facts, and those that are computed."""
        return tuple(each for each in self.dimensions if not _is_joined(each))

    @cached_property
    def joins(self) -> Mapping[str, tuple[Dimension, ...]]:
        """Tables of dimensions that its rows have the key of, each with the dimensions that come from there."""
        joined = [each for each in self.dimensions if _is_joined(each)]
        return {
            table: tuple(each for each in joined if each.table == table)
            for table in DIMENSION_TABLES
            if any(each.table == table for each in joined)
        }

    @cached_property
    def parts(self) -> Mapping[Measured, str]:
        """What is measured, each with its column: a metric's name, with a number where it has conditions."""
        found = dict.fromkeys(part for value in self.values.values() for part in measured(value))
        wheres = {where: n for n, where in enumerate(dict.fromkeys(p.where for p in found if p.where), start=1)}
        return {part: f"{part.metric.name}_{wheres[part.where]}" if part.where else part.metric.name for part in found}

    def column(self, part: Measured) -> str:
        """The column with what is measured: `total_revenue_value`, or of distinct counts `visitors_id`."""
        return f"{self.parts[part]}_{'id' if part.measure.aggregate.is_distinct else 'value'}"

    @cached_property
    def columns(self) -> Mapping[str, ViewColumn]:
        """All columns by name, in order."""
        return {
            ROW_ID: ViewColumn(STRING, "The row: its fact, the date it counts on, and its key there."),
            EVENT: ViewColumn(STRING, "Fact that the row is of."),
            EVENT_DATE: ViewColumn(DATE, "Business day that the row counts on."),
            **{key_of(table): ViewColumn(STRING, f"Row of {table}.") for table in self.joins if table != CALENDAR},
            **{each.name: ViewColumn(each.type, each.description) for each in self.inline},
            **{
                sort_name(each): ViewColumn(BIGINT, f"Order of {each.title}.")
                for each in self.inline
                if each.sort is not None
            },
            **{self.column(part): ViewColumn(*_told(part)) for part in self.parts},
        }

    @property
    def tree(self) -> exp.Select:
        """What selects its rows from the tables, by their plain names."""
        branches = [self._branch(fact, date, parts) for (fact, date), parts in self._events.items()]
        tree = exp.select(*map(column, self.columns)).from_(union(branches).subquery("events"))
        days = Days(Query(tuple(self.values), Calendar.DAY), (Span(),), self._arriving, (), ())
        for name, step in days.steps_of_days():
            if name != "all_periods":
                tree = tree.with_(name, as_=step, copy=False)
        if any(dimension.stanza.segments for dimension in self.inline):
            tree = tree.with_(SEGMENTS, as_=customer_segments(), copy=False)
        return tree

    def view(self) -> View:
        """What creates it as a view."""
        tree = self.tree
        steps = {step.alias for step in tree.find_all(exp.CTE)}
        tables = sorted({table.name for table in tree.find_all(exp.Table)} - steps)
        return View(self.name, self.description, self.columns, tuple(tables), tree)

    @property
    def _events(self) -> Mapping[tuple[str, str], list[Measured]]:
        """What is measured, by fact and the date it counts on."""
        groups: dict[tuple[str, str], list[Measured]] = {}
        for part in self.parts:
            groups.setdefault((part.measure.table, part.measure.date), []).append(part)
        return groups

    @property
    def _arriving(self) -> tuple[str, ...]:
        return tuple(sorted({fact for part in self.parts for fact in part.facts}))

    def _branch(self, fact: str, date: str, parts: Sequence[Measured]) -> exp.Select:
        joined, day = Breakdown(fact, date), column(date, fact)
        key = column(FACTS[fact].table.primary_key[0], fact)
        own = {
            ROW_ID: exp.DPipe(this=text(f"{fact}.{date}:"), expression=exp.cast(key, STRING)),
            EVENT: text(fact),
            EVENT_DATE: day,
            **{key_of(table): joined.key(table) for table in self.joins if table != CALENDAR},
            **{each.name: joined.column(each) for each in self.inline},
            **{sort_name(each): exp.cast(joined.sort(each), BIGINT) for each in self.inline if each.sort is not None},
            **{self.column(part): self._measured(part, joined) for part in parts},
        }
        columns = [(own[name] if name in own else nothing(each.type)).as_(name) for name, each in self.columns.items()]
        tree = joined.joined(exp.select(*columns).from_(fact))
        return tree.join("calendar", on=column("calendar_date", "calendar").eq(day)).where(
            column(counts(fact), "calendar").eq(ONE)
        )

    def _measured(self, part: Measured, joined: Breakdown) -> exp.Expr:
        """What a row adds to what is measured, or whom it counts; null where it does not count."""
        fact, measure = part.measure.table, part.measure
        value = ONE if measure.field is None else column(measure.field, fact)
        conditions = [
            condition.over({name: column(name, fact) for name in condition.names})
            for condition in conditions_of(measure)
        ]
        conditions += [condition.over(joined.columns(self._named(condition.names))) for condition in part.where]
        conditions += [column(known(each), "calendar").eq(ONE) for each in measure.requires]
        if measure.aggregate.is_distinct:
            conditions.append(value.copy().neq(text(UNKNOWN_KEY)))
        counted = when(every(conditions), value) if conditions else value
        return exp.cast(counted, _told(part)[0])

    def _named(self, names: Sequence[str]) -> list[Dimension]:
        return [self.metrics.dimensions.by_name[name] for name in names]


def datasets(metrics: Metrics) -> tuple[Dataset, ...]:
    """The data sets of all marts: one for each set of facts that some metric of the mart is measured in."""
    return tuple(dataset for mart in metrics.marts for dataset in _of(mart, metrics))


def refusal(metric: Metric, metrics: Metrics) -> str | None:
    """Why the metric's number is in no data set; None if it is."""
    if isinstance(metric.definition, Cohort):
        return "it follows cohorts"
    for part in measured(value_of(metric, metrics)):
        if not part.span.is_period:
            return "it is of other days than those of its rows"
        if part.measure.aggregate is Aggregate.COUNT_REPEATED:
            return "it counts who is there twice in a period"
        if part.measure.aggregate is Aggregate.COUNT_RETAINED:
            return "it counts who was there in the period before, too"
    return None


def _of(mart: Mart, metrics: Metrics) -> Iterator[Dataset]:
    told = [
        metric
        for metric in metrics.of_mart(mart)
        if metric.definition.status is not Status.DEPRECATED and refusal(metric, metrics) is None
    ]
    own = {metric.name: value_of(metric, metrics) for metric in told}
    sets = dict.fromkeys(_facts(value) for value in own.values())
    for facts in sorted(sets, key=lambda each: (len(each), each)):
        values = {name: value for name, value in own.items() if set(_facts(value)) <= set(facts)}
        finer = {metric.name: value_of(metric, metrics, facts[0]) for metric in told if len(facts) == 1}
        values |= {name: value for name, value in finer.items() if _facts(value) == facts}
        yield Dataset(metrics, mart, facts, {name: values[name] for name in own if name in values})
    for fact in _finer(told, metrics):
        if (fact,) not in sets:
            values = {metric.name: value_of(metric, metrics, fact) for metric in told}
            yield Dataset(metrics, mart, (fact,), {n: value for n, value in values.items() if _facts(value) == (fact,)})


def _finer(told: Sequence[Metric], metrics: Metrics) -> Iterator[str]:
    """Facts in which some metric can be measured, too."""
    yield from dict.fromkeys(measure.table for each in metrics.closure(told) for measure in measures_of(each)[1:])


def value_of(metric: Metric, metrics: Metrics, fact: str | None = None) -> Value:
    """What a metric is in the end, measured in a finer fact where that is asked for and can be."""

    def choose(simple: Metric, _: object) -> Measure:
        measures = measures_of(simple)
        return next((each for each in measures if each.table == fact), measures[0])

    return Reader(metrics, choose).value(metric)


def _facts(value: Value) -> tuple[str, ...]:
    return tuple(sorted({part.measure.table for part in measured(value)}))


def _is_joined(dimension: Dimension) -> bool:
    """Whether it is a plain field of a table of dimensions, which the rows have the key of."""
    stanza = dimension.stanza
    return dimension.table in DIMENSION_TABLES and not (stanza.ages or stanza.segments or stanza.start_of)


def key_of(table: str) -> str:
    """The key of a table of dimensions."""
    return DIMENSION_TABLES[table].primary_key[0]


def _told(part: Measured) -> tuple[str, str]:
    """Type and description of what is measured."""
    name = part.metric.definition.business_name
    if part.measure.aggregate.is_distinct:
        return STRING, f"Who or what counts for {name}; null where the row does not."
    return part.type, f"What the row adds to {name}; null where it does not count."
