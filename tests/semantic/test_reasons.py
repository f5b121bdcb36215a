"""Why a value is null: what has not arrived, what nobody delivers, and what a period says of it."""

from __future__ import annotations

import pytest

from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Calendar, Query
from tests.semantic.asking import NEVER, REVENUE, Known, answer, day, days, revenue


def test_what_has_not_arrived_is_no_part_of_its_period_and_the_period_says_so(metrics: Metrics) -> None:
    values = {**days("01-30", "02-02", 1), **days("02-03", "03-01", None)}
    rows = answer(
        metrics,
        Query(("total_revenue", "revenue_growth_rate"), Calendar.MONTH),
        {"kpi_revenue_daily": revenue(values)},
        known={"fact_orders": (day("01-30"), day("02-02"))},
    )
    assert [(row["last_date"], row["total_revenue"], row["total_revenue_until"]) for row in rows] == [
        (day("01-31"), 2, day("01-31")),
        (day("02-28"), 2, day("02-02")),
        (day("03-01"), None, None),
    ]
    assert [row["total_revenue_reason"] for row in rows] == [None, None, "not_arrived"]
    assert [(row["revenue_growth_rate_reason"], row["revenue_growth_rate_until"]) for row in rows] == [
        ("no_history", day("01-31")),
        ("incomplete_period", day("02-02")),
        ("not_arrived", None),
    ]


@pytest.mark.parametrize(
    ("known", "why"),
    [
        pytest.param({"fact_sessions": NEVER}, "no_data", id="nobody delivers visits"),
        pytest.param({"fact_sessions": (day("01-03"), day("01-09"))}, "no_data", id="visits since the day after"),
        pytest.param({"fact_sessions": (day("01-01"), day("01-01"))}, "not_arrived", id="no visits yet"),
        pytest.param({"fact_orders": (day("01-01"), day("01-01"))}, "not_arrived", id="no orders yet"),
        pytest.param({}, "not_arrived", id="neither this day though later ones"),
        pytest.param({"fact_payments": NEVER}, "not_arrived", id="payments are no part of it"),
        pytest.param(
            {"fact_payments": (day("01-01"), day("01-01")), "fact_sessions": NEVER},
            "no_data",
            id="nor if they are late",
        ),
    ],
)
def test_why_a_ratio_is_not_known(metrics: Metrics, known: Known, why: str) -> None:
    kpi = [{"calendar_date": day("01-02"), "online_orders": None, "visitors_of_day": None}]
    query = Query(("order_conversion_rate",), start=day("01-02"), end=day("01-02"))
    (row,) = answer(metrics, query, {"kpi_orders_daily": kpi}, "BIGINT", known)
    assert (row["order_conversion_rate"], row["order_conversion_rate_reason"]) == (None, why)


WITH_A_HOLE = {**days("01-01", "01-04", 1), **days("01-05", "01-11", None), **days("01-12", "01-22", 1)}
MISSING = [
    pytest.param(
        Query(REVENUE, Calendar.DAY, day("01-04"), day("01-05")), [(1, None), (None, "not_arrived")], id="a day"
    ),
    pytest.param(
        Query(REVENUE, Calendar.WEEK),
        [(4, None), (None, "not_arrived"), (7, None), (4, None)],
        id="a week of such days",
    ),
    pytest.param(Query(REVENUE, Calendar.MONTH), [(15, None)], id="a month is of its other days"),
]


@pytest.mark.parametrize(("query", "expected"), MISSING)
def test_what_is_missing_between_days_that_came(
    metrics: Metrics, query: Query, expected: list[tuple[int | None, str | None]]
) -> None:
    rows = answer(metrics, query, {"kpi_revenue_daily": revenue(WITH_A_HOLE)})
    assert [(row["total_revenue"], row["total_revenue_reason"]) for row in rows] == expected


def test_a_period_that_begins_before_all_is_known_and_goes_on_with_what_is_missing(metrics: Metrics) -> None:
    tables = {"kpi_revenue_daily": revenue(days("01-18", "01-21", None))}
    known = {"fact_orders": (day("01-20"), day("03-01"))}
    by_day = answer(metrics, Query(REVENUE, end=day("01-21")), tables, known=known)
    assert [row["total_revenue_reason"] for row in by_day] == ["no_data", "no_data", "not_arrived", "not_arrived"]
    (month,) = answer(metrics, Query(REVENUE, Calendar.MONTH, end=day("01-21")), tables, known=known)
    assert month["total_revenue_reason"] == "not_arrived"
    (to_date,) = answer(metrics, Query(REVENUE, Calendar.MONTH, end=day("01-19")), tables, known=known)
    assert to_date["total_revenue_reason"] == "no_data"
