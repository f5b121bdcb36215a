"""Compiled queries: their text in each dialect, and their answers on small KPI tables."""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lakehouse.errors import ConfigurationError
from lakehouse.grain import Grain
from lakehouse.semantic.compiler.compile import compile_query
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Calendar, Dialect, Query
from tests.semantic.asking import NEVER, answer, day, days, lake, revenue

GOLDEN = Path(__file__).parent / "golden"
NINE = (
    "total_revenue",
    "average_order_value",
    "revenue_growth_rate",
    "total_orders",
    "order_conversion_rate",
    "total_payments",
    "payment_success_rate",
    "customer_acquisition_rate",
    "customer_retention_rate",
)


@pytest.mark.parametrize("dialect", list(Dialect))
def test_golden_sql_of_the_nine_kpis_by_month(metrics: Metrics, dialect: Dialect) -> None:
    query = Query(NINE, Calendar.MONTH, date(2026, 1, 1), date(2026, 6, 30))
    sql = compile_query(query, metrics).sql(dialect) + "\n"
    golden = GOLDEN / f"nine_kpis_by_month.{dialect}.sql"
    if "UPDATE_GOLDEN" in os.environ:
        golden.write_text(sql)
    assert sql == golden.read_text()


def test_only_the_tables_of_the_metrics_are_read(metrics: Metrics) -> None:
    def tables(*names: str) -> tuple[str, ...]:
        calendar, coverage, missing, *kpis = compile_query(Query(names), metrics).tables
        assert (calendar, coverage, missing) == ("dim_dates", "coverage", "missing_days")
        return tuple(kpis)

    assert tables("average_order_value") == ("kpi_revenue_daily",)
    assert tables("total_orders") == ("kpi_orders_daily",)
    assert tables("average_order_value", "total_orders") == ("kpi_revenue_daily",)
    assert tables("visitors", "customer_retention_rate") == ("kpi_customers_daily", "kpi_orders_daily")


def test_days_add_up_and_types_stay(metrics: Metrics) -> None:
    rows = answer(
        metrics,
        Query(("total_revenue",), Calendar.WEEK),
        {"kpi_revenue_daily": revenue({"01-05": 1.1, "01-06": 2.2, **days("01-07", "01-11", 0), "01-12": 3})},
    )
    assert [(row["period_start"], row["first_date"], row["last_date"], row["total_revenue"]) for row in rows] == [
        (day("01-05"), day("01-05"), day("01-11"), Decimal("3.30")),
        (day("01-12"), day("01-12"), day("01-12"), Decimal("3.00")),
    ]


GROWTH_CASES = [
    pytest.param(
        days("01-01", "03-31", 1), [(None, "no_history"), (28 / 31 - 1, None), (31 / 28 - 1, None)], id="whole months"
    ),
    pytest.param(
        {**days("01-01", "01-31", 2), **days("02-01", "02-28", 0), **days("03-01", "03-31", 5)},
        [(None, "no_history"), (-1.0, None), (None, "previous_zero")],
        id="a month without sales is zero, and nothing can be compared with it",
    ),
    pytest.param(
        {**days("01-01", "02-28", 0)}, [(None, "no_history"), (None, "previous_zero")], id="nothing after nothing"
    ),
    pytest.param(
        {**days("01-01", "01-31", -1), **days("02-01", "02-28", 1)},
        [(None, "no_history"), (None, "previous_negative")],
        id="more refunds than sales before",
    ),
    pytest.param(
        {**days("01-01", "01-31", None), **days("02-01", "02-28", 1), **days("03-01", "03-31", 1)},
        [(None, "no_data"), (None, "no_history"), (31 / 28 - 1, None)],
        id="delivered since February",
    ),
    pytest.param(
        {**days("01-15", "02-28", 1)},
        [(None, "no_history"), (None, "incomplete_period")],
        id="since the middle of a month",
    ),
    pytest.param(
        {**days("01-01", "02-27", 1)},
        [(None, "no_history"), (None, "incomplete_period")],
        id="a month that is not over",
    ),
    pytest.param(
        {**days("01-01", "02-28", 1), "02-14": None},
        [(None, "no_history"), (None, "incomplete_period")],
        id="a month that lacks a day",
    ),
    pytest.param(
        {**days("01-01", "01-31", 1), **days("02-01", "02-28", None), **days("03-01", "03-31", 1)},
        [(None, "no_history"), (None, "not_arrived"), (None, "not_arrived")],
        id="a month whose files are missing",
    ),
]


@pytest.mark.parametrize(("values", "expected"), GROWTH_CASES)
def test_growth_by_month(
    metrics: Metrics, values: dict[str, float | None], expected: list[tuple[float | None, str | None]]
) -> None:
    first = min(day(text) for text, value in values.items() if value is not None)
    query, tables = Query(("revenue_growth_rate",), Calendar.MONTH), {"kpi_revenue_daily": revenue(values)}
    rows = answer(metrics, query, tables, known={"fact_orders": (first, max(map(day, values)))})
    found = [(row["revenue_growth_rate"], row["revenue_growth_rate_reason"]) for row in rows]
    assert found == [(value if value is None else pytest.approx(value, rel=1e-12), why) for value, why in expected]


def test_growth_in_a_range_compares_with_the_period_before_it(metrics: Metrics) -> None:
    query = Query(("revenue_growth_rate", "total_revenue"), Calendar.DAY, day("01-02"), day("01-03"))
    rows = answer(metrics, query, {"kpi_revenue_daily": revenue({"01-01": 1, "01-02": 2, "01-03": 1, "01-04": 9})})
    assert [(row["period_start"], row["revenue_growth_rate"]) for row in rows] == [
        (day("01-02"), 1.0),
        (day("01-03"), -0.5),
    ]


RANGES = [
    pytest.param(
        None,
        None,
        [("01-05", "01-07", "01-11", 5), ("01-12", "01-12", "01-18", 7), ("01-19", "01-19", "01-20", 2)],
        id="all",
    ),
    pytest.param(
        day("01-14"), None, [("01-12", "01-12", "01-18", 7), ("01-19", "01-19", "01-20", 2)], id="first period is whole"
    ),
    pytest.param(
        None,
        day("01-14"),
        [("01-05", "01-07", "01-11", 5), ("01-12", "01-12", "01-14", 3)],
        id="last period is to date",
    ),
    pytest.param(day("01-14"), day("01-15"), [("01-12", "01-12", "01-15", 4)], id="within one period"),
    pytest.param(
        day("01-19"),
        day("02-01"),
        [("01-19", "01-19", "01-20", 2), ("01-26", None, None, None)],
        id="beyond what is covered",
    ),
    pytest.param(
        day("01-01"),
        day("01-08"),
        [("2025-12-29", None, None, None), ("01-05", "01-07", "01-08", 2)],
        id="before what is covered",
    ),
    pytest.param(date(1990, 1, 1), date(1990, 12, 31), [], id="outside the calendar"),
]


@pytest.mark.parametrize(("start", "end", "expected"), RANGES)
def test_range_of_weeks(
    metrics: Metrics, start: date | None, end: date | None, expected: list[tuple[str | None, ...]]
) -> None:
    rows = answer(
        metrics,
        Query(("total_revenue",), Calendar.WEEK, start, end),
        {"kpi_revenue_daily": revenue(days("01-07", "01-20", 1))},
    )

    def short(value: date | None) -> str | None:
        return None if value is None else value.isoformat().removeprefix("2026-")

    assert [
        (short(row["period_start"]), short(row["first_date"]), short(row["last_date"]), row["total_revenue"])
        for row in rows
    ] == expected
    assert [row["total_revenue_reason"] for row in rows] == [
        None if row[3] is not None else "not_arrived" if row[0] == "01-26" else "no_data" for row in expected
    ]


def test_lake_without_a_day_has_no_period(metrics: Metrics) -> None:
    connection = lake({})
    connection.execute("CREATE TABLE kpi_revenue_daily (calendar_date DATE, total_revenue DECIMAL(18,2))")
    sql = compile_query(Query(("total_revenue", "revenue_growth_rate"), Calendar.MONTH), metrics).sql()
    assert connection.execute(sql).fetchall() == []


RATIOS = [
    pytest.param(6, 4, 1.5, None, id="both known"),
    pytest.param(0, 4, 0.0, None, id="measured and none"),
    pytest.param(0, 0, None, "zero_denominator", id="nobody came"),
    pytest.param(3, 0, None, "zero_denominator", id="orders without visitors"),
    pytest.param(3, None, None, "no_data", id="no data on visitors"),
    pytest.param(None, 4, None, "no_data", id="no data on orders"),
]


@pytest.mark.parametrize(("above", "below", "value", "why"), RATIOS)
def test_ratio(metrics: Metrics, above: int | None, below: int | None, value: float | None, why: str | None) -> None:
    kpi = [{"calendar_date": day("01-01"), "online_orders": above, "visitors_of_year": below}]
    known = {name: NEVER for name, value in (("fact_orders", above), ("fact_sessions", below)) if value is None}
    query = Query(("order_conversion_rate",), Calendar.YEAR)
    (row,) = answer(metrics, query, {"kpi_orders_daily": kpi}, "BIGINT", known)
    assert (row["order_conversion_rate"], row["order_conversion_rate_reason"]) == (value, why)


def test_ratio_is_of_sums_and_not_of_ratios(metrics: Metrics) -> None:
    kpi = [
        {"calendar_date": day("01-01"), "total_revenue": 100, "total_orders": 1},
        {"calendar_date": day("01-02"), "total_revenue": 100, "total_orders": 99},
    ]
    (row,) = answer(metrics, Query(("average_order_value",), Calendar.MONTH), {"kpi_revenue_daily": kpi})
    assert row["average_order_value"] == 2.0


@pytest.mark.parametrize("grain", list(Grain))
def test_distinct_count_reads_the_column_of_its_grain(metrics: Metrics, grain: Grain) -> None:
    counts = {f"active_customers_of_{other}": n for n, other in enumerate(Grain, start=1)}
    kpi = [{"calendar_date": day("01-01"), **counts}]
    (row,) = answer(
        metrics, Query(("active_customers",), Calendar(grain)), {"kpi_customers_daily": kpi}, types="BIGINT"
    )
    assert row["active_customers"] == counts[f"active_customers_of_{grain}"]


def test_derived_metric_is_unknown_where_a_part_is(metrics: Metrics) -> None:
    kpi = [
        {"calendar_date": day("01-01"), "total_revenue": 5, "refunds": 7},
        {"calendar_date": day("01-02"), "total_revenue": 5, "refunds": None},
    ]
    rows = answer(metrics, Query(("net_revenue",)), {"kpi_revenue_daily": kpi})
    assert [(row["net_revenue"], row["net_revenue_reason"]) for row in rows] == [
        (Decimal("-2.00"), None),
        (None, "not_arrived"),
    ]


def test_order_of_metrics_is_kept_and_repeats_count_once(metrics: Metrics) -> None:
    compiled = compile_query(Query(("sessions", "revenue_growth_rate", "sessions", "total_orders")), metrics)
    assert [metric.name for metric in compiled.metrics] == ["sessions", "revenue_growth_rate", "total_orders"]
    assert compiled.columns[3:] == (
        "sessions",
        "sessions_reason",
        "sessions_until",
        "revenue_growth_rate",
        "revenue_growth_rate_reason",
        "revenue_growth_rate_until",
        "total_orders",
        "total_orders_reason",
        "total_orders_until",
    )


def test_extremes_growth_of_a_ratio_and_sums_of_sums(tmp_path: Path) -> None:
    common = "business_name: A, description: A., type"
    orders = "table: fact_orders, date: order_date"
    (tmp_path / "shop.yml").write_text(
        f"""
title: Shop
description: The shop.
owner: sales
metrics:
  largest: {{{common}: simple, measure: {{{orders}, aggregate: max, field: total_amount}}, format: currency}}
  smallest: {{{common}: simple, measure: {{{orders}, aggregate: min, field: total_amount}}, format: currency}}
  orders: {{{common}: simple, measure: {{{orders}, aggregate: count}}, format: count}}
  spread: {{{common}: derived, add: [largest], subtract: [smallest], format: currency}}
  twice: {{{common}: derived, add: [spread, spread], format: currency}}
  mean: {{{common}: ratio, numerator: spread, denominator: orders, format: currency}}
  change: {{{common}: growth, of: mean, format: percent}}
"""
    )
    kpi: list[dict[str, Any]] = [
        {"calendar_date": day("01-01"), "largest": 5, "smallest": 1, "orders": 2},
        {"calendar_date": day("01-31"), "largest": 9, "smallest": 3, "orders": 2},
        {"calendar_date": day("02-01"), "largest": None, "smallest": None, "orders": 0},
        {"calendar_date": day("03-01"), "largest": 4, "smallest": 4, "orders": 1},
        {"calendar_date": day("04-01"), "largest": 4, "smallest": 2, "orders": 1},
        {"calendar_date": day("05-31"), "largest": 4, "smallest": 1, "orders": 1},
    ]
    names = ("largest", "smallest", "twice", "mean", "change")
    rows = answer(load_metrics(tmp_path), Query(names, Calendar.MONTH), {"kpi_shop_daily": kpi})
    assert [tuple(row[name] for name in names) for row in rows] == [
        (9, 1, 16, 2.0, None),
        (None, None, None, None, None),
        (4, 4, 0, 0.0, None),
        (4, 2, 4, 2.0, None),
        (4, 1, 6, 3.0, 0.5),
    ]
    assert [(row["largest_reason"], row["mean_reason"], row["change_reason"]) for row in rows] == [
        (None, None, "no_history"),
        ("no_data", "no_data", "no_data"),
        (None, None, "no_history"),
        (None, None, "previous_zero"),
        (None, None, None),
    ]


@pytest.mark.parametrize(
    ("names", "start", "end", "message"),
    [
        pytest.param((), None, None, "no metric is asked for", id="no metric"),
        pytest.param(("total_revenue",), day("02-01"), day("01-31"), "is before the first", id="ends before it begins"),
        pytest.param(("total_revenu",), None, None, "did you mean 'total_revenue'", id="unknown metric"),
    ],
)
def test_questions_without_an_answer(
    metrics: Metrics, names: tuple[str, ...], start: date | None, end: date | None, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message) as raised:
        compile_query(Query(names, Calendar.DAY, start, end), metrics)
    assert raised.value.exit_code == 2
