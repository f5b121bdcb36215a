"""What metrics are broken down by: ages, segments, days of the week, and what is not known of a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Calendar, Order, Query
from tests.semantic.compiler.lakes import ask
from tests.semantic.compiler.reference import Lake

MONDAY = date(2026, 1, 5)


def lake(customers: Sequence[Mapping[str, Any]], orders: Sequence[Mapping[str, Any]]) -> Lake:
    common = {"is_qualifying": True, "total_amount": Decimal(1)}
    return Lake(
        {
            "dim_customers": [{"order_count": 0, "lifetime_amount": Decimal(0), **row} for row in customers],
            "dim_products": [],
            "fact_orders": [{"order_key": f"o{n}", **common, **row} for n, row in enumerate(orders)],
            **{
                name: []
                for name in ("fact_order_lines", "fact_payments", "fact_refunds", "fact_sessions", "fact_registrations")
            },
        },
        {"fact_orders": (date(2026, 1, 1), date(2026, 1, 31))},
    )


@pytest.mark.parametrize(
    ("birth_year", "band"),
    [(2010, "0-17"), (2009, "0-17"), (2008, "18-24"), (2001, "25-34"), (1962, "55-64"), (1961, "65+"), (None, None)],
)
def test_ages_are_those_of_the_year_of_the_event(metrics: Metrics, birth_year: int | None, band: str | None) -> None:
    shop = lake([{"customer_key": "a", "birth_year": birth_year}], [{"customer_key": "a", "order_date": MONDAY}])
    (row,) = ask(shop, metrics, Query(("total_orders",), Calendar.MONTH, by=("age_band",)))
    assert (row["age_band"], row["total_orders"]) == (band, 1)


def test_a_customer_who_is_not_there_is_nobody_and_the_order_counts(metrics: Metrics) -> None:
    shop = lake([], [{"customer_key": "late", "order_date": MONDAY}])
    (row,) = ask(shop, metrics, Query(("total_orders",), Calendar.MONTH, by=("gender", "customer_segment")))
    assert (row["gender"], row["customer_segment"], row["total_orders"]) == (None, None, 1)


def test_days_of_the_week_are_in_their_order(metrics: Metrics) -> None:
    orders = [{"customer_key": "a", "order_date": MONDAY + timedelta(days=n)} for n in range(7)]
    rows = ask(
        lake([{"customer_key": "a"}], orders), metrics, Query(("total_orders",), Calendar.MONTH, by=("day_name",))
    )
    names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    assert [row["day_name"] for row in rows] == names


def test_segments_by_recency_frequency_and_money(metrics: Metrics) -> None:
    def customer(n: int, orders: int, money: int) -> dict[str, Any]:
        last = date(2026, 1, 1) + timedelta(days=n)
        return {
            "customer_key": f"c{n}",
            "order_count": orders,
            "lifetime_amount": Decimal(money),
            "last_order_date": last,
        }

    # Ten customers, the later the more lately; the ninth and tenth order most.
    shop = [customer(0, 1, 1), customer(1, 2, 2), customer(2, 1, 99), customer(3, 1, 4), customer(4, 1, 5)]
    shop += [customer(5, 2, 6), customer(6, 1, 7), customer(7, 1, 8), customer(8, 5, 90), customer(9, 6, 95)]
    orders = [{"customer_key": row["customer_key"], "order_date": MONDAY} for row in shop]
    never = {"customer_key": "never"}
    rows = ask(
        lake([*shop, never], orders),
        metrics,
        Query(("active_customers",), Calendar.TOTAL, by=("customer_segment",), order=(Order("customer_segment"),)),
    )
    assert {row["customer_segment"]: row["active_customers"] for row in rows} == {
        "at risk": 2,
        "champions": 2,
        "lost": 2,
        "loyal": 1,
        "new": 2,
        "promising": 1,
    }


def test_customers_who_are_alike_are_of_one_segment(metrics: Metrics) -> None:
    same = {"order_count": 1, "lifetime_amount": Decimal(5), "last_order_date": MONDAY}
    shop = [{"customer_key": f"c{n}", **same} for n in range(7)]
    orders = [{"customer_key": row["customer_key"], "order_date": MONDAY} for row in shop]
    rows = ask(lake(shop, orders), metrics, Query(("total_orders",), Calendar.TOTAL, by=("customer_segment",)))
    assert len(rows) == 1


def test_a_total_is_one_period_of_the_days_asked_for(metrics: Metrics) -> None:
    orders = [{"customer_key": "ab"[n % 2], "order_date": MONDAY + timedelta(days=n)} for n in range(6)]
    shop = lake([{"customer_key": "a"}, {"customer_key": "b"}], orders)
    (row,) = ask(shop, metrics, Query(("total_orders", "active_customers"), Calendar.TOTAL))
    assert (row["period_start"], row["total_orders"], row["active_customers"]) == (date(2026, 1, 1), 6, 2)
    one_day = Query(("total_orders", "active_customers"), Calendar.TOTAL, MONDAY, MONDAY)
    (row,) = ask(shop, metrics, one_day)
    assert (row["period_start"], row["last_date"], row["total_orders"], row["active_customers"]) == (
        MONDAY,
        MONDAY,
        1,
        1,
    )


def test_the_largest_first_and_no_more_than_asked(metrics: Metrics) -> None:
    orders = [{"customer_key": "a", "order_date": MONDAY, "country_code": code} for code in ("DE", "DE", "FR", "AT")]
    query = Query(
        ("total_orders",), Calendar.TOTAL, by=("country",), order=(Order("total_orders", descending=True),), limit=2
    )
    rows = ask(lake([{"customer_key": "a"}], orders), metrics, query)
    assert [(row["country"], row["total_orders"]) for row in rows] == [("DE", 2), ("AT", 1)]
