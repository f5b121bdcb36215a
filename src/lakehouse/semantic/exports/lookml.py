"""Metrics as a LookML project: a view and an explore for each data set and each mart by period, and one model.

A measure of a data set is right beside every dimension of its explore. What compares periods or runs over several is
read from the marts' views by period, in explores of their own; there a value stands for one period and no other.
"""

from __future__ import annotations

from calendar import day_name
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import lkml
from sqlglot import exp

from lakehouse.grain import Grain
from lakehouse.semantic.comparison import Comparison, Period
from lakehouse.semantic.compiler.measures import sort_name
from lakehouse.semantic.definition import Aggregate, Growth
from lakehouse.semantic.dimensions import Dimension
from lakehouse.semantic.exports.bi_losses import verdicts
from lakehouse.semantic.exports.datasets import EVENT, EVENT_DATE, ROW_ID, Dataset, datasets, key_of, value_of
from lakehouse.semantic.exports.export import WRITTEN, Export, Fidelity
from lakehouse.semantic.exports.formulas import formula, of_one_period
from lakehouse.semantic.exports.lookml_fields import (
    Block,
    Site,
    day_group,
    hidden_field,
    of_dimension,
    of_metric,
    reason_field,
)
from lakehouse.semantic.exports.periods import period_name, told
from lakehouse.semantic.facts import CALENDAR, DIMENSION_TABLES
from lakehouse.semantic.metrics import Mart, Metric, Metrics
from lakehouse.semantic.value import Change, Measured, Value

_LANGUAGE = (
    ("days that are not known", Fidelity.APPROXIMATED, "null here, with the reason; in a data set there no row, or 0"),
    ("combinations without rows", Fidelity.APPROXIMATED, "0 in each period here; no row there"),
    ("comparisons of a question", Fidelity.APPROXIMATED, "there people make period-over-period measures of their own"),
    ("fiscal and retail periods", Fidelity.DROPPED, "Looker's weeks, months, quarters and years are the calendar's"),
    ("up to which day a value is", Fidelity.DROPPED, "an answer there has values only"),
)
_DATAGROUP = "published"
_AGGREGATES = {Aggregate.MIN: "min", Aggregate.MAX: "max"}
_TIMEFRAMES = ["raw", "date", "week", "month", "quarter", "year"]


def export(metrics: Metrics, site: Site) -> Export:
    """The project of all metrics, and what it does not say."""
    project = _Project(metrics, site)
    files = {
        "manifest.lkml": {"project_name": "lakehouse"},
        "lakehouse.model.lkml": project.model(),
        **{f"views/{view['name']}.view.lkml": {"views": [view]} for view in project.views()},
    }
    return Export({name: _text(files[name]) for name in sorted(files)}, tuple(verdicts(metrics, "Looker", _LANGUAGE)))


def _text(content: Block) -> str:
    return f"{WRITTEN}{lkml.dump(content)}\n"


@dataclass(frozen=True)
class _Project:
    metrics: Metrics
    site: Site

    def model(self) -> Block:
        run = exp.select(exp.Max(this=exp.column("run_id"))).from_(exp.table_("published_snapshot", self.site.schema))
        trigger = {"sql_trigger": run.sql(dialect=self.site.dialect.value)}
        return {
            "connection": self.site.connection,
            "label": "Shop",
            "week_start_day": day_name[self.site.week_start - 1].lower(),
            "includes": ["/views/*.view.lkml"],
            "datagroups": [{"name": _DATAGROUP, **trigger, "max_cache_age": "24 hours"}],
            "persist_with": _DATAGROUP,
            "explores": [*map(_explore, datasets(self.metrics)), *self._explores_of_periods()],
        }

    def views(self) -> Iterator[Block]:
        for table in DIMENSION_TABLES:
            yield self._dimension_table(table)
        for dataset in datasets(self.metrics):
            yield _DatasetView(dataset, self.site).block()
        for mart in self.metrics.marts:
            for grain in Grain:
                yield self._periods(mart, grain)

    def _table(self, name: str) -> str:
        return f"{self.site.schema}.{name}"

    # ── dimensions ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _dimension_table(self, table: str) -> Block:
        own: dict[str, Dimension] = {}
        for dataset in datasets(self.metrics):
            own |= {each.name: each for each in dataset.joins.get(table, ())}
        return {
            "name": table,
            "sql_table_name": self._table(table),
            "label": table.removeprefix("dim_").replace("_", " ").capitalize(),
            "dimensions": [
                hidden_field(key_of(table), is_key=True),
                *(block for each in own.values() for block in of_dimension(each, each.field, each.sort, self.metrics)),
            ],
        }

    # ── marts by period ───────────────────────────────────────────────────────────────────────────────────────────────

    def _periods(self, mart: Mart, grain: Grain) -> Block:
        metrics = told(mart, grain, self.metrics)
        return {
            "name": period_name(mart, grain),
            "sql_table_name": self._table(period_name(mart, grain)),
            "label": f"{mart.title} by {grain}",
            "dimensions": [hidden_field("period_start", is_key=True), *map(reason_field, metrics)],
            "dimension_groups": [day_group("period", "Period", "First day of the period.", "period_start", ["date"])],
            "measures": [
                {"name": each.name, **self._of_one_period(each), **of_metric(each, self.site)} for each in metrics
            ],
        }

    def _of_one_period(self, metric: Metric) -> Block:
        """The value of the period that is looked at; nothing where several are, whose values do not add up."""
        value = of_one_period(exp.var(f"${{TABLE}}.{metric.name}"), exp.var("${TABLE}.period_start"))
        return {"type": "number", "sql": value.sql(dialect=self.site.dialect.value)}

    def _explores_of_periods(self) -> Iterator[Block]:
        for mart in self.metrics.marts:
            for grain in Grain:
                sentence = f"All metrics of the mart, a value for each {grain}; none for several, and no dimensions."
                yield {
                    "name": period_name(mart, grain),
                    "label": f"{mart.title} by {grain}",
                    "group_label": mart.title,
                    "description": sentence,
                }


def _explore(dataset: Dataset) -> Block:
    return {
        "name": dataset.name,
        "label": dataset.title,
        "group_label": dataset.mart.title,
        "description": dataset.description,
        "joins": [
            {
                "name": table,
                "type": "left_outer",
                "relationship": "many_to_one",
                "sql_on": f"${{{dataset.name}.{_foreign(table)}}} = ${{{table}.{key_of(table)}}}",
            }
            for table in dataset.joins
        ],
    }


def _foreign(table: str) -> str:
    """The field of a data set that names a row of a table of dimensions."""
    return "event_raw" if table == CALENDAR else key_of(table)


# ── data sets ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _DatasetView:
    dataset: Dataset
    site: Site

    def block(self) -> Block:
        """The view: who a row is, what it can be broken down by, and the measures."""
        dataset = self.dataset
        hidden = [ROW_ID, *(_foreign(table) for table in dataset.joins if table != CALENDAR)]
        shown = [
            block
            for each in dataset.inline
            for block in of_dimension(each, each.name, each.sort and sort_name(each), dataset.metrics)
        ]
        event = {"name": EVENT, "type": "string", "label": "Fact", "description": dataset.columns[EVENT].description}
        return {
            "name": dataset.name,
            "sql_table_name": f"{self.site.schema}.{dataset.name}",
            "label": dataset.title,
            "dimensions": [
                *(hidden_field(name, is_key=name == ROW_ID) for name in hidden),
                {**event, "sql": f"${{TABLE}}.{EVENT}"},
                *shown,
            ],
            "dimension_groups": [
                day_group("event", "Date", dataset.columns[EVENT_DATE].description, EVENT_DATE, _TIMEFRAMES)
            ],
            "measures": [*self._parts(), *self._measures(), *self._growths()],
            "sets": [{"name": "detail", "fields": [EVENT, "event_date", *(each.name for each in dataset.inline)]}],
        }

    @property
    def _names(self) -> Mapping[Measured, str]:
        """The measure that each part is: the metric that is nothing else, or a hidden one."""
        named = {value: name for name, value in self.dataset.values.items() if isinstance(value, Measured)}
        return {part: named.get(part, f"{name}_measured") for part, name in self.dataset.parts.items()}

    def _parts(self) -> Iterator[Block]:
        """What metrics are made of, where it is none of the mart's."""
        for part, name in self._names.items():
            if name not in self.dataset.values:
                yield {"name": name, "hidden": "yes", **self._measured(part)}

    def _measures(self) -> Iterator[Block]:
        metrics = self.dataset.metrics.by_name
        for name, value in self.dataset.values.items():
            is_measured = isinstance(value, Measured)
            made = self._measured(value) if isinstance(value, Measured) else {"type": "number", "sql": self._sql(value)}
            drill = {"drill_fields": ["detail*"]} if is_measured else {}
            yield {"name": name, **made, **of_metric(metrics[name], self.site), **drill}

    def _measured(self, part: Measured) -> Block:
        aggregate = part.measure.aggregate
        kind = "count_distinct" if aggregate.is_distinct else _AGGREGATES.get(aggregate, "sum")
        return {"type": kind, "sql": f"${{TABLE}}.{self.dataset.column(part)}"}

    def _growths(self) -> Iterator[Block]:
        """What changes since the period before, for each grain: Looker shifts by a period that is written down."""
        for metric, change in _growths(self.dataset):
            for grain in Grain:
                title = f"{metric.definition.business_name} by {grain}"
                frame = "date" if grain is Grain.DAY else str(grain)
                yield {
                    "name": f"{metric.name}_by_{grain}",
                    "type": "period_over_period",
                    "based_on": f"{self.dataset.name}.{self._names[change]}",
                    "based_on_time": f"{self.dataset.name}.event_{frame}",
                    "period": frame,
                    "kind": "relative_change",
                    **of_metric(metric, self.site),
                    "label": title,
                }

    def _sql(self, value: Value) -> str:
        tree = formula(value, lambda part: exp.var(f"${{{self._names[part]}}}"))
        return tree.sql(dialect=self.site.dialect.value)


def _growths(dataset: Dataset) -> Iterator[tuple[Metric, Measured]]:
    """The growths of what the data set measures, each with that."""
    grown = [each for each in dataset.metrics.of_mart(dataset.mart) if isinstance(each.definition, Growth)]
    for metric in grown:
        match value_of(metric, dataset.metrics, dataset.facts[0]):
            case Change(now=Measured() as now, comparison=Comparison(period=Period.PREVIOUS, to_date=False)):
                if now in dataset.parts and not now.is_extreme:
                    yield metric, now
