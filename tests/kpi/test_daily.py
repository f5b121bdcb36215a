"""KPI tables made by the engine from small lakes, and the questions that they answer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from lakehouse import verbs
from lakehouse.grain import Grain
from lakehouse.semantic.compiler.compile import compile_query
from lakehouse.semantic.definition import Cohort, Growth, Ratio
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Calendar, Dialect, Query, Source
from tests.kpi.asking import BUSINESS, answer, day, kpis
from tests.kpi.small_lakes import Order, Payment, Refund, Registration, Session, SmallLake


def columns(table: pa.Table, *names: str) -> dict[date, tuple[Any, ...]]:
    return {row["calendar_date"]: tuple(row[name] for name in names) for row in table.to_pylist()}


# ── stories ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_days_are_without_a_gap_and_ratios_beside_their_parts(spark: SparkSession, metrics: Metrics) -> None:
    lake = SmallLake([Order("ann", day(0), cents=1000), Order("bob", day(0), cents=1), Order("ann", day(2), cents=7)])
    table = kpis(spark, metrics, lake.tables(BUSINESS))["kpi_revenue_daily"]
    assert columns(table, "currency_code", "total_revenue", "total_orders", "average_order_value") == {
        day(0): ("CHF", Decimal("10.01"), 2, Decimal("5.005000000")),
        day(1): ("CHF", Decimal("0.00"), 0, None),
        day(2): ("CHF", Decimal("0.07"), 1, Decimal("0.070000000")),
    }


def test_ratio_is_rounded_half_up_at_the_ninth_digit(spark: SparkSession, metrics: Metrics) -> None:
    payments = [Payment(day(0)), Payment(day(0)), Payment(day(0), status="failed"), Payment(day(0), status="pending")]
    table = kpis(spark, metrics, SmallLake(payments=payments).tables(BUSINESS))["kpi_payments_daily"]
    assert columns(table, "payment_success_rate", "payment_attempts", "undecided_payments") == {
        day(0): (Decimal("0.666666667"), 4, 1)
    }


def test_who_is_new_on_monday_and_back_on_friday(spark: SparkSession, metrics: Metrics) -> None:
    lake = SmallLake([Order("ann", day(0)), Order("ann", day(4)), Order("ann", day(4))])
    tables = {**lake.tables(BUSINESS), **kpis(spark, metrics, lake.tables(BUSINESS))}
    names = ("active_customers", "new_customers", "customer_acquisition_rate", "customer_retention_rate")
    (week,) = answer(tables, metrics, Query(names, Calendar.WEEK))
    assert tuple(week[name] for name in names) == (1, 1, 1.0, 0.0)
    monday, *_, friday = answer(tables, metrics, Query(names, Calendar.DAY))
    assert tuple(monday[name] for name in names) == (1, 1, 1.0, 0.0)
    assert tuple(friday[name] for name in names) == (1, 0, 0.0, 1.0)


def test_what_is_not_delivered_is_null_and_what_did_not_happen_is_zero(spark: SparkSession, metrics: Metrics) -> None:
    lake = SmallLake(
        orders=[Order("ann", day(0)), Order("bob", day(3))],
        sessions=[Session("x", day(2)), Session("y", day(3))],
        refunds=[Refund(day(2))],
    )
    made = kpis(spark, metrics, lake.tables(BUSINESS))
    assert columns(made["kpi_revenue_daily"], "total_orders", "refunds") == {
        day(0): (1, Decimal("0.00")),  # refunds follow orders: until the first one there were none
        day(1): (0, Decimal("0.00")),
        day(2): (0, Decimal("1.00")),
        day(3): (1, Decimal("0.00")),
    }
    assert columns(made["kpi_orders_daily"], "total_orders", "online_orders", "visitors_of_day", "sessions") == {
        day(0): (1, None, None, None),  # without data on visits, no order can be set against them
        day(1): (0, None, None, None),
        day(2): (0, 0, 1, 1),
        day(3): (1, 1, 1, 1),
    }
    assert set(columns(made["kpi_payments_daily"], "total_payments", "payment_success_rate").values()) == {(None, None)}


def test_all_tables_end_on_the_last_day_that_any_fact_covers(spark: SparkSession, metrics: Metrics) -> None:
    lake = SmallLake([Order("ann", day(1))], [Session("x", day(0))], [Payment(day(3))])
    made = kpis(spark, metrics, lake.tables(BUSINESS))
    for table in made.values():
        assert table["calendar_date"].to_pylist() == [day(0), day(1), day(2), day(3)]
    assert columns(made["kpi_customers_daily"], "new_customers") == {
        day(0): (None,),
        day(1): (1,),
        day(2): (None,),
        day(3): (None,),
    }


def test_what_has_not_arrived_is_null_and_what_came_empty_is_zero(spark: SparkSession, metrics: Metrics) -> None:
    lake = SmallLake(
        orders=[Order("ann", day(0), cents=500)],
        sessions=[Session("x", day(n)) for n in range(4)],
        payments=[Payment(day(0))],
        refunds=[Refund(day(0)), Refund(day(2))],
        delivered={"fact_orders": day(1)},
    )
    tables = lake.tables(BUSINESS)
    made = kpis(spark, metrics, tables)
    assert columns(made["kpi_revenue_daily"], "total_revenue", "refunds", "net_revenue") == {
        day(0): (Decimal(5), Decimal(1), Decimal(4)),
        day(1): (Decimal(0), Decimal(0), Decimal(0)),
        day(2): (None, Decimal(1), None),
        day(3): (None, None, None),
    }
    assert columns(made["kpi_orders_daily"], "sessions", "online_orders", "order_conversion_rate") == {
        day(0): (1, 1, Decimal(1)),
        day(1): (1, 0, Decimal(0)),
        day(2): (1, None, None),
        day(3): (1, None, None),
    }
    (week,) = answer({**tables, **made}, metrics, Query(("total_revenue", "total_payments", "sessions"), Calendar.WEEK))
    assert (week["last_date"], week["total_revenue"], week["total_revenue_until"]) == (day(3), Decimal(5), day(1))
    assert (week["total_payments_until"], week["sessions_until"]) == (day(0), day(3))
    days = answer({**tables, **made}, metrics, Query(("total_revenue", "sessions")))
    assert [row["total_revenue_reason"] for row in days] == [None, None, "not_arrived", "not_arrived"]
    assert [row["total_revenue_until"] for row in days] == [day(0), day(1), None, None]


def test_what_is_missing_between_days_that_came_is_null(spark: SparkSession, metrics: Metrics) -> None:
    lake = SmallLake(
        orders=[Order("ann", day(0), cents=500), Order("bob", day(5), converted_on=day(4), cents=700)],
        sessions=[Session("x", day(n)) for n in (0, 1, 2, 4, 5)],
        payments=[Payment(day(0)), Payment(day(5))],
        refunds=[Refund(day(0))],
        missing={"fact_orders": [day(2), day(4)], "fact_sessions": [day(3)], "fact_payments": [day(2)]},
    )
    tables = lake.tables(BUSINESS)
    made = kpis(spark, metrics, tables)
    assert columns(made["kpi_revenue_daily"], "total_revenue", "refunds", "net_revenue") == {
        day(0): (Decimal(5), Decimal(1), Decimal(4)),
        day(1): (Decimal(0), Decimal(0), Decimal(0)),
        day(2): (None, Decimal(0), None),
        day(3): (Decimal(0), Decimal(0), Decimal(0)),
        day(4): (None, Decimal(0), None),
        day(5): (Decimal(7), Decimal(0), Decimal(7)),
    }
    assert columns(
        made["kpi_orders_daily"], "sessions", "visitors_of_week", "online_orders", "order_conversion_rate"
    ) == {
        day(0): (1, 1, 1, Decimal(1)),
        day(1): (1, 0, 0, Decimal(0)),
        day(2): (1, 0, None, None),
        day(3): (None, None, None, None),  # orders came, and no visits that they could be set against
        day(4): (1, 0, None, None),  # though an order of the day after counts on it
        day(5): (1, 0, 0, Decimal(0)),
    }
    assert columns(made["kpi_payments_daily"], "total_payments")[day(2)] == (None,)
    days = answer({**tables, **made}, metrics, Query(("total_revenue", "order_conversion_rate", "refunds")))
    assert [row["total_revenue_reason"] for row in days] == [None, None, "not_arrived", None, "not_arrived", None]
    assert [row["order_conversion_rate_reason"] for row in days] == [None, None, *["not_arrived"] * 3, None]
    assert {row["refunds_reason"] for row in days} == {None}
    (week,) = answer({**tables, **made}, metrics, Query(("total_revenue", "sessions"), Calendar.WEEK))
    assert (week["total_revenue"], week["total_revenue_until"], week["sessions"]) == (Decimal(12), day(5), 5)


def test_order_counts_on_the_day_of_its_visit(spark: SparkSession, metrics: Metrics) -> None:
    lake = SmallLake(
        orders=[
            Order("ann", day(1), converted_on=day(0)),
            Order("bob", day(1), is_online=False),
            Order("eve", day(1), is_qualifying=False),
        ],
        sessions=[Session("ann", day(0), has_order=True)],
    )
    table = kpis(spark, metrics, lake.tables(BUSINESS))["kpi_orders_daily"]
    assert columns(table, "total_orders", "online_orders", "order_conversion_rate", "session_conversion_rate") == {
        day(0): (None, 1, Decimal(1), Decimal(1)),
        day(1): (2, None, None, None),
    }


def test_accounts_count_from_the_first_day_of_the_lake_on(spark: SparkSession, metrics: Metrics) -> None:
    lake = SmallLake(
        orders=[Order("ann", day(2)), Order("bob", day(4))],
        sessions=[Session("x", day(n)) for n in range(7)],
        registrations=[
            *(Registration(name, day(n)) for name, n in (("old", -5), ("eve", 1), ("joe", 6))),
            *(Registration(name, day(n), has_ordered=True) for name, n in (("ann", 2), ("bob", 4))),
            Registration("kim", day(4)),
        ],
    )
    tables = lake.tables(BUSINESS)
    tables |= kpis(spark, metrics, tables)
    names = ("registrations", "registrations_with_order", "registration_to_order_rate")
    assert columns(tables["kpi_customers_daily"], *names) == {
        day(0): (None, None, None),
        day(1): (1, None, None),  # before orders are known, one is one, and none is not known to be none
        day(2): (1, 1, Decimal(1)),
        day(3): (0, 0, None),
        day(4): (2, 1, Decimal("0.5")),
        day(5): (0, None, None),  # orders have not arrived
        day(6): (1, None, None),
    }
    for source in Source:
        (month,) = answer(tables, metrics, Query(names, Calendar.MONTH, end=day(6), source=source))
        assert tuple(month[name] for name in names) == (5, 2, pytest.approx(2 / 5))
        assert month["registration_to_order_rate_until"] == day(4)


def test_lake_without_events_has_no_days(spark: SparkSession, metrics: Metrics) -> None:
    made = kpis(spark, metrics, SmallLake().tables(BUSINESS))
    assert {name: table.num_rows for name, table in made.items()} == dict.fromkeys(made, 0)


def test_some_days_alone_come_out_as_among_all(spark: SparkSession, metrics: Metrics) -> None:
    lake = SmallLake([Order("ann", day(n)) for n in range(4)], [Session("x", day(n)) for n in range(1, 5)])
    tables = lake.tables(BUSINESS)
    whole = kpis(spark, metrics, tables)
    dates = {
        "fact_orders": "order_date",
        "fact_order_lines": "order_date",
        "fact_sessions": "session_date",
        "dim_dates": "calendar_date",
    }
    scope = {
        name: table.filter(pa.compute.field(dates[name]) == day(2)) if name in dates else table
        for name, table in tables.items()
    }
    for name, table in kpis(spark, metrics, scope).items():
        assert table.to_pylist() == [row for row in whole[name].to_pylist() if row["calendar_date"] == day(2)]


def test_extremes_are_null_on_a_day_without_any(spark: SparkSession, tmp_path: Path) -> None:
    orders = "table: fact_orders, date: order_date, where: [is_qualifying]"
    common = "business_name: A, description: A., type: simple, format: currency"
    (tmp_path / "shop.yml").write_text(
        f"""
title: Shop
description: The shop.
owner: sales
metrics:
  largest: {{{common}, measure: {{{orders}, aggregate: max, field: total_amount}}}}
  smallest: {{{common}, measure: {{{orders}, aggregate: min, field: total_amount}}}}
"""
    )
    lake = SmallLake(
        [
            Order("a", day(0), cents=5),
            Order("b", day(0), cents=9, is_qualifying=False),
            Order("c", day(0), cents=3),
            Order("d", day(2)),
        ]
    )
    table = kpis(spark, load_metrics(tmp_path), lake.tables(BUSINESS))["kpi_shop_daily"]
    assert columns(table, "largest", "smallest") == {
        day(0): (Decimal("0.05"), Decimal("0.03")),
        day(1): (None, None),
        day(2): (Decimal("1.00"), Decimal("1.00")),
    }


# ── the same answer from the engine's own SQL ─────────────────────────────────────────────────────────────────────────


def test_the_engine_answers_as_duckdb_does(spark: SparkSession, metrics: Metrics) -> None:
    lake = SmallLake(
        [Order(customer, day(n * 3), cents=n * 7 + 100) for n, customer in enumerate("abacbadcba")],
        [Session(visitor, day(n * 2), n % 3 == 0) for n, visitor in enumerate("xyzxyzxxyyzz")],
        [Payment(day(n), n * 11, "failed" if n % 4 else "succeeded") for n in range(30)],
        [Refund(day(12)), Refund(day(20))],
        [Registration(customer, day(n * 5), n % 2 == 0) for n, customer in enumerate("abcd")],
    )
    tables = {**lake.tables(BUSINESS), **kpis(spark, metrics, lake.tables(BUSINESS))}
    for name, table in tables.items():
        verbs.from_arrow(spark, table).createOrReplaceTempView(name)
    for grain in Grain:
        names = [metric.name for metric in metrics.metrics if not isinstance(metric.definition, Cohort)]
        query = Query(tuple(names), Calendar(grain), start=day(8), end=day(33))
        compiled = compile_query(query, metrics)
        by_engine = verbs.to_arrow(spark.sql(compiled.sql(Dialect.SPARK))).to_pylist()
        assert by_engine == answer(tables, metrics, query)
        assert len(by_engine) > 0
    assert any(isinstance(metric.definition, Ratio | Growth) for metric in metrics.metrics)
