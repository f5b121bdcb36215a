"""The declarations of the KPI tables that the shipped metrics make."""

from __future__ import annotations

import pytest

from lakehouse.grain import Grain
from lakehouse.kpi.daily import KpiTable, kpi_tables
from lakehouse.semantic.definition import Cohort, Cumulative, Derived, Growth, Offset, Ratio
from lakehouse.semantic.metrics import Metrics
from lakehouse.table import Layer, Table


@pytest.fixture(scope="module")
def tables(metrics: Metrics) -> dict[str, KpiTable]:
    return {kpi.table.name: kpi for kpi in kpi_tables(metrics)}


def inputs(table: Table) -> set[str]:
    return {source.name for source in table.inputs}


def test_one_table_per_mart(tables: dict[str, KpiTable]) -> None:
    assert tables.keys() == {"kpi_revenue_daily", "kpi_orders_daily", "kpi_payments_daily", "kpi_customers_daily"}
    for kpi in tables.values():
        assert (kpi.table.layer, kpi.table.primary_key, kpi.table.partition_by) == (Layer.KPI, ("calendar_date",), ())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kpi_revenue_daily", {"fact_orders", "fact_order_lines", "fact_refunds", "fact_sessions"}),
        ("kpi_orders_daily", {"fact_orders", "fact_sessions"}),
        ("kpi_payments_daily", {"fact_payments"}),
        ("kpi_customers_daily", {"fact_orders", "fact_registrations"}),
    ],
)
def test_only_the_facts_that_are_measured_are_inputs(
    tables: dict[str, KpiTable], name: str, expected: set[str]
) -> None:
    assert inputs(tables[name].table) == expected | {"dim_dates", "coverage", "missing_days"}


def test_numerator_and_denominator_stand_beside_every_ratio(tables: dict[str, KpiTable], metrics: Metrics) -> None:
    ratios = 0
    for kpi in tables.values():
        for metric in kpi.metrics:
            if isinstance(metric.definition, Ratio | Derived):
                ratios += isinstance(metric.definition, Ratio)
                parts = [column for name in metric.operands for column in metrics.by_name[name].columns]
                assert set(parts) <= set(kpi.table.field_names)
    assert ratios >= 9


NO_NUMBER_OF_A_DAY = {
    "repeat_customers",
    "repeat_purchase_rate",
    "retained_customers",
    "period_retention_rate",
    "visitors_with_order",
    "visitor_conversion_rate",
    "orders_paid",
    "orders_attempted",
    "payment_success_rate_by_order",
}
"""Distinct counts that no fact flags, and what is made of them."""


def test_every_metric_whose_days_can_be_kept_has_its_columns_in_its_mart(
    tables: dict[str, KpiTable], metrics: Metrics
) -> None:
    for metric in metrics.metrics:
        is_of_other_days = isinstance(metric.definition, Growth | Offset | Cumulative | Cohort)
        is_made_of_them = metric.name == "lifetime_value"
        held = set(metric.columns) & set(tables[f"kpi_{metric.mart}_daily"].table.field_names)
        is_kept = not (is_of_other_days or is_made_of_them or metric.name in NO_NUMBER_OF_A_DAY)
        assert held == (set(metric.columns) if is_kept else set())


def test_types_and_descriptions(tables: dict[str, KpiTable]) -> None:
    table = tables["kpi_customers_daily"].table
    assert {name: table.field(name).type for name in ("new_customers", "customer_acquisition_rate")} == {
        "new_customers": "bigint",
        "customer_acquisition_rate": "decimal(27,9)",
    }
    assert table.field("active_customers_of_week").description == (
        "Active Customers, each counted once a week: the days of a week add up to its number."
    )
    assert "not to be added up" in table.field("customer_retention_rate").description
    assert {f"returning_customers_of_{grain}" for grain in Grain} <= set(table.field_names)


def test_currency_stands_beside_amounts_only(tables: dict[str, KpiTable]) -> None:
    with_currency = {name for name, kpi in tables.items() if "currency_code" in kpi.table.field_names}
    # Of customers it is their revenue, of which lifetime value is made.
    assert with_currency == {"kpi_revenue_daily", "kpi_payments_daily", "kpi_customers_daily"}
