"""Cohorts: who began in a period, in each of the periods since, as counted by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lakehouse.grain import Grain
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Calendar, Query
from tests.kpi.small_lakes import period_start
from tests.semantic.compiler.lakes import FAST, ask, lakes
from tests.semantic.compiler.reference import Lake

ASKED = ("cohort_customers", "cohort_retention_rate", "cohort_revenue_per_customer")
GRAINS = [Calendar.WEEK, Calendar.MONTH, Calendar.QUARTER, Calendar.YEAR]


def by_hand(lake: Lake, grain: str) -> dict[tuple[date, date], tuple[int, int | None, Decimal | None]]:
    """By cohort and period: the cohort's size, how many of it ordered, and for how much; None where it is not over."""

    def start(day: date) -> date:
        return period_start(day, Grain(grain))

    began = {
        row["customer_key"]: start(row["first_order_date"])
        for row in lake.rows["dim_customers"]
        if row.get("first_order_date")
    }
    known = lake.known["fact_orders"]
    found: dict[tuple[date, date], tuple[int, int | None, Decimal | None]] = {}
    for cohort in set(began.values()):
        members = {key for key, first in began.items() if first == cohort}
        period = cohort
        while period <= (_last(lake)):
            following = period
            while start(following) == period:
                following += timedelta(days=1)
            orders = [
                order
                for order in lake.rows["fact_orders"]
                if order["customer_key"] in members
                and order["is_qualifying"]
                and start(order["order_date"]) == period
                and lake.counts("fact_orders", order["order_date"])
            ]
            is_over = known is not None and following - timedelta(days=1) <= known[1]
            ordered = len({order["customer_key"] for order in orders})
            revenue = sum((order["total_amount"] for order in orders), Decimal(0))
            found[cohort, period] = (len(members), ordered if is_over else None, revenue if is_over else None)
            period = following
    return found


def _last(lake: Lake) -> date:
    assert lake.span is not None
    return lake.span[1]


@FAST
@given(lake=lakes(), grain=st.sampled_from(GRAINS))
def test_any_cohort(metrics: Metrics, lake: Lake, grain: Calendar) -> None:
    rows = ask(lake, metrics, Query(ASKED, grain))
    expected = by_hand(lake, grain) if any(row.get("first_order_date") for row in lake.rows["dim_customers"]) else {}
    assert {(row["cohort_start"], row["period_start"]) for row in rows} == expected.keys()
    for row in rows:
        size, ordered, revenue = expected[row["cohort_start"], row["period_start"]]
        assert (row["cohort_size"], row["cohort_customers"]) == (size, ordered)
        assert row["cohort_customers_reason"] == (None if ordered is not None else "immature")
        assert row["cohort_retention_rate"] == (None if ordered is None else ordered / size)
        assert row["cohort_revenue_per_customer"] == (None if revenue is None else float(revenue) / size)
    assert [row["periods_since"] for row in rows if row["cohort_start"] == row["period_start"]].count(0) == len(
        {row["cohort_start"] for row in rows}
    )


def test_cohorts_by_what_their_members_are(metrics: Metrics) -> None:
    def customer(key: str, gender: str | None) -> dict[str, Any]:
        return {
            "customer_key": key,
            "gender": gender,
            "first_order_date": date(2026, 1, 5),
            "order_count": 1,
            "lifetime_amount": Decimal(1),
        }

    def order(key: str, day: date) -> dict[str, Any]:
        return {
            "order_key": f"{key}{day}",
            "customer_key": key,
            "order_date": day,
            "is_qualifying": True,
            "total_amount": Decimal(1),
        }

    lake = Lake(
        {
            "dim_customers": [customer("a", "female"), customer("b", None), customer("c", None)],
            "dim_products": [],
            "fact_orders": [*(order(key, date(2026, 1, 5)) for key in "abc"), order("b", date(2026, 2, 1))],
            **{
                name: []
                for name in ("fact_order_lines", "fact_payments", "fact_refunds", "fact_sessions", "fact_registrations")
            },
        },
        {"fact_orders": (date(2026, 1, 1), date(2026, 2, 28))},
    )
    rows = ask(lake, metrics, Query(("cohort_customers",), Calendar.MONTH, by=("gender",)))
    found = [(row["gender"], row["periods_since"], row["cohort_size"], row["cohort_customers"]) for row in rows]
    assert found == [("female", 0, 1, 1), ("female", 1, 1, 0), (None, 0, 2, 2), (None, 1, 2, 1)]
    rows = ask(lake, metrics, Query(("cohort_customers",), Calendar.MONTH, where="gender = 'female'"))
    assert [(row["periods_since"], row["cohort_size"], row["cohort_customers"]) for row in rows] == [
        (0, 1, 1),
        (1, 1, 0),
    ]
