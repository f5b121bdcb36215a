"""In any small lake every metric is, at every grain, what plain SQL counts in the facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from lakehouse.grain import Grain
from lakehouse.semantic.definition import Cohort
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Calendar, Query, Source
from tests.examples import examples
from tests.kpi.asking import BUSINESS, answer, day, kpis
from tests.kpi.small_lakes import Order, Payment, Refund, Registration, Session, SmallLake, period_start

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
    "repeat_orders": ("repeats", "order_date", "count(*)"),
    "days_between_orders": ("repeats", "order_date", "sum(order_date - date_before)"),
    "registrations": ("accounts", "registration_date", "count(*)"),
    "registrations_with_order": ("accounts", "registration_date", "count(*) filter (has_ordered and is_with_orders)"),
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
    "decided_payment_amount": ("fact_payments", "attempt_date", "sum(amount) filter (is_successful or is_failed)"),
    "first_attempts": (
        "fact_payments",
        "attempt_date",
        "count(*) filter (attempt_number = 1 and is_counted and (is_successful or is_failed))",
    ),
    "successful_first_attempts": (
        "fact_payments",
        "attempt_date",
        "count(*) filter (attempt_number = 1 and is_successful)",
    ),
    "cost_of_goods": ("fact_order_lines", "order_date", "sum(cost_amount) filter (is_qualifying)"),
    "costed_gross_sales": (
        "fact_order_lines",
        "order_date",
        "sum(gross_amount) filter (is_qualifying and cost_amount is not null)",
    ),
    "costed_discounts": (
        "fact_order_lines",
        "order_date",
        "sum(discount_amount) filter (is_qualifying and cost_amount is not null)",
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
    "average_days_between_orders": lambda of: of("days_between_orders") / of("repeat_orders"),
    "registration_to_order_rate": lambda of: of("registrations_with_order") / of("registrations"),
    "payment_success_rate_by_value": lambda of: of("total_payments") / of("decided_payment_amount"),
    "first_attempt_success_rate": lambda of: of("successful_first_attempts") / of("first_attempts"),
    "costed_sales": lambda of: of("costed_gross_sales") - of("costed_discounts"),
    "gross_margin": lambda of: of("costed_gross_sales") - of("costed_discounts") - of("cost_of_goods"),
    "gross_margin_rate": lambda of: (
        (of("costed_gross_sales") - of("costed_discounts") - of("cost_of_goods"))
        / (of("costed_gross_sales") - of("costed_discounts"))
    ),
}
"""The metrics that are made of those, by hand."""

REQUIRED = {
    "online_orders": ("fact_sessions",),
    "online_revenue": ("fact_sessions",),
    "registrations_with_order": ("fact_orders",),
}
REACHING_BACK = {"online_orders", "online_revenue", "registrations"}

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
                cost=st.none() | CENTS,
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
    payments = st.builds(
        Payment,
        on=DAYS,
        cents=CENTS,
        status=statuses,
        is_counted=st.booleans(),
        order=st.sampled_from([None, "p", "q"]),
        attempt=st.sampled_from([None, 1, 2]),
    )
    refunds = st.builds(Refund, on=DAYS, goods=CENTS, shipping=CENTS)
    accounts = st.builds(Registration, customer=st.sampled_from("abcd"), on=DAYS, has_ordered=st.booleans())
    return SmallLake(
        orders,
        sessions,
        draw(st.lists(payments, max_size=10)),
        draw(st.lists(refunds, max_size=5)),
        draw(st.lists(accounts, max_size=5)),
    )


def directly(tables: Mapping[str, pa.Table], grain: Grain, week_start: int) -> dict[str, dict[date, Any]]:
    """Each directly counted metric by period, from the facts; a period with no row is not there."""
    connection = duckdb.connect()
    for name, table in tables.items():
        connection.register(name, table)
    connection.execute(
        "create view first_orders as select customer_key, min(order_date) as first_date "
        "from fact_orders where is_qualifying group by customer_key"
    )
    connection.execute(
        "create view repeats as select * from (select order_date, lag(order_date) over (partition by customer_key "
        "order by order_date) as date_before from fact_orders where is_qualifying) where date_before is not null"
    )
    connection.execute(
        "create view accounts as select *, registration_date between (select min(order_date) from fact_orders) and "
        "(select max(order_date) from fact_orders) as is_with_orders from fact_registrations "
        "where registration_date >= (select min(first_date) from coverage)"
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
    accounts = [registration.on for registration in lake.registrations]
    return {
        "fact_orders": span(*orders),
        "fact_order_lines": span(*orders),
        "first_orders": span(*orders),
        "repeats": span(*orders),
        "accounts": span(*(day for day in (*orders, *accounts) if day >= min(orders or accounts)))
        if accounts
        else None,
        "fact_refunds": span(*refunds, *orders) if refunds else None,
        "fact_payments": span(*(payment.on for payment in lake.payments)),
        "fact_sessions": span(*(session.on for session in lake.sessions)),
    }


@examples(12)
@given(lake=small_lakes(), week_start=st.sampled_from([1, 7]))
def test_every_metric_at_every_grain_is_as_counted_in_the_facts(
    spark: SparkSession, metrics: Metrics, lake: SmallLake, week_start: int
) -> None:
    business = BUSINESS.model_copy(update={"week_start": week_start})
    tables = lake.tables(business)
    tables |= kpis(spark, metrics, tables, business)
    names = (*DIRECT, *COMBINED, "revenue_growth_rate")
    everything = (lake.orders, lake.sessions, lake.payments, lake.refunds, lake.registrations)
    last = max((event.on for events in everything for event in events), default=None)
    spans = known(lake)
    for grain in Grain:
        rows = answer(tables, metrics, Query(names, Calendar(grain)))
        assert [row["period_start"] for row in rows] == sorted(
            {period_start(row["period_start"], grain, week_start) for row in rows}
        )
        direct = directly(tables, grain, week_start)
        previous = None
        for row in rows:
            period = row["period_start"]
            expected = expected_values(period, direct, spans, row["first_date"], row["last_date"])
            revenue = expected["total_revenue"] if is_whole(period, grain, week_start, spans["fact_orders"]) else None
            expected["revenue_growth_rate"] = revenue / previous - 1 if previous and revenue is not None else None
            compare(row, expected)
            previous = revenue
        assert (rows[-1]["last_date"] if rows else None) == last


def is_whole(period: date, grain: Grain, week_start: int, span: tuple[date, date] | None) -> bool:
    """Whether all days of the period are known: a growth compares no others."""
    last = period
    while period_start(last + timedelta(days=1), grain, week_start) == period:
        last += timedelta(days=1)
    return span is not None and span[0] <= period and last <= span[1]


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
        needed = [spans[each] for each in (table, *REQUIRED.get(name, ()))]
        begin = max([first, *(span[0] for span in needed if span)])
        end = min([last, *(span[1] for span in needed if span)])
        is_known = None not in needed and begin <= end
        # An order's visit can be on the day before the first order, and an account can be opened days before it.
        reaches_back = name in REACHING_BACK and None not in needed
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


@examples(6)
@given(lake=small_lakes(), grain=st.sampled_from(Grain), end=st.sampled_from([None, day(30)]))
def test_kpi_tables_answer_as_the_facts_do(
    spark: SparkSession, metrics: Metrics, lake: SmallLake, grain: Grain, end: date | None
) -> None:
    """All that is no cohort: also what goes over days before or up to date, and is made of several tables."""
    tables = lake.tables(BUSINESS)
    tables |= kpis(spark, metrics, tables)
    names = tuple(metric.name for metric in metrics.metrics if not isinstance(metric.definition, Cohort))
    best, facts = (answer(tables, metrics, Query(names, Calendar(grain), end=end, source=source)) for source in Source)
    assert best == facts


def test_the_property_knows_every_metric_that_a_kpi_table_holds(metrics: Metrics) -> None:
    assert DIRECT.keys() | COMBINED.keys() == {metric.name for metric in metrics.metrics if metric.is_stored}
