"""Questions that have no right answer are refused with the reason, and the nearest that has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lakehouse.errors import ConfigurationError
from lakehouse.semantic.comparison import COMPARISONS, Comparison
from lakehouse.semantic.compiler.compile import compile_query
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Calendar, Order, Query


def refused(metrics: Metrics, *names: str, **question: Any) -> list[tuple[str, str | None]]:
    with pytest.raises(ConfigurationError) as raised:
        compile_query(Query(names, **question), metrics)
    return [(problem.message, problem.suggestion) for problem in raised.value.problems]


FAN_OUT = [
    pytest.param(
        "total_revenue",
        "payment_method",
        "'total_revenue' can not be broken down by payment_method: one row of fact_orders has many of fact_payments, "
        "and would count once for each; ask for total_payments or decided_payment_amount",
        id="an order is paid in several ways",
    ),
    pytest.param(
        "visitors",
        "product_category",
        "'visitors' can not be broken down by product_category: fact_sessions does not tell it; ask for ",
        id="a visit is of no product",
    ),
    pytest.param(
        "payment_success_rate",
        "device_type",
        "'payment_success_rate' needs 'failed_payments', which can not be broken down by device_type: fact_payments "
        "does not tell it; ask for ",
        id="a part of the metric",
    ),
]


@pytest.mark.parametrize(("name", "by", "message"), FAN_OUT)
def test_what_would_count_rows_several_times(metrics: Metrics, name: str, by: str, message: str) -> None:
    found = [each for each, _ in refused(metrics, name, by=(by,))]
    assert any(each.startswith(message) for each in found), found


def test_a_condition_on_what_a_fact_does_not_tell(metrics: Metrics) -> None:
    ((message, _),) = refused(metrics, "total_revenue", where="payment_method = 'card'")
    assert message.startswith("'total_revenue' can not be broken down by payment_method")


NO_TIME = [
    pytest.param("revenue_growth_rate", (), "'revenue_growth_rate' compares a period with another", id="growth"),
    pytest.param("period_retention_rate", (), "'period_retention_rate' compares a period with another", id="retained"),
    pytest.param("previous_active_customers", (), "'previous_active_customers' compares", id="offset"),
    pytest.param("total_revenue", ("previous_year",), "a total has no period before it", id="comparison"),
]


@pytest.mark.parametrize(("name", "compare", "message"), NO_TIME)
def test_a_comparison_without_time(metrics: Metrics, name: str, compare: tuple[str, ...], message: str) -> None:
    asked = tuple(map(Comparison.parse, compare))
    ((found, suggestion),) = refused(metrics, name, grain=Calendar.TOTAL, compare=asked)
    assert found.startswith(message)
    assert suggestion == "month"


@pytest.mark.parametrize("grain", [Calendar.MONTH, Calendar.QUARTER, Calendar.YEAR, Calendar.FISCAL_MONTH])
def test_months_have_no_weekday(metrics: Metrics, grain: Calendar) -> None:
    asked = (Comparison.parse("same_weekday_last_year"),)
    assert refused(metrics, "total_orders", grain=grain, compare=asked) == [
        (f"a {grain} has no weekday: days and weeks can be compared with the same weekday", "previous_year")
    ]


def small_model(folder: Path, stanza: str) -> Metrics:
    """Orders, metrics made of them, and `it`, which is what the stanza says."""
    told = "business_name: It, description: It."
    (folder / "shop.yml").write_text(f"""
title: Shop
description: The shop.
owner: sales
metrics:
  orders:
    {{{told}, type: simple, measure: {{table: fact_orders, date: order_date, aggregate: count}}, format: count}}
  prior: {{{told}, type: offset, of: orders, format: count}}
  to_date: {{{told}, type: cumulative, of: orders, to_date: month, format: count}}
  share: {{{told}, type: ratio, numerator: orders, denominator: prior, format: percent}}
  speed: {{{told}, type: ratio, numerator: to_date, denominator: orders, format: number}}
  it: {{{told}, type: {stanza}}}
""")
    return load_metrics(folder)


def test_a_metric_that_is_against_a_weekday_is_named(tmp_path: Path) -> None:
    metrics = small_model(tmp_path, "growth, of: orders, against: same_weekday_last_year, format: percent")
    ((found, suggestion),) = refused(metrics, "it", grain=Calendar.MONTH)
    assert found.startswith("'it' is against same_weekday_last_year: a month has no weekday: days and weeks can")
    assert suggestion == "previous_year"


def test_weeks_have_no_occasion(metrics: Metrics) -> None:
    asked = (Comparison.parse("same_occasion_last_year"),)
    assert refused(metrics, "total_orders", grain=Calendar.WEEK, compare=asked) == [
        ("an occasion is a day: a week can not be compared with the same occasion", "previous_year")
    ]


def test_a_comparison_of_a_comparison(metrics: Metrics) -> None:
    asked = (Comparison.parse("previous_year"),)
    assert refused(metrics, "revenue_growth_rate", grain=Calendar.MONTH, compare=asked) == [
        ("'revenue_growth_rate' is a comparison itself: compare what it is of", "total_revenue")
    ]


COHORTS = [
    pytest.param(
        ("cohort_customers", "total_revenue"), {}, "total_revenue is by period, the others by cohort", id="mixed"
    ),
    pytest.param(("cohort_customers",), {"grain": Calendar.DAY}, "a cohort began in a period", id="by day"),
    pytest.param(("cohort_customers",), {"grain": Calendar.TOTAL}, "a cohort began in a period", id="in total"),
    pytest.param(
        ("cohort_customers",), {"by": ("country",)}, "a cohort can not be broken down by country", id="by order"
    ),
    pytest.param(
        ("cohort_customers",),
        {"where": "sales_channel = 'web'"},
        "a cohort can not be broken down by sales",
        id="of orders",
    ),
    pytest.param(
        ("cohort_customers",),
        {"compare": (COMPARISONS[0],)},
        "cohorts are compared with each other",
        id="compared",
    ),
]


@pytest.mark.parametrize(("names", "question", "message"), COHORTS)
def test_cohorts(metrics: Metrics, names: tuple[str, ...], question: dict[str, Any], message: str) -> None:
    found = refused(metrics, *names, **{"grain": Calendar.MONTH, **question})
    assert any(each.startswith(message) for each, _ in found), found


NESTED = [
    pytest.param("growth, of: prior, format: percent", "'it' compares what is a comparison itself", id="growth"),
    pytest.param("growth, of: share, format: percent", "'it' compares what is a comparison itself", id="of a ratio"),
    pytest.param("cumulative, of: share, to_date: week, format: percent", "'it' takes days of what is", id="days"),
    pytest.param("cumulative, of: speed, trailing_days: 7, format: number", "'it' takes days of what is", id="window"),
]


@pytest.mark.parametrize(("stanza", "message"), NESTED)
def test_other_days_of_other_days(tmp_path: Path, stanza: str, message: str) -> None:
    """The growth of an offset was always 0, and a window in a window was the inner one."""
    ((found, _),) = refused(small_model(tmp_path, stanza), "it", grain=Calendar.MONTH)
    assert found.startswith(message)


UNKNOWN = [
    pytest.param({"by": ("contry",)}, "unknown dimension 'contry'", "country", id="dimension"),
    pytest.param({"by": ("Product",)}, "unknown dimension 'Product'", "product_name", id="dimension by its title"),
    pytest.param({"by": ("week",)}, "'week' is no dimension but a grain", None, id="grain"),
    pytest.param({"where": "contry = 'DE'"}, "there is no 'contry' to put a condition on", "country", id="condition"),
    pytest.param(
        {"where": "age_band = '18-25'"},
        "'age_band' is never '18-25', but one of: 0-17, 18-24, 25-34, 35-44, 45-54, 55-64, 65+",
        "18-24",
        id="word",
    ),
    pytest.param(
        {"where": "country = 'Germany'"},
        "'country' is never 'Germany', but two capital letters (ISO 3166-1 alpha-2)",
        "DE",
        id="country by its name",
    ),
    pytest.param(
        {"order": (Order("revenue"),)}, "the answer has no column 'revenue' to order by", "total_revenue", id="order"
    ),
]


@pytest.mark.parametrize(("question", "message", "suggestion"), UNKNOWN)
def test_unknown_names(metrics: Metrics, question: dict[str, Any], message: str, suggestion: str | None) -> None:
    assert refused(metrics, "total_revenue", **question) == [(message, suggestion)]
