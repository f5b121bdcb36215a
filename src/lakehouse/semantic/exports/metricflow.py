"""Metrics as a MetricFlow manifest, in the specification with measures, which MetricFlow reads without dbt.

One file for each table, one for each mart, and one that says where the days are. MetricFlow tells zero from null by
filling: what has no rows is 0 there on every day of the time spine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import yaml

from lakehouse.semantic.comparison import Comparison
from lakehouse.semantic.definition import (
    EVER,
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
from lakehouse.semantic.exports.export import WRITTEN, Export
from lakehouse.semantic.exports.metricflow_forms import Form, Forms, window
from lakehouse.semantic.exports.metricflow_losses import verdicts
from lakehouse.semantic.exports.metricflow_models import Document, Models, time_spine
from lakehouse.semantic.metrics import Mart, Metrics

# A number that makes the division one of doubles on every engine, also where all others are whole or decimal.
_DOUBLE = "1e0"


def export(metrics: Metrics, schema: str = "gold") -> Export:
    """The manifest of all metrics over the tables of a schema, and what it does not say."""
    forms = Forms(metrics)
    manifest = _Manifest(metrics, forms)
    documents: dict[str, Sequence[Document]] = {
        "time_spine.yml": [time_spine(schema)],
        **Models(schema, metrics.dimensions, manifest.measures).files(),
        **{f"metrics_{mart.name}.yml": manifest.of_mart(mart) for mart in metrics.marts},
    }
    files = {name: _text(each) for name, each in sorted(documents.items()) if each}
    return Export(files, tuple(verdicts(forms)))


def _text(documents: Sequence[Document]) -> str:
    text = yaml.safe_dump_all(documents, explicit_start=True, sort_keys=True, allow_unicode=True, width=120)
    # MetricFlow reads the files as templates, in which a $ begins a name.
    return WRITTEN + text.replace("$", "$$")


@dataclass(frozen=True)
class _Manifest:
    """The metrics, each with its forms; a form is written as one metric, or as several that it needs."""

    metrics: Metrics
    forms: Forms

    def of_mart(self, mart: Mart) -> list[Document]:
        """The metrics of a mart, in reading order."""
        forms = [form for metric in self.metrics.of_mart(mart) for form in self.forms.of(metric)]
        return [{"metric": document} for form in forms for document in self._written(form)]

    @cached_property
    def measures(self) -> Mapping[str, tuple[Measure, str]]:
        """What is measured and what it is called, by the name of the metric that is nothing else."""
        return {form.name: (measure, self._title(form)) for form, measure in self.forms.measured.items()}

    # ── one metric ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _written(self, form: Form) -> Iterator[Document]:
        match form.metric.definition:
            case Simple():
                yield self._metric(form, "simple", {"measure": self._measure(form.name)})
            case Ratio(numerator=above, denominator=below):
                parts = {"numerator": self._input(form, above), "denominator": self._input(form, below)}
                yield self._metric(form, "ratio", parts)
            case Derived(add=add, subtract=subtract):
                inputs = {name: self._input(form, name) for name in (*add, *subtract)}
                names = {name: str(each["name"]) for name, each in inputs.items()}
                expression = _total([names[name] for name in add], [names[name] for name in subtract])
                yield self._metric(form, "derived", {"expr": expression, "metrics": list(inputs.values())})
            case Offset(of=of, comparison=comparison):
                shifted = self._shifted(form, comparison, of, "then_value")
                yield self._metric(form, "derived", {"expr": "then_value", "metrics": [shifted]})
            case Growth():
                yield self._metric(form, "derived", self._growth(form, form.metric.definition))
            case Cumulative() as cumulative:
                operand = self.forms.operand(form, cumulative.of)
                yield from self._cumulated(form, operand, form.name, _window(cumulative))

    def _metric(self, form: Form, kind: str, parameters: Document, name: str | None = None) -> Document:
        definition = form.metric.definition
        title = self._title(form)
        document: Document = {
            "name": name or form.name,
            "type": kind,
            "type_params": parameters,
            "label": title if name is None else f"{title} ({name})",
            "description": definition.description.strip(),
            "config": {"meta": _meta(form)},
        }
        condition = self.forms.filter(form)
        return document if condition is None else {**document, "filter": condition}

    def _title(self, form: Form) -> str:
        """The form's title, with its name where others are called the same: MetricFlow has no two of one label."""
        return form.title if self._titles[form.title] == 1 else f"{form.title} ({form.name})"

    @cached_property
    def _titles(self) -> Counter[str]:
        return Counter(form.title for metric in self.metrics.metrics for form in self.forms.of(metric))

    def _named(self, form: Form, name: str) -> str:
        return self.forms.operand(form, name).name

    def _input(self, form: Form, name: str) -> Document:
        """A metric that a form is made of, with the form's conditions where they can be put to its parts only."""
        operand = self.forms.operand(form, name)
        condition = None if self.forms.filter(form) else self.forms.filter(form, operand)
        return {"name": operand.name} if condition is None else {"name": operand.name, "filter": condition}

    def _measure(self, name: str) -> Document:
        """A measure as a metric has it: of nothing it is 0; a smallest or largest of nothing there is none."""
        measure, _ = self.measures[name]
        filled = {} if measure.aggregate in {Aggregate.MIN, Aggregate.MAX} else {"fill_nulls_with": 0}
        return {"name": name, "join_to_timespine": True, **filled}

    # ── other periods ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _shifted(self, form: Form, comparison: Comparison, name: str, alias: str) -> Document:
        return {"name": self._named(form, name), "alias": alias, "offset_window": window(comparison, form.grain)}

    def _growth(self, form: Form, growth: Growth) -> Document:
        comparison = growth.comparison
        if isinstance(growth.of, Fraction):
            parts = {"numerator": growth.of.numerator, "denominator": growth.of.denominator}
            now, then = (f"{_DOUBLE} * {at}_numerator / NULLIF({at}_denominator, 0)" for at in ("now", "then"))
        else:
            parts = {"value": growth.of}
            now, then = "now_value", "then_value"
        inputs = [{"name": self._named(form, name), "alias": f"now_{part}"} for part, name in parts.items()]
        inputs += [self._shifted(form, comparison, name, f"then_{part}") for part, name in parts.items()]
        expression = f"CASE WHEN {then} > 0 THEN {_DOUBLE} * ({now} - {then}) / ({then}) END"
        return {"expr": expression, "metrics": inputs}

    # ── up to the end of a period ─────────────────────────────────────────────────────────────────────────────────────

    def _cumulated(self, form: Form, of: Form, name: str, window_: Document) -> Iterator[Document]:
        """A metric over a window; of one that is made of others, each of these is taken over it.

        Of a window without rows MetricFlow gives null, whatever a measure is filled with: a sum of windows fills them.
        """
        own = None if name == form.name else name
        conditions = form if own is None else of
        match of.metric.definition:
            case Ratio(numerator=above, denominator=below):
                names = {each: f"{name}_{each}" for each in (above, below)}
                parts = {"numerator": {"name": names[above]}, "denominator": {"name": names[below]}}
                yield self._conditioned(self._metric(form, "ratio", parts, own), conditions, of)
            case Derived(add=add, subtract=subtract):
                names = {each: f"{name}_{each}" for each in (*add, *subtract)}
                filled = {each: f"COALESCE({name}, 0)" for each, name in names.items()}
                expression = _total([filled[each] for each in add], [filled[each] for each in subtract])
                total = {"expr": expression, "metrics": [{"name": each} for each in names.values()]}
                yield self._conditioned(self._metric(form, "derived", total, own), conditions, of)
            case _:
                names = {}
                parameters = {"measure": self._measure(of.name), "cumulative_type_params": window_}
                yield self._conditioned(self._metric(form, "cumulative", parameters, own), conditions, of)
        for operand, each in names.items():
            yield from self._cumulated(form, self.forms.operand(of, operand), each, window_)

    def _conditioned(self, document: Document, *forms: Form) -> Document:
        """With the conditions of what it stands for: a window is taken of measures, past the metrics that have them."""
        found = dict.fromkeys(filter(None, (self.forms.filter(form) for form in forms)))
        document.pop("filter", None)
        return {**document, "filter": " AND ".join(found)} if found else document


def _window(cumulative: Cumulative) -> Document:
    # Of a longer period its last day tells, not its first, which is what MetricFlow takes by default.
    last = {"period_agg": "last"}
    if cumulative.trailing_days is not None:
        return {"window": f"{cumulative.trailing_days} days", **last}
    return last if cumulative.to_date == EVER else {"grain_to_date": str(cumulative.to_date), **last}


def _total(add: Sequence[str], subtract: Sequence[str]) -> str:
    return " - ".join([" + ".join(add), *subtract])


def _meta(form: Form) -> Document:
    """What MetricFlow has no place for."""
    metric = form.metric
    keys = {"format", "unit", "status", "successor", "version", "synonyms", "tags", "elsewhere"}
    told = metric.definition.model_dump(mode="json", include=keys, exclude_none=True)
    own = {"metric": metric.name, "mart": metric.mart, "owner": metric.owner}
    return own | {key: value for key, value in told.items() if value != []}
