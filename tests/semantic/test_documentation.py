"""docs/metrics.md is what the definitions say."""

from __future__ import annotations

import os
from pathlib import Path

from lakehouse.semantic.documentation import formula, metrics_page
from lakehouse.semantic.metrics import Metrics

PAGE = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"


def test_page_is_up_to_date(metrics: Metrics) -> None:
    if "UPDATE_GOLDEN" in os.environ:
        PAGE.write_text(metrics_page(metrics))
    assert PAGE.read_text() == metrics_page(metrics)


def test_every_metric_is_on_the_page(metrics: Metrics) -> None:
    page = metrics_page(metrics)
    assert [name for name in metrics.by_name if f'<a id="{name}">' not in page] == []


def test_formulas(metrics: Metrics) -> None:
    def of(name: str) -> str:
        return formula(metrics.by_name[name].definition)

    assert of("total_revenue") == "sum of fact_orders.total_amount where is_qualifying, by order_date"
    assert of("online_orders") == "count of rows of fact_orders where is_qualifying and is_online, by conversion_date"
    assert of("visitors") == "count of distinct fact_sessions.visitor_key, by session_date"
    assert of("undecided_payments") == "payment_attempts − successful_payments − failed_payments"
    assert of("placed_orders") == "total_orders + cancelled_orders − orders_cancelled_after_payment"
    assert (
        of("revenue_growth_rate")
        == "(total_revenue − total_revenue of the previous period) / total_revenue of the previous period"
    )
