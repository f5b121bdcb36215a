"""Data sets: which there are, what they have, and that each engine can be told them."""

from __future__ import annotations

import pytest
from sqlglot import exp, parse_one

from lakehouse.semantic.compiler.breakdown import reach
from lakehouse.semantic.exports.datasets import Dataset, datasets, refusal
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Dialect
from lakehouse.semantic.value import measured
from tests.cli.command import CONF

DATASETS = datasets(load_metrics(CONF / "metrics"))
each_dataset = pytest.mark.parametrize("dataset", DATASETS, ids=[dataset.name for dataset in DATASETS])


def test_there_is_one_for_each_set_of_facts() -> None:
    assert [(dataset.name, dataset.title) for dataset in DATASETS if dataset.mart.name == "revenue"] == [
        ("revenue_of_order_lines", "Revenue: order lines"),
        ("revenue_of_orders", "Revenue: orders"),
        ("revenue_of_refunds", "Revenue: refunds"),
        ("revenue_of_orders_and_refunds", "Revenue: orders and refunds"),
        ("revenue_of_orders_and_sessions", "Revenue: orders and sessions"),
    ]


@each_dataset
def test_all_its_facts_lead_to_all_its_dimensions(dataset: Dataset) -> None:
    assert dataset.dimensions
    for fact in dataset.facts:
        assert all(reach(fact, dimension) is not None for dimension in dataset.dimensions)


@each_dataset
def test_its_metrics_are_measured_in_its_facts(dataset: Dataset) -> None:
    assert {part.measure.table for part in dataset.parts} == set(dataset.facts)
    assert all(part.span.is_period for value in dataset.values.values() for part in measured(value))


@each_dataset
@pytest.mark.parametrize("dialect", Dialect)
def test_every_engine_reads_it(dataset: Dataset, dialect: Dialect) -> None:
    tree = parse_one(dataset.tree.sql(dialect=dialect.value), dialect=dialect.value)
    assert isinstance(tree, exp.Select)
    assert tree.named_selects == list(dataset.columns)


def test_every_metric_is_in_one_or_refused(metrics: Metrics) -> None:
    told = {name for dataset in DATASETS for name in dataset.values}
    for metric in metrics.metrics:
        assert (metric.name in told) == (refusal(metric, metrics) is None)


def test_what_has_conditions_is_measured_apart() -> None:
    small = load_metrics(CONF.parent / "tests" / "semantic" / "exports" / "definitions" / "metrics")
    orders = next(dataset for dataset in datasets(small) if dataset.name == "shop_of_orders")
    assert {"revenue_value", "revenue_2_value", "orders_2_value"} <= orders.columns.keys()


def test_who_is_not_known_is_not_counted() -> None:
    """Rows of nobody in particular are there, since they are measured, but have no key to count."""
    sessions = next(dataset for dataset in DATASETS if dataset.name == "orders_of_sessions")
    counted = {column.alias: column.this.sql() for column in sessions.tree.find_all(exp.Alias)}
    assert counted["visitors_id"] == (
        "CAST(CASE WHEN fact_sessions.visitor_key <> '-1' THEN fact_sessions.visitor_key END AS TEXT)"
    )
