"""Metrics as they are used: checked, resolved, in the order in which they depend on each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from lakehouse.errors import ConfigurationError, Problem, nearest
from lakehouse.grain import Grain
from lakehouse.semantic.conditions import Condition, read_condition
from lakehouse.semantic.definition import Cohort, Definition, Format, Measure, operands
from lakehouse.semantic.dimensions import NONE, Dimensions
from lakehouse.semantic.facts import FACTS

RATIO_SCALE = 9
RATIO = f"decimal(27,{RATIO_SCALE})"
"""Type of a ratio in a KPI table, rounded half up. Of more digits Spark would cut the last ones off: a product of
decimals has room for 38."""


class Additivity(StrEnum):
    """How a metric's number for a period comes from the KPI table's days."""

    SUM = "sum"
    """The days add up."""
    PERIOD = "period"
    """A distinct count: it has a column for each calendar grain, and the days of that column add up."""
    EXTREME = "extreme"
    """The smallest or largest of the days."""
    DISTINCT = "distinct"
    """A distinct count that no fact flags: counted in the fact anew at the grain asked for."""
    NONE = "none"
    """Only from the metrics it is made of, each first brought to the grain asked for."""


@dataclass(frozen=True)
class Metric:
    """A definition with its name, its mart, and what follows from those it is made of.

    `type` is the type of its number in a KPI table, and `is_stored` whether there is one that holds its days.
    """

    name: str
    mart: str
    owner: str
    definition: Definition
    type: str
    additivity: Additivity
    is_stored: bool

    @property
    def operands(self) -> tuple[str, ...]:
        """The metrics it is made of."""
        return tuple(name for _, name in operands(self.definition))

    @property
    def is_money(self) -> bool:
        return self.definition.format is Format.CURRENCY

    def column(self, grain: Grain) -> str:
        """Column of the KPI tables that holds its days for a question at this grain."""
        return f"{self.name}_of_{grain}" if self.additivity is Additivity.PERIOD else self.name

    @property
    def columns(self) -> tuple[str, ...]:
        """All its columns in the KPI tables."""
        return tuple(dict.fromkeys(self.column(grain) for grain in Grain))


@dataclass(frozen=True)
class Mart:
    """A mart: its name, what people call it, what it is for, and the names of its metrics in reading order."""

    name: str
    title: str
    description: str
    owner: str
    metrics: tuple[str, ...]

    @property
    def table(self) -> str:
        """Name of its KPI table."""
        return f"kpi_{self.name}_daily"


@dataclass(frozen=True, repr=False)
class Metrics:
    """All metrics of a configuration, each after those it is made of, their marts and their dimensions."""

    marts: tuple[Mart, ...]
    metrics: tuple[Metric, ...]
    dimensions: Dimensions = NONE

    def __repr__(self) -> str:
        return f"<{len(self.metrics)} metrics in {len(self.marts)} marts>"

    @cached_property
    def by_name(self) -> Mapping[str, Metric]:
        return {metric.name: metric for metric in self.metrics}

    @cached_property
    def by_mart(self) -> Mapping[str, Mart]:
        return {mart.name: mart for mart in self.marts}

    def of_mart(self, mart: Mart) -> tuple[Metric, ...]:
        """The metrics of a mart, as its file orders them."""
        return tuple(self.by_name[name] for name in mart.metrics)

    def stored(self, mart: Mart) -> tuple[Metric, ...]:
        """What the mart's KPI table holds: its metrics and all that they are made of, each after those it is made of.

        Only those whose days can be kept: a growth is no number of a day but of two periods, and what it is the growth
        of is there. Cohorts are followed in facts alone.
        """
        followed = (metric for metric in self.of_mart(mart) if not isinstance(metric.definition, Cohort))
        return tuple(metric for metric in self.closure(followed) if metric.is_stored)

    def tagged(self, tag: str) -> tuple[Metric, ...]:
        """The metrics with a tag, mart by mart in reading order."""
        everything = (metric for mart in self.marts for metric in self.of_mart(mart))
        return tuple(metric for metric in everything if tag in metric.definition.tags)

    def named(self, names: Iterable[str]) -> tuple[Metric, ...]:
        """The metrics asked for, each once, in the order asked; ConfigurationError with every unknown name."""
        asked = tuple(dict.fromkeys(names))
        if unknown := [name for name in asked if name not in self.by_name]:
            raise ConfigurationError(
                [Problem("metrics", 0, 0, f"unknown metric '{name}'", self._meant(name)) for name in unknown]
            )
        return tuple(self.by_name[name] for name in asked)

    def closure(self, metrics: Iterable[Metric]) -> tuple[Metric, ...]:
        """The metrics and all that they are made of, each after those it is made of."""
        wanted: set[str] = set()
        pending = [metric.name for metric in metrics]
        while pending:
            name = pending.pop()
            if name not in wanted:
                wanted.add(name)
                pending += self.by_name[name].operands
        return tuple(metric for metric in self.metrics if metric.name in wanted)

    def _meant(self, name: str) -> str | None:
        """The metric whose name, business name or synonym is nearest."""
        words = {metric.name.replace("_", " "): metric.name for metric in reversed(self.metrics)}
        for metric in reversed(self.metrics):
            for word in (metric.definition.business_name, *metric.definition.synonyms):
                words.setdefault(word, metric.name)
        found = nearest(name.replace("_", " "), words)
        return None if found is None else words[found]


def conditions_of(measure: Measure) -> tuple[Condition, ...]:
    """The conditions on the rows of its fact that a checked measure has."""
    types = {field.name: field.type for field in FACTS[measure.table].table.fields}
    return tuple(read_condition(text, types) for text in measure.where)
