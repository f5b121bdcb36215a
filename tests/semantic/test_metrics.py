"""Resolved metrics: types, additivity, order, and finding them by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse.errors import ConfigurationError
from lakehouse.grain import Grain
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.metrics import RATIO, Additivity, Metrics

NINE = {
    "total_revenue": "sum of fact_orders.total_amount",
    "average_order_value": "total_revenue / total_orders",
    "revenue_growth_rate": "growth of total_revenue",
    "total_orders": "count of fact_orders",
    "order_conversion_rate": "online_orders / visitors",
    "total_payments": "sum of fact_payments.amount",
    "payment_success_rate": "successful_payments / decided_payments",
    "customer_acquisition_rate": "new_customers / active_customers",
    "customer_retention_rate": "returning_customers / active_customers",
}


def test_the_nine_kpis_are_the_headlines_and_certified(metrics: Metrics) -> None:
    headlines = metrics.tagged("headline")
    assert {metric.name for metric in headlines} == NINE.keys()
    assert {metric.definition.status for metric in headlines} == {"certified"}


@pytest.mark.parametrize(
    ("name", "type_", "additivity"),
    [
        ("total_revenue", "decimal(18,2)", Additivity.SUM),
        ("total_orders", "bigint", Additivity.SUM),
        ("items_sold", "decimal(18,3)", Additivity.SUM),
        ("net_sales", "decimal(18,2)", Additivity.SUM),
        ("placed_orders", "bigint", Additivity.SUM),
        ("active_customers", "bigint", Additivity.PERIOD),
        ("returning_customers", "bigint", Additivity.PERIOD),
        ("average_order_value", RATIO, Additivity.NONE),
        ("revenue_growth_rate", RATIO, Additivity.NONE),
    ],
)
def test_what_follows_from_a_definition(metrics: Metrics, name: str, type_: str, additivity: Additivity) -> None:
    metric = metrics.by_name[name]
    assert (metric.type, metric.additivity) == (type_, additivity)


def test_extremes_and_mixed_numbers(tmp_path: Path) -> None:
    common = "business_name: A, description: A., type"
    orders = "table: fact_orders, date: order_date"
    (tmp_path / "shop.yml").write_text(
        f"""
title: Shop
description: The shop.
owner: sales
metrics:
  spread: {{{common}: derived, add: [largest], subtract: [smallest], format: currency}}
  largest: {{{common}: simple, measure: {{{orders}, aggregate: max, field: total_amount}}, format: currency}}
  smallest: {{{common}: simple, measure: {{{orders}, aggregate: min, field: total_amount}}, format: currency}}
  both: {{{common}: derived, add: [lines, units], format: number}}
  lines: {{{common}: simple, measure: {{{orders}, aggregate: sum, field: line_count}}, format: number}}
  units: {{{common}: simple, measure: {{{orders}, aggregate: sum, field: item_quantity}}, format: number}}
"""
    )
    metrics = load_metrics(tmp_path)
    assert {metric.name: (metric.type, metric.additivity.value) for metric in metrics.metrics} == {
        "largest": ("decimal(18,2)", "extreme"),
        "smallest": ("decimal(18,2)", "extreme"),
        "spread": ("decimal(18,2)", "none"),
        "lines": ("bigint", "sum"),
        "units": ("decimal(18,3)", "sum"),
        "both": ("decimal(18,3)", "sum"),
    }


def test_every_metric_comes_after_those_it_is_made_of(metrics: Metrics) -> None:
    seen: set[str] = set()
    for metric in metrics.metrics:
        assert set(metric.operands) <= seen
        seen.add(metric.name)


def test_a_mart_keeps_the_order_of_its_file(metrics: Metrics) -> None:
    revenue = metrics.of_mart(metrics.by_mart["revenue"])
    assert [metric.name for metric in revenue[:3]] == ["total_revenue", "average_order_value", "revenue_growth_rate"]


def test_closure_holds_all_that_a_metric_is_made_of(metrics: Metrics) -> None:
    closure = metrics.closure(metrics.named(["customer_retention_rate"]))
    assert {metric.name for metric in closure} == {
        "customer_retention_rate",
        "returning_customers",
        "active_customers",
        "new_customers",
    }


def test_columns_of_a_distinct_count_are_one_per_grain(metrics: Metrics) -> None:
    visitors = metrics.by_name["visitors"]
    assert visitors.column(Grain.WEEK) == "visitors_of_week"
    assert visitors.columns == tuple(f"visitors_of_{grain}" for grain in Grain)
    assert metrics.by_name["sessions"].columns == ("sessions",)


def test_repeated_names_count_once_in_the_order_asked(metrics: Metrics) -> None:
    asked = metrics.named(["visitors", "sessions", "visitors"])
    assert [metric.name for metric in asked] == ["visitors", "sessions"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        pytest.param("totl_revenue", "total_revenue", id="slip of the pen"),
        pytest.param("Total Revenue", "total_revenue", id="business name"),
        pytest.param("aov", "average_order_value", id="synonym"),
        pytest.param("conversion_rate", "order_conversion_rate", id="synonym as a name"),
        pytest.param("qqqq", None, id="nothing like it"),
    ],
)
def test_unknown_name_is_told_with_the_nearest(metrics: Metrics, name: str, meant: str | None) -> None:
    with pytest.raises(ConfigurationError) as raised:
        metrics.named(["total_revenue", name, "zzzz"])
    assert [(problem.message, problem.suggestion) for problem in raised.value.problems] == sorted(
        [(f"unknown metric '{name}'", meant), ("unknown metric 'zzzz'", None)]
    )
