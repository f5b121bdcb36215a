"""All views that there are: each mart at each calendar grain, and the data sets that BI tools sum and count in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from lakehouse.grain import Grain
from lakehouse.semantic.exports.datasets import datasets
from lakehouse.semantic.exports.periods import period_name, period_view
from lakehouse.semantic.exports.view import View
from lakehouse.semantic.metrics import Metrics


def names(metrics: Metrics) -> tuple[str, ...]:
    """The names of all views."""
    return tuple(_all(metrics))


def view(name: str, metrics: Metrics) -> View:
    """One of `names`."""
    return _all(metrics)[name]()


def views(metrics: Metrics) -> tuple[View, ...]:
    """Every view."""
    return tuple(make() for make in _all(metrics).values())


def _all(metrics: Metrics) -> Mapping[str, Callable[[], View]]:
    marts = [(mart, grain) for mart in metrics.marts for grain in Grain]
    periods = {period_name(*each): partial(period_view, *each, metrics) for each in marts}
    return {**periods, **{dataset.name: dataset.view for dataset in datasets(metrics)}}
