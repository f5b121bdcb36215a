"""A question understood: its metrics, dimensions and conditions found, or every reason why it has no right answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lakehouse.errors import ConfigurationError, Problem, nearest
from lakehouse.semantic.comparison import Comparison, Period
from lakehouse.semantic.compiler.breakdown import reach
from lakehouse.semantic.conditions import Condition, ConditionError, read_condition
from lakehouse.semantic.definition import Aggregate, Cohort, Cumulative, Growth, Measure, Offset, Simple
from lakehouse.semantic.dimensions import Dimension
from lakehouse.semantic.facts import FACTS, path
from lakehouse.semantic.metrics import Metric, Metrics
from lakehouse.semantic.query import Calendar, Query
from lakehouse.semantic.span import Span
from lakehouse.semantic.value import Change, Reader, Value


@dataclass(frozen=True)
class Answer:
    """What is told of one metric: its value, and how that compares."""

    metric: Metric
    value: Value
    compared: Mapping[Comparison, Change]

    @property
    def values(self) -> tuple[Value, ...]:
        return (self.value, *self.compared.values())


@dataclass(frozen=True)
class Asked:
    """A question that has an answer."""

    query: Query
    metrics: tuple[Metric, ...]
    by: tuple[Dimension, ...]
    where: Condition | None
    answers: tuple[Answer, ...]


def understand(query: Query, metrics: Metrics) -> Asked:
    """The question understood; ConfigurationError with everything in it that is unknown or has no right answer."""
    return _Understanding(query, metrics).asked()


@dataclass
class _Understanding:
    query: Query
    metrics: Metrics
    problems: list[Problem] = field(default_factory=list)

    def asked(self) -> Asked:
        named = self._collect_metrics()
        by = self._by()
        where = self._where()
        needed = (*by, *self._dimensions(where))
        if any(isinstance(metric.definition, Cohort) for metric in named):
            if self.problems:
                raise ConfigurationError(self.problems)
            return Asked(self.query, named, by, where, ())
        for metric in named:
            self.problems += self._refusals(metric, needed)
        self.problems += self._unordered(named)
        self.problems += self._no_comparison()
        if self.problems:
            raise ConfigurationError(self.problems)
        reader = Reader(self.metrics, lambda metric, own: self._chosen(metric, (*needed, *self._of(own))))
        return Asked(self.query, named, by, where, tuple(self._answer(reader, metric) for metric in named))

    def _answer(self, reader: Reader, metric: Metric) -> Answer:
        compared = {
            comparison: reader.change(lambda span: reader.value(metric, span=span), comparison, Span())
            for comparison in self.query.compare
        }
        return Answer(metric, reader.value(metric), compared)

    # ── names ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _collect_metrics(self) -> tuple[Metric, ...]:
        try:
            return self.metrics.named(self.query.metrics)
        except ConfigurationError as error:
            self.problems += error.problems
            return self.metrics.named(name for name in self.query.metrics if name in self.metrics.by_name)

    def _by(self) -> tuple[Dimension, ...]:
        dimensions = self.metrics.dimensions
        for name in dict.fromkeys(self.query.by):
            if name not in dimensions.by_name:
                is_grain = name in list(Calendar)
                message = f"'{name}' is no dimension but a grain" if is_grain else f"unknown dimension '{name}'"
                self.problems.append(Problem("by", 0, 0, message, None if is_grain else dimensions.meant(name)))
        return tuple(dimensions.by_name[name] for name in dict.fromkeys(self.query.by) if name in dimensions.by_name)

    def _where(self) -> Condition | None:
        if self.query.where is None:
            return None
        try:
            dimensions = self.metrics.dimensions
            return read_condition(self.query.where, dimensions.types, dimensions.vocabularies)
        except ConditionError as error:
            self.problems += [Problem("where", 0, 0, each.message, each.suggestion) for each in error.mistakes]
            return None

    def _dimensions(self, condition: Condition | None) -> tuple[Dimension, ...]:
        names = () if condition is None else condition.names
        return tuple(self.metrics.dimensions.by_name[name] for name in names)

    def _of(self, conditions: Sequence[Condition]) -> tuple[Dimension, ...]:
        return tuple(dimension for condition in conditions for dimension in self._dimensions(condition))

    def _unordered(self, named: Sequence[Metric]) -> Iterator[Problem]:
        columns = ["period_start", *self.query.by]
        for metric in named:
            columns += [metric.name]
            for comparison in self.query.compare:
                columns += [f"{metric.name}_{comparison}", f"{metric.name}_{comparison}_growth"]
        for order in self.query.order:
            if order.name not in columns:
                message = f"the answer has no column '{order.name}' to order by"
                yield Problem("order", 0, 0, message, nearest(order.name, columns))

    # ── what has no right answer ──────────────────────────────────────────────────────────────────────────────────────

    def _refusals(self, metric: Metric, needed: Sequence[Dimension]) -> Iterator[Problem]:
        yield from self._without_time(metric)
        yield from self._compared_twice(metric)
        yield from self._of_other_days_twice(metric)
        for part, own in self._simple(metric):
            dimensions = tuple(dict.fromkeys((*needed, *self._of(own))))
            if self._chosen_or_none(part, dimensions) is None:
                yield self._unreachable(metric, part, dimensions)

    def _without_time(self, metric: Metric) -> Iterator[Problem]:
        is_of_two = any(isinstance(each.definition, Growth | Offset) for each in self.metrics.closure([metric]))
        is_retained = any(each.measure.aggregate is Aggregate.COUNT_RETAINED for each in self._measures(metric))
        if self.query.grain is Calendar.TOTAL and (is_of_two or is_retained):
            message = f"'{metric.name}' compares a period with another, and a total is none: ask by day, week or month"
            yield Problem("grain", 0, 0, message, "month")
        is_windowed = any(isinstance(each.definition, Cumulative) for each in self.metrics.closure([metric]))
        if is_retained and is_windowed:
            message = (
                f"'{metric.name}' asks who was there in the period before too, and days up to one have none before"
            )
            yield Problem("metrics", 0, 0, message)

    def _measures(self, metric: Metric) -> Iterator[Simple]:
        for each in self.metrics.closure([metric]):
            if isinstance(each.definition, Simple):
                yield each.definition

    def _compared_twice(self, metric: Metric) -> Iterator[Problem]:
        for each in self.metrics.closure([metric]) if self.query.compare else ():
            if isinstance(each.definition, Growth | Offset):
                message = f"'{metric.name}' is a comparison itself: compare what it is of"
                yield Problem("compare", 0, 0, message, each.operands[0])
                return

    def _of_other_days_twice(self, metric: Metric) -> Iterator[Problem]:
        """A period is compared with one other and has one window: a second would be lost without a word."""
        for each in self.metrics.closure([metric]):
            inner = [part.definition for part in self.metrics.closure([each]) if part is not each]
            message = None
            match each.definition:
                case Growth() | Offset() if any(isinstance(part, Growth | Offset) for part in inner):
                    message = f"'{each.name}' compares what is a comparison itself: compare what that is of"
                case Cumulative() if any(isinstance(part, Cumulative | Offset) for part in inner):
                    message = f"'{each.name}' takes days of what is of other days itself: take those of what that is of"
            if message is not None:
                yield Problem("metrics", 0, 0, message)

    def _no_comparison(self) -> Iterator[Problem]:
        grain = self.query.grain
        periods = self._periods_compared()
        if grain is Calendar.TOTAL and self.query.compare:
            message = "a total has no period before it to compare with: ask by day, week, month, quarter or year"
            yield Problem("compare", 0, 0, message, "month")
        if Period.SAME_WEEKDAY in periods and grain not in {Calendar.DAY, Calendar.WEEK, Calendar.TOTAL}:
            who = periods[Period.SAME_WEEKDAY]
            message = f"{who}a {grain} has no weekday: days and weeks can be compared with the same weekday"
            yield Problem("compare", 0, 0, message, Period.PREVIOUS_YEAR)
        if Period.SAME_OCCASION in periods and grain not in {Calendar.DAY, Calendar.TOTAL}:
            who = periods[Period.SAME_OCCASION]
            message = f"{who}an occasion is a day: a {grain} can not be compared with the same occasion"
            yield Problem("compare", 0, 0, message, Period.PREVIOUS_YEAR)

    def _periods_compared(self) -> dict[Period, str]:
        """Periods that the question or a metric of it compares with, each with words on which metric does, if one."""
        of_metrics = {
            each.definition.comparison.period: f"'{each.name}' is against {each.definition.against}: "
            for name in self.query.metrics
            if name in self.metrics.by_name
            for each in self.metrics.closure([self.metrics.by_name[name]])
            if isinstance(each.definition, Growth | Offset)
        }
        return of_metrics | dict.fromkeys((comparison.period for comparison in self.query.compare), "")

    # ── where a metric is measured ────────────────────────────────────────────────────────────────────────────────────

    def _simple(
        self, metric: Metric, where: tuple[Condition, ...] = ()
    ) -> Iterator[tuple[Metric, tuple[Condition, ...]]]:
        """The simple metrics that it is made of, each with the conditions that definitions on the way have."""
        types = self.metrics.dimensions.types
        own = (*where, *(read_condition(text, types) for text in metric.definition.where))
        if isinstance(metric.definition, Simple):
            yield metric, own
        for name in metric.operands:
            yield from self._simple(self.metrics.by_name[name], own)

    def _chosen(self, metric: Metric, dimensions: Sequence[Dimension]) -> Measure:
        found = self._chosen_or_none(metric, dimensions)
        if found is None:
            raise ConfigurationError([self._unreachable(metric, metric, dimensions)])
        return found

    def _chosen_or_none(self, metric: Metric, dimensions: Sequence[Dimension]) -> Measure | None:
        """The first of the metric's measures whose fact leads to all the dimensions."""
        for measure in measures_of(metric):
            if all(reach(measure.table, dimension) is not None for dimension in dimensions):
                return measure
        return None

    def _unreachable(self, metric: Metric, part: Metric, dimensions: Sequence[Dimension]) -> Problem:
        fact = measures_of(part)[0].table
        wrong = [each for each in dimensions if self._chosen_or_none(part, [each]) is None] or list(dimensions)
        name = " and ".join(each.name for each in wrong)
        what = f"'{metric.name}'" if metric is part else f"'{metric.name}' needs '{part.name}', which"
        if _is_fan_out(fact, wrong[0]):
            why = f"one row of {fact} has many of {_home(wrong[0])}, and would count once for each"
        else:
            why = f"{fact} does not tell it"
        message = f"{what} can not be broken down by {name}: {why}"
        others = self._instead(metric, dimensions)
        if others:
            message += f"; ask for {' or '.join(others)}"
        return Problem("by", 0, 0, message)

    def _instead(self, metric: Metric, dimensions: Sequence[Dimension]) -> list[str]:
        """Metrics of the same kind that can be broken down so, the nearest by name first."""
        found = [
            other.name
            for other in self.metrics.metrics
            if other.definition.format is metric.definition.format
            and not isinstance(other.definition, Growth | Offset | Cohort | Cumulative)
            and all(
                self._chosen_or_none(part, (*dimensions, *self._of(own))) is not None
                for part, own in self._simple(other)
            )
        ]
        first = nearest(metric.name, found)
        rest = [name for name in found if name != first]
        return ([first] if first else []) + rest[: 2 if first else 3]


def measures_of(metric: Metric) -> tuple[Measure, ...]:
    """A simple metric's measures, the coarsest first."""
    return (metric.definition.measure, *metric.definition.finer) if isinstance(metric.definition, Simple) else ()


def _home(dimension: Dimension) -> str:
    if dimension.table is not None:
        return dimension.table
    return next(name for name, fact in FACTS.items() if dimension.field in fact.table.field_names)


def _is_fan_out(fact: str, dimension: Dimension) -> bool:
    """Whether the dimension is of something that points to rows of the fact."""
    homes = [name for name, each in FACTS.items() if dimension.field in each.table.field_names]
    if dimension.table is not None:
        homes = [name for name in FACTS if path(name, dimension.table) is not None]
    return any(home != fact and path(home, fact) for home in homes)
