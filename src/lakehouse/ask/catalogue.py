"""What can be asked, to browse: names complete with Tab, and a notebook shows what each means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from lakehouse.errors import ConfigurationError, Problem
from lakehouse.semantic.definition import Status
from lakehouse.semantic.dimensions import Dimension, Dimensions
from lakehouse.semantic.documentation import formula
from lakehouse.semantic.metrics import Metric, Metrics


@dataclass(frozen=True)
class MetricCard:
    """One metric, as people read it; its name stands for it in a question."""

    metric: Metric

    @property
    def name(self) -> str:
        return self.metric.name

    @property
    def formula(self) -> str:
        """How it is computed, in one line of names."""
        return formula(self.metric.definition)

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        definition = self.metric.definition
        return f"{definition.business_name} ({self.name}): {definition.description.strip()}\n  = {self.formula}"

    def _repr_html_(self) -> str:
        definition = self.metric.definition
        status = "" if definition.status is Status.CERTIFIED else f" <em>{definition.status}</em>"
        return (
            f"<p><b>{escape(definition.business_name)}</b> <code>{self.name}</code>{status}<br>"
            f"{escape(definition.description.strip())}<br><small>= {escape(self.formula)}</small></p>"
        )


class Found(tuple[MetricCard, ...]):
    """Some metrics, one after the other, as they are read."""

    def __repr__(self) -> str:
        return "\n".join(map(repr, self))

    def _repr_html_(self) -> str:
        return "".join(card._repr_html_() for card in self)


@dataclass(frozen=True)
class DimensionCard:
    """One dimension, as people read it; its name stands for it in a question."""

    dimension: Dimension

    @property
    def name(self) -> str:
        return self.dimension.name

    @property
    def title(self) -> str:
        return self.dimension.title

    @property
    def description(self) -> str:
        return self.dimension.description

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"{self.title} ({self.name}): {self.description}"

    def _repr_html_(self) -> str:
        return f"<p><b>{escape(self.title)}</b> <code>{self.name}</code><br>{escape(self.description)}</p>"


@dataclass(frozen=True)
class Catalogue:
    """All metrics: `catalogue.<name>`, `catalogue["<name>"]`, or one after the other."""

    metrics: Metrics

    def find(self, text: str) -> Found:
        """The metrics whose names, synonyms, tags or descriptions hold the text."""
        wanted = text.casefold()
        return Found(card for card in self if wanted in _words(card.metric).casefold())

    def __getitem__(self, name: str) -> MetricCard:
        (metric,) = self.metrics.named([name])
        return MetricCard(metric)

    def __getattr__(self, name: str) -> MetricCard:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except ConfigurationError as error:
            raise AttributeError(str(error)) from None

    def __iter__(self) -> Iterator[MetricCard]:
        for mart in self.metrics.marts:
            for metric in self.metrics.of_mart(mart):
                yield MetricCard(metric)

    def __len__(self) -> int:
        return len(self.metrics.metrics)

    def __dir__(self) -> list[str]:
        return [*self.metrics.by_name, "find"]

    def _ipython_key_completions_(self) -> list[str]:
        return list(self.metrics.by_name)

    def __repr__(self) -> str:
        return "\n".join(f"{card.name:<32} {card.metric.definition.business_name}" for card in self)

    def _repr_html_(self) -> str:
        rows = []
        for mart in self.metrics.marts:
            rows.append(f"<tr><th colspan=3 style='text-align:left'>{escape(mart.title)}</th></tr>")
            for metric in self.metrics.of_mart(mart):
                definition = metric.definition
                cells = (f"<code>{metric.name}</code>", escape(definition.business_name), escape(formula(definition)))
                rows.append("<tr>" + "".join(f"<td style='text-align:left'>{cell}</td>" for cell in cells) + "</tr>")
        return "<table>\n" + "\n".join(rows) + "\n</table>"


@dataclass(frozen=True)
class DimensionCatalogue:
    """All dimensions: `catalogue.<name>`, `catalogue["<name>"]`, or one after the other."""

    dimensions: Dimensions

    def __getitem__(self, name: str) -> DimensionCard:
        if name not in self.dimensions.by_name:
            meant = self.dimensions.meant(name)
            raise ConfigurationError([Problem("by", 0, 0, f"unknown dimension '{name}'", meant)])
        return DimensionCard(self.dimensions.by_name[name])

    def __getattr__(self, name: str) -> DimensionCard:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except ConfigurationError as error:
            raise AttributeError(str(error)) from None

    def __iter__(self) -> Iterator[DimensionCard]:
        yield from map(DimensionCard, self.dimensions.by_name.values())

    def __len__(self) -> int:
        return len(self.dimensions.by_name)

    def __dir__(self) -> list[str]:
        return list(self.dimensions.by_name)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self.dimensions.by_name)

    def __repr__(self) -> str:
        return "\n".join(f"{each.name:<24} {each.title:<24} {each.dimension.stanza.folder}" for each in self)

    def _repr_html_(self) -> str:
        rows = [
            f"<tr><td style='text-align:left'><code>{each.name}</code></td>"
            f"<td style='text-align:left'>{escape(each.title)}</td>"
            f"<td style='text-align:left'>{escape(each.description)}</td></tr>"
            for each in self
        ]
        return "<table>\n" + "\n".join(rows) + "\n</table>"


def _words(metric: Metric) -> str:
    definition = metric.definition
    return " ".join(
        [metric.name, definition.business_name, definition.description, *definition.synonyms, *definition.tags]
    )
