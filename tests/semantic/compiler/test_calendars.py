"""Questions by fiscal periods and against the same occasion: the calendar's rows say which days a number is of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from lakehouse.gold import dim_dates
from lakehouse.semantic.comparison import Comparison
from lakehouse.semantic.facts import FACTS
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Calendar, Query
from lakehouse.settings import Business, FiscalWeeks, ListedDays, Pattern, YearEnd
from tests.semantic import asking
from tests.semantic.compiler.lakes import ask
from tests.semantic.compiler.reference import Lake

SPAN = {"calendar_from": date(2021, 1, 1), "calendar_to": date(2026, 12, 31)}
MONTHS = Business(**SPAN)
NRF = Business(
    **SPAN,
    week_start=7,
    fiscal=FiscalWeeks(pattern=Pattern.FOUR_FIVE_FOUR, year_end_month=1, year_end_weekday=6, year_end=YearEnd.NEAREST),
)
FIRST, LAST = date(2022, 1, 1), date(2026, 12, 31)

Answer = dict[str, dict[str, Any]]


def day(text: str) -> date:
    return date.fromisoformat(text)


def lake(revenue: Mapping[str, int]) -> Lake:
    """Of each day, one order of that revenue, all of one customer; every fact is known for the whole time."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in FACTS}
    for text, amount in revenue.items():
        order = {"order_key": text, "customer_key": "c", "order_date": day(text), "is_qualifying": True}
        rows["fact_orders"].append({**order, "total_amount": Decimal(amount)})
    return Lake(rows, dict.fromkeys(FACTS, (FIRST, LAST)))


def answer(metrics: Metrics, business: Business, revenue: Mapping[str, int], query: Query) -> Answer:
    """The rows by their period's first day."""
    rows = ask(lake(revenue), metrics, query, dim_dates.rows(business))
    return {row["period_start"].isoformat(): row for row in rows}


def values(answer: Answer, name: str = "total_revenue") -> dict[str, Any]:
    return {start: None if row[name] is None else int(row[name]) for start, row in answer.items()}


def question(grain: Calendar, first: str, last: str, *compare: str, metric: str = "total_revenue") -> Query:
    return Query((metric,), grain, day(first), day(last), compare=tuple(map(Comparison.parse, compare)))


# ── fiscal periods ────────────────────────────────────────────────────────────────────────────────────────────────────

EDGES = {
    "2023-01-28": 1,
    "2023-01-29": 2,
    "2023-02-25": 4,
    "2023-02-26": 8,
    "2023-12-30": 16,
    "2023-12-31": 32,
    "2024-02-03": 64,
    "2024-02-04": 128,
    "2024-03-02": 256,
    "2024-03-03": 512,
    "2024-04-06": 1024,
    "2024-04-07": 2048,
    "2025-01-04": 4096,
    "2025-01-05": 8192,
    "2025-02-01": 16384,
    "2025-02-02": 32768,
}
"""First and last days of fiscal months; each sum tells which of them are in it. Fiscal 2023 has 53 weeks."""

PERIODS = [
    pytest.param(
        NRF,
        question(Calendar.FISCAL_MONTH, "2024-02-04", "2024-05-04"),
        {"2024-02-04": 128 + 256, "2024-03-03": 512 + 1024, "2024-04-07": 2048},
        id="months of 4, 5 and 4 weeks",
    ),
    pytest.param(
        NRF,
        question(Calendar.FISCAL_MONTH, "2023-12-31", "2024-02-03"),
        {"2023-12-31": 32 + 64},
        id="a last month of 5 weeks",
    ),
    pytest.param(
        NRF,
        question(Calendar.FISCAL_QUARTER, "2024-01-31", "2024-05-05"),
        {"2023-10-29": 16 + 32 + 64, "2024-02-04": 128 + 256 + 512 + 1024 + 2048, "2024-05-05": 0},
        id="quarters",
    ),
    pytest.param(
        NRF,
        question(Calendar.FISCAL_YEAR, "2023-01-28", "2025-02-02"),
        {
            "2022-01-30": 1,
            "2023-01-29": 2 + 4 + 8 + 16 + 32 + 64,
            "2024-02-04": 128 + 256 + 512 + 1024 + 2048 + 4096 + 8192 + 16384,
            "2025-02-02": 32768,
        },
        id="years of 52 and 53 weeks",
    ),
    pytest.param(
        Business(**SPAN, fiscal_year_start_month=2),
        question(Calendar.FISCAL_YEAR, "2023-02-01", "2025-01-31"),
        {"2023-02-01": 4 + 8 + 16 + 32, "2024-02-01": 64 + 128 + 256 + 512 + 1024 + 2048 + 4096 + 8192},
        id="years of months",
    ),
    pytest.param(
        Business(**SPAN, fiscal_year_start_month=2),
        question(Calendar.FISCAL_QUARTER, "2024-02-01", "2024-04-30"),
        {"2024-02-01": 64 + 128 + 256 + 512 + 1024 + 2048},
        id="quarters of months",
    ),
]


@pytest.mark.parametrize(("business", "query", "expected"), PERIODS)
def test_fiscal_periods(metrics: Metrics, business: Business, query: Query, expected: dict[str, int]) -> None:
    assert values(answer(metrics, business, EDGES, query)) == expected


def test_customers_of_a_fiscal_month_are_counted_once(metrics: Metrics) -> None:
    query = question(Calendar.FISCAL_MONTH, "2024-03-03", "2024-04-07", metric="active_customers")
    found = answer(metrics, NRF, EDGES, query)
    assert values(found, "active_customers") == {"2024-03-03": 1, "2024-04-07": 1}
    assert found["2024-03-03"]["last_date"] == day("2024-04-06")


def test_fiscal_months_of_a_kpi_table(metrics: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "CALENDAR", dim_dates.rows(NRF))
    days = [day("2024-02-04") + timedelta(days=n) for n in range(4 * 7 + 5 * 7)]
    query = question(Calendar.FISCAL_MONTH, "2024-02-04", "2024-04-06")
    daily = [{"calendar_date": each, "total_revenue": 1} for each in days]
    rows = asking.answer(metrics, query, {"kpi_revenue_daily": daily})
    assert [(row["period_start"], row["total_revenue"]) for row in rows] == [(days[0], 28), (days[28], 35)]


COMPARED = [
    pytest.param(
        question(Calendar.FISCAL_MONTH, "2024-02-04", "2024-03-02", "previous_year"),
        {"2024-02-04": (128 + 256, 2 + 4)},
        id="the month after a year of 53 weeks stands against the same month",
    ),
    pytest.param(
        question(Calendar.FISCAL_MONTH, "2025-01-05", "2025-02-01", "previous_year"),
        {"2025-01-05": (8192 + 16384, 32 + 64)},
        id="a month of 4 weeks against one of 5",
    ),
    pytest.param(
        question(Calendar.FISCAL_MONTH, "2024-02-04", "2024-03-02", "previous_period"),
        {"2024-02-04": (128 + 256, 32 + 64)},
        id="the month before, over the year's end",
    ),
    pytest.param(
        question(Calendar.FISCAL_QUARTER, "2024-02-04", "2024-05-04", "previous_year"),
        {"2024-02-04": (128 + 256 + 512 + 1024 + 2048, 2 + 4 + 8)},
        id="quarter",
    ),
    pytest.param(
        question(Calendar.FISCAL_YEAR, "2024-02-04", "2025-02-01", "previous_year"),
        {"2024-02-04": (sum(2**n for n in range(7, 15)), sum(2**n for n in range(1, 7)))},
        id="a year of 52 weeks against one of 53",
    ),
    pytest.param(
        question(Calendar.FISCAL_YEAR, "2024-02-04", "2024-03-02", "previous_year_to_date"),
        {"2024-02-04": (128 + 256, 2 + 4)},
        id="four weeks of a year against the first four of the one before",
    ),
]


@pytest.mark.parametrize(("query", "expected"), COMPARED)
def test_fiscal_periods_compared(metrics: Metrics, query: Query, expected: dict[str, tuple[int, int]]) -> None:
    found = answer(metrics, NRF, EDGES, query)
    (comparison,) = query.compare
    then = values(found, f"total_revenue_{comparison}")
    assert {start: (value, then[start]) for start, value in values(found).items()} == expected
    for start, (now, before) in expected.items():
        assert found[start][f"total_revenue_{comparison}_growth"] == pytest.approx((now - before) / before)


# ── occasions ─────────────────────────────────────────────────────────────────────────────────────────────────────────

SALES = {
    "2024-03-31": 1,
    "2024-04-21": 2,
    "2024-11-28": 4,
    "2024-11-29": 8,
    "2024-12-25": 16,
    "2024-12-26": 32,
    "2025-04-20": 64,
    "2025-11-27": 128,
    "2025-11-28": 256,
    "2025-12-25": 512,
    "2026-11-26": 1024,
    "2026-11-27": 2048,
}
SAME_OCCASION = "same_occasion_last_year"
OCCASIONS = [
    pytest.param("2025-11-28", 256, 8, id="Black Friday, 52 weeks ago too"),
    pytest.param("2026-11-27", 2048, 256, id="Black Friday"),
    pytest.param("2025-04-20", 64, 1, id="Easter Sunday, three weeks later"),
    pytest.param("2025-12-25", 512, 16, id="Christmas Day, on another weekday"),
    pytest.param("2025-11-27", 128, 4, id="no occasion: the same weekday"),
    pytest.param("2026-11-26", 1024, 128, id="no occasion, the next year"),
]


@pytest.mark.parametrize(("text", "now", "then"), OCCASIONS)
def test_a_day_against_the_same_occasion(metrics: Metrics, text: str, now: int, then: int) -> None:
    query = question(Calendar.DAY, text, text, SAME_OCCASION)
    found = answer(metrics, MONTHS, SALES, query)
    assert values(found) == {text: now}
    assert values(found, f"total_revenue_{SAME_OCCASION}") == {text: then}
    assert found[text][f"total_revenue_{SAME_OCCASION}_growth"] == pytest.approx((now - then) / then)


def test_every_day_of_a_stretch_has_its_own_day_to_stand_against(metrics: Metrics) -> None:
    """Days between occasions go back 52 weeks, occasions to theirs, all in one question."""
    query = question(Calendar.DAY, "2025-12-24", "2025-12-26", SAME_OCCASION)
    found = answer(metrics, MONTHS, SALES, query)
    assert values(found, f"total_revenue_{SAME_OCCASION}") == {"2025-12-24": 16, "2025-12-25": 16, "2025-12-26": 0}


def test_an_occasion_that_was_not_a_year_before_goes_by_the_weekday(metrics: Metrics) -> None:
    listed = {"fair": ListedDays(dates=(day("2023-03-01"), day("2025-11-27"), day("2026-11-27")))}
    business = Business(**SPAN, occasions=listed)
    query = question(Calendar.DAY, "2025-11-27", "2026-11-27", SAME_OCCASION)
    found = values(answer(metrics, business, SALES, query), f"total_revenue_{SAME_OCCASION}")
    assert (found["2025-11-27"], found["2025-11-28"], found["2026-11-27"]) == (4, 8, 128)


def test_by_occasion(metrics: Metrics) -> None:
    query = Query(("total_revenue",), Calendar.TOTAL, FIRST, LAST, by=("occasion_name",))
    rows = ask(lake({**SALES, "2025-11-29": 4096}), metrics, query, dim_dates.rows(MONTHS))
    assert {row["occasion_name"]: int(row["total_revenue"]) for row in rows} == {
        "black_friday": 8 + 256 + 2048,
        "christmas_day": 16 + 512,
        "easter_sunday": 1 + 64,
        None: 2 + 4 + 32 + 128 + 1024 + 4096,
    }
