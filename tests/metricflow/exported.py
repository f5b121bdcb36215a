"""Definitions that are exported, run by MetricFlow and compared with what our compiler answers of the same lake."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from lakehouse.errors import ConfigurationError
from lakehouse.grain import Grain
from lakehouse.semantic.compiler.question import understand
from lakehouse.semantic.exports.metricflow_forms import Forms
from lakehouse.semantic.metrics import Metric, Metrics
from lakehouse.semantic.query import Calendar, Query
from tests.metricflow.asking import Asked, Cells, Lake, manifest
from tests.metricflow.comparing import Difference, differences
from tests.metricflow.known import By

Plan = Mapping[By, Collection[Grain]]
"""Dimensions to break metrics down by, each with the grains to do so at."""


@dataclass
class Compared:
    """What a comparison found: of how many questions and numbers, where they differ, and what could not be asked there.

    `without_row` is of how many numbers there is no row there, and `daily` has our answers by day.
    """

    questions: int = 0
    numbers: int = 0
    without_row: int = 0
    differences: list[Difference] = field(default_factory=list)
    unasked: set[tuple[str, By]] = field(default_factory=set)
    daily: dict[tuple[str, By], Cells] = field(default_factory=dict)


@dataclass(frozen=True)
class Exported:
    """A lake that is known from the first to the last day, and definitions to ask it by."""

    lake: Lake
    metrics: Metrics
    first: date
    last: date
    stored: Mapping[str, Collection[str]] = field(default_factory=dict)

    def compared(self, plan: Plan, folder: Path) -> Compared:
        """Every metric by all dimensions that it can be broken down by here, at all grains of the plan."""
        found, forms = Compared(), Forms(self.metrics)
        pairs = [(grain, by) for by, grains in plan.items() for grain in grains]
        asked: dict[tuple[Grain, By], dict[str, Asked]] = {pair: {} for pair in pairs}
        for grain, by in pairs:
            for metric in self._askable(forms, grain, by):
                question = self._in_their_words(forms, metric, grain, by)
                if question is None:
                    found.unasked.add((metric.name, by))
                else:
                    asked[grain, by][metric.name] = question
        questions = [(grain, by, name, each) for (grain, by), some in asked.items() for name, each in some.items()]
        answers = self.lake.theirs(manifest(self.metrics), [each for *_, each in questions], folder)
        ours = {pair: self._ours(tuple(some), *pair) for pair, some in asked.items() if some}
        for (grain, by, name, _), theirs in zip(questions, answers, strict=True):
            assert not isinstance(theirs, str), f"{name} by {grain} and {by}: {theirs}"
            cells = ours[grain, by][name]
            found.differences += differences(name, grain, by, cells, theirs)
            found.numbers += len(cells.keys() | theirs.keys())
            found.without_row += len(cells.keys() - theirs.keys())
        found.questions = len(questions)
        found.daily = {
            (name, by): cells
            for (grain, by), some in ours.items()
            if grain is Grain.DAY
            for name, cells in some.items()
        }
        return found

    def _ours(self, names: tuple[str, ...], grain: Grain, by: By) -> Mapping[str, Cells]:
        query = Query(names, Calendar(grain), self.first, self.last, by)
        return self.lake.ours(self.metrics, query, {} if by else self.stored)

    def _askable(self, forms: Forms, grain: Grain, by: By) -> Iterator[Metric]:
        """The metrics that MetricFlow was told and that can be broken down so here."""
        for metric in self.metrics.metrics:
            if forms.of(metric) and self._is_understood(metric, grain, by):
                yield metric

    def _is_understood(self, metric: Metric, grain: Grain, by: By) -> bool:
        try:
            understand(Query((metric.name,), Calendar(grain), by=by), self.metrics)
        except ConfigurationError:
            return False
        return True

    def _in_their_words(self, forms: Forms, metric: Metric, grain: Grain, by: By) -> Asked | None:
        dimensions = [self.metrics.dimensions.by_name[name] for name in by]
        found = forms.answering(metric, grain, dimensions)
        if found is None:
            return None
        form, items = found
        return Asked(form.name, (f"metric_time__{grain}", *items), self.first, self.last)
