"""Views of a mart at a calendar grain, with its metrics as columns.

A view is the question of all metrics of the mart, compiled: whoever selects from it gets the numbers that
`lakehouse query` gives, with the reason beside each null, and needs to know nothing of how they are made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lakehouse.errors import ConfigurationError
from lakehouse.grain import Grain
from lakehouse.semantic.compiler.cohorts import is_of_cohorts
from lakehouse.semantic.compiler.columns import until
from lakehouse.semantic.compiler.compile import PERIOD_COLUMNS, compile_query, reason
from lakehouse.semantic.compiler.question import understand
from lakehouse.semantic.definition import Status
from lakehouse.semantic.exports.view import View, ViewColumn
from lakehouse.semantic.metrics import RATIO, Mart, Metric, Metrics
from lakehouse.semantic.query import Calendar, Query
from lakehouse.table import DATE, STRING

DOUBLE = "double"

_PERIOD: Mapping[str, ViewColumn] = {
    "period_start": ViewColumn(DATE, "First day of the period."),
    "first_date": ViewColumn(DATE, "First day of it that the numbers are of."),
    "last_date": ViewColumn(DATE, "Last day of it that the numbers are of."),
}


def period_name(mart: Mart, grain: Grain) -> str:
    """Name of a mart's view by a grain."""
    return f"{mart.name}_by_{grain}"


def told(mart: Mart, grain: Grain, metrics: Metrics) -> tuple[Metric, ...]:
    """What a mart's view by a grain has: all but what is deprecated, follows cohorts or has no such period."""
    return tuple(metric for metric in metrics.of_mart(mart) if _is_told(metric, Calendar(grain), metrics))


def period_view(mart: Mart, grain: Grain, metrics: Metrics) -> View:
    """A mart by a grain: a row for each period, with each metric and why it is null where it is."""
    known = told(mart, grain, metrics)
    compiled = compile_query(Query(tuple(metric.name for metric in known), Calendar(grain)), metrics)
    left_out = {until(metric.name) for metric in known}
    tree = compiled.tree
    tree.set("expressions", [each for each in tree.expressions if each.alias_or_name not in left_out])
    # Whoever selects from a view says in which order.
    tree.set("order", None)
    return View(
        period_name(mart, grain),
        f"{mart.title} by {grain}: one row for each {grain} since the first known day.",
        {**{each: _PERIOD[each] for each in PERIOD_COLUMNS}, **dict(_columns(known))},
        compiled.tables,
        tree,
    )


def _is_told(metric: Metric, grain: Calendar, metrics: Metrics) -> bool:
    if metric.definition.status is Status.DEPRECATED or is_of_cohorts([metric]):
        return False
    try:
        understand(Query((metric.name,), grain), metrics)
    except ConfigurationError:
        return False
    return True


def _columns(metrics: Sequence[Metric]) -> Iterator[tuple[str, ViewColumn]]:
    for metric in metrics:
        title = metric.definition.business_name
        type_name = DOUBLE if metric.type == RATIO else metric.type
        yield metric.name, ViewColumn(type_name, f"{title}: {' '.join(metric.definition.description.split())}")
        yield reason(metric.name), ViewColumn(STRING, f"Why {title} is null, where it is.")
