"""Definitions as a MetricFlow manifest: its text, the names in it, and what it does not say."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from lakehouse.grain import Grain
from lakehouse.semantic.exports.export import WRITTEN, Fidelity
from lakehouse.semantic.exports.metricflow import export
from lakehouse.semantic.exports.metricflow_forms import Forms
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.metrics import Metrics

HERE = Path(__file__).parent
GOLDEN = HERE / "golden" / "metricflow"
SHOP = """
title: Shop
description: The shop.
owner: sales
metrics:
  orders:
    type: simple
    business_name: Orders
    description: Orders.
    measure: {table: fact_orders, date: order_date, aggregate: count}
    format: count
"""


@pytest.fixture(scope="module")
def small() -> Metrics:
    return load_metrics(HERE / "definitions" / "metrics")


def written(metrics: Metrics) -> dict[str, dict[str, Any]]:
    """The metrics of the manifest by name."""
    files = export(metrics).files.items()
    texts = [text for name, text in files if name.startswith("metrics_")]
    return {each["metric"]["name"]: each["metric"] for text in texts for each in yaml.safe_load_all(text)}


def test_golden_files(small: Metrics) -> None:
    files = export(small, "shop").files
    if "UPDATE_GOLDEN" in os.environ:
        for path in GOLDEN.iterdir():
            path.unlink()
        for name, text in files.items():
            (GOLDEN / name).write_text(text, encoding="utf-8")
    assert {path.name: path.read_text(encoding="utf-8") for path in GOLDEN.iterdir()} == dict(files)


def test_the_same_bytes_each_time(metrics: Metrics) -> None:
    files = export(metrics).files
    assert list(files) == sorted(files)
    assert files == export(metrics).files
    assert all(text.startswith(WRITTEN) for text in files.values())


def test_names_and_labels_are_told_apart(metrics: Metrics) -> None:
    texts = [text for name, text in export(metrics).files.items() if name.startswith("metrics_")]
    found = [each["metric"] for text in texts for each in yaml.safe_load_all(text)]
    for key in ("name", "label"):
        assert max(Counter(each[key] for each in found).values()) == 1, key


def test_a_dollar_is_no_name_of_a_template(small: Metrics) -> None:
    assert "in $$." in export(small).files["metrics_shop.yml"]


def test_each_metric_and_dimension_has_a_verdict(metrics: Metrics) -> None:
    verdicts = export(metrics).verdicts
    told = [(verdict.kind, verdict.name) for verdict in verdicts]
    assert len(set(told)) == len(told)
    assert {name for kind, name in told if kind == "metric"} == set(metrics.by_name)
    assert {name for kind, name in told if kind == "dimension"} == set(metrics.dimensions.by_name)
    assert all(bool(verdict.reason) == (verdict.fidelity is not Fidelity.EXACT) for verdict in verdicts)


def test_what_is_dropped_of_what_ships(metrics: Metrics) -> None:
    dropped = {verdict.name for verdict in export(metrics).verdicts if verdict.fidelity is Fidelity.DROPPED}
    cohorts = {"cohort_customers", "cohort_retention_rate", "cohort_revenue_per_customer"}
    counts = {"repeat_customers", "repeat_purchase_rate", "retained_customers", "period_retention_rate"}
    assert dropped & set(metrics.by_name) == cohorts | counts
    assert dropped & set(metrics.dimensions.by_name) == {"age_band", "customer_segment"}


@pytest.mark.parametrize(
    ("metric", "by", "answered"),
    [
        ("revenue", (), ("revenue", ())),
        ("revenue", ("country", "gender"), ("revenue", ("country", "customer__gender"))),
        ("revenue", ("product_category",), ("revenue_of_order_lines", ("product__product_category",))),
        ("order_value", ("product_category",), ("order_value_of_order_lines", ("product__product_category",))),
        ("recent_value", ("coupon_code",), ("recent_value", ("order_key__coupon_code",))),
        ("conversion", ("country", "day_name"), ("conversion", ("country", "calendar_day__day_name"))),
        ("growth", (), ("growth_by_week", ())),
        ("growth", ("product_category",), ("growth_of_order_lines_by_week", ("product__product_category",))),
        ("conversion", ("coupon_code",), None),
        ("revenue", ("age_band",), None),
    ],
)
def test_which_metric_answers(
    small: Metrics, metric: str, by: tuple[str, ...], answered: tuple[str, tuple[str, ...]] | None
) -> None:
    dimensions = [small.dimensions.by_name[name] for name in by]
    found = Forms(small).answering(small.by_name[metric], Grain.WEEK, dimensions)
    assert (found and (found[0].name, found[1])) == answered


def test_conditions_are_filters(small: Metrics) -> None:
    found = written(small)
    coupon, country = "{{ Dimension('order_key__coupon_code') }}", "{{ Entity('country') }}"
    braces = "{{ '{' }}{{ '{' }}"
    either = f"({coupon} = 'a''{braces}b' OR {coupon} IS NULL)"
    assert found["smallest"]["filter"] == f"{either} AND {country} IN ('DE', 'FR')"
    assert found["order_value"]["filter"] == "{{ Dimension('customer__gender') }} = 'female'"
    assert "filter" not in found["orders_over_payments"]
    assert found["orders_over_payments"]["type_params"] == {
        "numerator": {"name": "orders", "filter": f"{country} = 'DE'"},
        "denominator": {"name": "payments", "filter": "{{ Entity('country', entity_path=['order_key']) }} = 'DE'"},
    }
    # A window is taken of measures, past the metric that has the condition.
    assert found["recent_value"]["filter"] == found["order_value"]["filter"]


def test_grains_that_have_a_window(small: Metrics) -> None:
    found = written(small)
    windows = {
        name: [each["offset_window"] for each in metric["type_params"]["metrics"] if "offset_window" in each]
        for name, metric in found.items()
        if name.startswith(("growth_by", "before_by"))
    }
    assert windows == {
        "growth_by_day": ["52 weeks"],
        "growth_by_week": ["52 weeks"],
        "before_by_day": ["1 year"],
        "before_by_week": ["52 weeks"],
        "before_by_month": ["1 year"],
        "before_by_quarter": ["1 year"],
        "before_by_year": ["1 year"],
    }


REFUSED = [
    pytest.param(
        "  trailing:\n    type: derived\n    add: [orders]\n    format: count\n",
        ("metric", "trailing", "its name is a word of SQL, and MetricFlow does not quote names"),
        id="a word of SQL",
    ),
    pytest.param(
        "  holidays:\n    type: growth\n    of: orders\n    against: same_occasion_last_year\n    format: percent\n",
        ("metric", "holidays", "no window of MetricFlow leads to the day of a moving holiday"),
        id="a moving holiday",
    ),
    pytest.param(
        "  again:\n    type: simple\n    measure: {table: fact_orders, date: order_date, aggregate: count_repeated,"
        " field: customer_key}\n    format: count\n"
        "  share:\n    type: ratio\n    numerator: again\n    denominator: orders\n    format: percent\n",
        (
            "metric",
            "share",
            "it is made of again: MetricFlow has no count of values that stand in two rows of a period",
        ),
        id="of what is refused",
    ),
    pytest.param(
        "  paid:\n    type: simple\n    measure: {table: fact_payments, date: attempt_date, aggregate: count}\n"
        "    format: count\n"
        "  share:\n    type: ratio\n    numerator: paid\n    denominator: orders\n    where: [country = 'DE']\n"
        "    format: percent\n"
        "  recent:\n    type: cumulative\n    of: share\n    trailing_days: 7\n    format: percent\n",
        ("metric", "recent", "its facts lead to the dimensions of its conditions in different ways"),
        id="a condition that has two names",
    ),
    pytest.param(
        "  grown:\n    type: simple\n    measure: {table: fact_orders, date: order_date, aggregate: count}\n"
        "    where: [age_band = '18-64']\n    format: count\n",
        ("metric", "grown", "its facts lead to the dimensions of its conditions in different ways"),
        id="a condition on what no model has",
    ),
]


@pytest.mark.parametrize(("stanza", "verdict"), REFUSED)
def test_what_can_not_be_said(tmp_path: Path, stanza: str, verdict: tuple[str, str, str]) -> None:
    told = "    business_name: {}\n    description: Of it.\n"
    lines = [
        line + (told.format(line.strip(" :\n").title()) if line.startswith("  ") and line[2] != " " else "")
        for line in stanza.splitlines(keepends=True)
    ]
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "shop.yml").write_text(SHOP + "".join(lines))
    (tmp_path / "dimensions.yml").write_text((HERE / "definitions" / "dimensions.yml").read_text())
    verdicts = export(load_metrics(tmp_path / "metrics")).verdicts
    dropped = [(each.kind, each.name, each.reason) for each in verdicts if each.fidelity is Fidelity.DROPPED]
    assert verdict in dropped
