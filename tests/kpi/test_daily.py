"""KPI tables made by the engine from small lakes, and the questions that they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from lakehouse import verbs
from lakehouse.derive.contract import conform
from lakehouse.kpi.daily import kpi_tables
from lakehouse.semantic.compile import compile_query
from lakehouse.semantic.definition import Growth, Ratio
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Dialect, Query
from lakehouse.settings import Business, Grain
from tests.kpi.small_lakes import Order, Payment, Refund, Session, SmallLake, period_start

BUSINESS = Business(calendar_from=date(2025, 10, 1), calendar_to=date(2026, 4, 30), currency="CHF")
FIRST = date(2025, 11, 24)


def day(number: int) -> date:
    """Days counted from Monday, 24 November 2025: weeks, months, a quarter and a year end among the first 51."""
    return FIRST + timedelta(days=number)


def kpis(
    spark: SparkSession, metrics: Metrics, tables: Mapping[str, pa.Table], business: Business = BUSINESS
) -> dict[str, pa.Table]:
    """The KPI tables of a lake, each in order of days, checked against its declaration."""
    frames = {name: verbs.from_arrow(spark, table) for name, table in tables.items()}
    made = {}
    for kpi in kpi_tables(metrics):
        inputs = {table.name: frames[table.name] for table in kpi.table.inputs}
        frame = conform(kpi.transform(business=business, **inputs), kpi.table)
        made[kpi.table.name] = verbs.to_arrow(frame).sort_by("calendar_date")
    return made


def answer(tables: Mapping[str, pa.Table], metrics: Metrics, query: Query) -> list[dict[str, Any]]:
    connection = duckdb.connect()
    for name, table in tables.items():
        connection.register(name, table)
    return list(connection.sql(sql(query, metrics)).to_arrow_table().to_pylist())


_SQL: dict[Query, str] = {}


def sql(query: Query, metrics: Metrics) -> str:
    """The compiled query; those of the shipped metrics are asked many times."""
    if query not in _SQL:
        _SQL[query] = compile_query(query, metrics).sql()
    return _SQL[query]


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
    (week,) = answer(tables, metrics, Query(names, Grain.WEEK))
    assert tuple(week[name] for name in names) == (1, 1, 1.0, 0.0)
    monday, *_, friday = answer(tables, metrics, Query(names, Grain.DAY))
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
    (week,) = answer({**tables, **made}, metrics, Query(("total_revenue", "total_payments", "sessions"), Grain.WEEK))
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
    (week,) = answer({**tables, **made}, metrics, Query(("total_revenue", "sessions"), Grain.WEEK))
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


def test_lake_without_events_has_no_days(spark: SparkSession, metrics: Metrics) -> None:
    made = kpis(spark, metrics, SmallLake().tables(BUSINESS))
    assert {name: table.num_rows for name, table in made.items()} == dict.fromkeys(made, 0)


def test_some_days_alone_come_out_as_among_all(spark: SparkSession, metrics: Metrics) -> None:
    lake = SmallLake([Order("ann", day(n)) for n in range(4)], [Session("x", day(n)) for n in range(1, 5)])
    tables = lake.tables(BUSINESS)
    whole = kpis(spark, metrics, tables)
    dates = {"fact_orders": "order_date", "fact_sessions": "session_date", "dim_dates": "calendar_date"}
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


# ── any small lake, every metric, every grain ─────────────────────────────────────────────────────────────────────────

DIRECT = {
    "total_revenue": ("fact_orders", "order_date", "sum(total_amount) filter (is_qualifying)"),
    "gross_sales": ("fact_orders", "order_date", "sum(gross_amount) filter (is_qualifying)"),
    "discounts": ("fact_orders", "order_date", "sum(discount_amount) filter (is_qualifying)"),
    "shipping_revenue": ("fact_orders", "order_date", "sum(shipping_amount) filter (is_qualifying)"),
    "tax_collected": ("fact_orders", "order_date", "sum(tax_amount) filter (is_qualifying)"),
    "total_orders": ("fact_orders", "order_date", "count(distinct order_id) filter (is_qualifying)"),
    "items_sold": ("fact_orders", "order_date", "sum(item_quantity) filter (is_qualifying)"),
    "cancelled_orders": ("fact_orders", "order_date", "count(distinct order_id) filter (is_cancelled)"),
    "orders_cancelled_after_payment": (
        "fact_orders",
        "order_date",
        "count(distinct order_id) filter (is_cancelled and is_qualifying)",
    ),
    "placed_orders": ("fact_orders", "order_date", "count(distinct order_id) filter (is_cancelled or is_qualifying)"),
    "active_customers": ("fact_orders", "order_date", "count(distinct customer_key) filter (is_qualifying)"),
    "new_customers": ("first_orders", "first_date", "count(*)"),
    "online_orders": ("fact_orders", "conversion_date", "count(*) filter (is_qualifying and is_online)"),
    "online_revenue": ("fact_orders", "conversion_date", "sum(total_amount) filter (is_qualifying and is_online)"),
    "visitors": ("fact_sessions", "session_date", "count(distinct visitor_key)"),
    "sessions": ("fact_sessions", "session_date", "count(*)"),
    "sessions_with_order": ("fact_sessions", "session_date", "count(*) filter (has_order)"),
    "total_payments": ("fact_payments", "attempt_date", "sum(amount) filter (is_successful)"),
    "payment_attempts": ("fact_payments", "attempt_date", "count(*) filter (is_counted)"),
    "successful_payments": ("fact_payments", "attempt_date", "count(*) filter (is_successful)"),
    "failed_payments": ("fact_payments", "attempt_date", "count(*) filter (is_failed)"),
    "decided_payments": ("fact_payments", "attempt_date", "count(*) filter (is_successful or is_failed)"),
    "undecided_payments": (
        "fact_payments",
        "attempt_date",
        "count(*) filter (is_counted and not is_successful and not is_failed)",
    ),
    "refunds": ("fact_refunds", "refund_date", "sum(refund_amount)"),
    "refunded_goods": ("fact_refunds", "refund_date", "sum(goods_amount)"),
}
"""Each metric that is counted in the facts: the table, its date, and plain SQL that knows no flags."""

COMBINED = {
    "returning_customers": lambda of: of("active_customers") - of("new_customers"),
    "net_revenue": lambda of: of("total_revenue") - of("refunds"),
    "net_sales": lambda of: of("gross_sales") - of("discounts") - of("refunded_goods"),
    "average_order_value": lambda of: of("total_revenue") / of("total_orders"),
    "order_conversion_rate": lambda of: of("online_orders") / of("visitors"),
    "payment_success_rate": lambda of: of("successful_payments") / of("decided_payments"),
    "customer_acquisition_rate": lambda of: of("new_customers") / of("active_customers"),
    "customer_retention_rate": lambda of: (of("active_customers") - of("new_customers")) / of("active_customers"),
    "refund_rate": lambda of: of("refunds") / of("total_revenue"),
    "revenue_per_visitor": lambda of: of("online_revenue") / of("visitors"),
    "items_per_order": lambda of: of("items_sold") / of("total_orders"),
    "cancellation_rate": lambda of: of("cancelled_orders") / of("placed_orders"),
    "session_conversion_rate": lambda of: of("sessions_with_order") / of("sessions"),
}
"""The metrics that are made of those, by hand."""

STARTS = {
    Grain.DAY: "{day}",
    Grain.WEEK: "({day} - (isodow({day}) - {week_start} + 7)::integer % 7)",
    Grain.MONTH: "date_trunc('month', {day})::date",
    Grain.QUARTER: "date_trunc('quarter', {day})::date",
    Grain.YEAR: "date_trunc('year', {day})::date",
}

DAYS = st.integers(0, 50).map(day)
CENTS = st.integers(0, 99_999)


@st.composite
def small_lakes(draw: st.DrawFn) -> SmallLake:
    """Few members, so that they come again; an order's visit is among the sessions, as gold sees to it."""
    orders = draw(
        st.lists(
            st.builds(
                Order,
                customer=st.sampled_from("abcd"),
                on=DAYS,
                cents=CENTS,
                is_qualifying=st.booleans(),
                is_cancelled=st.booleans(),
                is_online=st.booleans(),
            ),
            max_size=25,
        )
    )
    sessions = draw(
        st.lists(st.builds(Session, visitor=st.sampled_from("wxyz"), on=DAYS, has_order=st.booleans()), max_size=25)
    )
    if sessions:
        # With a visit, the order is on its day or the one after.
        orders = [
            replace(order, converted_on=order.on - timedelta(days=draw(st.integers(0, 1))))
            if order.is_online
            else order
            for order in orders
        ]
        sessions += [Session("v", order.converted_on) for order in orders if order.converted_on]
    statuses = st.sampled_from(["succeeded", "failed", "pending"])
    payments = st.builds(Payment, on=DAYS, cents=CENTS, status=statuses, is_counted=st.booleans())
    refunds = st.builds(Refund, on=DAYS, goods=CENTS, shipping=CENTS)
    return SmallLake(orders, sessions, draw(st.lists(payments, max_size=10)), draw(st.lists(refunds, max_size=5)))


def directly(tables: Mapping[str, pa.Table], grain: Grain, week_start: int) -> dict[str, dict[date, Any]]:
    """Each directly counted metric by period, from the facts; a period with no row is not there."""
    connection = duckdb.connect()
    for name, table in tables.items():
        connection.register(name, table)
    connection.execute(
        "create view first_orders as select customer_key, min(order_date) as first_date "
        "from fact_orders where is_qualifying group by customer_key"
    )
    found: dict[str, dict[date, Any]] = {}
    for table, on in {(table, on) for table, on, _ in DIRECT.values()}:
        counted = {name: expression for name, (*where, expression) in DIRECT.items() if where == [table, on]}
        start = STARTS[grain].format(day=on, week_start=week_start)
        rows = connection.sql(f"select {start}, {', '.join(counted.values())} from {table} group by 1").fetchall()
        for n, name in enumerate(counted, start=1):
            found[name] = {row[0]: row[n] for row in rows if row[n] is not None}
    return found


def known(lake: SmallLake) -> dict[str, tuple[date, date] | None]:
    """The first and the last day that each fact knows."""

    def span(*days: date) -> tuple[date, date] | None:
        return (min(days), max(days)) if days else None

    orders = [order.on for order in lake.orders]
    refunds = [refund.on for refund in lake.refunds]
    return {
        "fact_orders": span(*orders),
        "first_orders": span(*orders),
        "fact_refunds": span(*refunds, *orders) if refunds else None,
        "fact_payments": span(*(payment.on for payment in lake.payments)),
        "fact_sessions": span(*(session.on for session in lake.sessions)),
    }


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # the lakes are small already
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(lake=small_lakes(), week_start=st.sampled_from([1, 7]))
def test_every_metric_at_every_grain_is_as_counted_in_the_facts(
    spark: SparkSession, metrics: Metrics, lake: SmallLake, week_start: int
) -> None:
    business = BUSINESS.model_copy(update={"week_start": week_start})
    tables = lake.tables(business)
    tables |= kpis(spark, metrics, tables, business)
    names = tuple(metrics.by_name)
    last = max(
        (event.on for events in (lake.orders, lake.sessions, lake.payments, lake.refunds) for event in events),
        default=None,
    )
    spans = known(lake)
    for grain in Grain:
        rows = answer(tables, metrics, Query(names, grain))
        assert [row["period_start"] for row in rows] == sorted(
            {period_start(row["period_start"], grain, week_start) for row in rows}
        )
        direct = directly(tables, grain, week_start)
        previous = None
        for row in rows:
            expected = expected_values(row["period_start"], direct, spans, row["first_date"], row["last_date"])
            if previous is None or expected["total_revenue"] is None or not previous["total_revenue"]:
                expected["revenue_growth_rate"] = None
            else:
                expected["revenue_growth_rate"] = expected["total_revenue"] / previous["total_revenue"] - 1
            compare(row, expected)
            previous = expected
        assert (rows[-1]["last_date"] if rows else None) == last


def expected_values(
    period: date,
    direct: Mapping[str, Mapping[date, Any]],
    spans: Mapping[str, tuple[date, date] | None],
    first: date,
    last: date,
) -> dict[str, Any]:
    """What the days from `first` to `last` of a period come to."""
    values: dict[str, Any] = {}
    for name, (table, _, _) in DIRECT.items():
        tables = (table, "fact_sessions") if name.startswith("online_") else (table,)
        needed = [spans[table] for table in tables]
        begin = max([first, *(span[0] for span in needed if span)])
        end = min([last, *(span[1] for span in needed if span)])
        is_known = None not in needed and begin <= end
        # An order's visit can be on the day before the first order.
        reaches_back = name.startswith("online_") and spans["fact_sessions"] is not None
        is_known = is_known or (reaches_back and bool(direct[name].get(period)))
        values[name] = Decimal(direct[name].get(period, 0)) if is_known else None

    def combined(name: str) -> Decimal | None:
        try:
            return Decimal(COMBINED[name](values.__getitem__))
        except (TypeError, ArithmeticError):
            return None

    return values | {name: combined(name) for name in COMBINED}


def compare(row: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    for name, value in expected.items():
        found = row[name]
        if value is None or not isinstance(found, float):
            assert found == value, (name, row["period_start"])
        else:
            assert found == pytest.approx(float(value), rel=1e-12, abs=1e-12), (name, row["period_start"])
        assert (found is None) == (row[f"{name}_reason"] is not None)
    if row["active_customers"]:
        assert row["customer_acquisition_rate"] + row["customer_retention_rate"] == pytest.approx(1, abs=1e-12)


def test_the_property_knows_every_shipped_metric(metrics: Metrics) -> None:
    assert DIRECT.keys() | COMBINED.keys() | {"revenue_growth_rate"} == metrics.by_name.keys()


# ── the same answer from the engine's own SQL ─────────────────────────────────────────────────────────────────────────


def test_the_engine_answers_as_duckdb_does(spark: SparkSession, metrics: Metrics) -> None:
    lake = SmallLake(
        [Order(customer, day(n * 3), cents=n * 7 + 100) for n, customer in enumerate("abacbadcba")],
        [Session(visitor, day(n * 2), n % 3 == 0) for n, visitor in enumerate("xyzxyzxxyyzz")],
        [Payment(day(n), n * 11, "failed" if n % 4 else "succeeded") for n in range(30)],
        [Refund(day(12)), Refund(day(20))],
    )
    tables = {**lake.tables(BUSINESS), **kpis(spark, metrics, lake.tables(BUSINESS))}
    for name, table in tables.items():
        verbs.from_arrow(spark, table).createOrReplaceTempView(name)
    for grain in Grain:
        query = Query(tuple(metrics.by_name), grain, start=day(8), end=day(33))
        compiled = compile_query(query, metrics)
        by_engine = verbs.to_arrow(spark.sql(compiled.sql(Dialect.SPARK))).to_pylist()
        assert by_engine == answer(tables, metrics, query)
        assert len(by_engine) > 0
    assert any(isinstance(metric.definition, Ratio | Growth) for metric in metrics.metrics)
