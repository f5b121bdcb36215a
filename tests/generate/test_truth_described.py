"""How measures become the truth's sections: a complete calendar, ratios, sums to date, and what is null."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lakehouse.generate.truth import (
    GRAINS,
    MEMBER_METRICS,
    ByMember,
    Measured,
    Measures,
    last_day,
    period_start,
    periods,
)
from lakehouse.generate.truth_described import describe
from lakehouse.runs.workspace import CHECKOUT
from lakehouse.semantic.load import load_metrics
from tests.generate.truth_cases import DELIVERED, Measure, measured_of


def test_nothing_ever_happened(measure: Measure, tmp_path: Path) -> None:
    assert describe(measured_of(measure, tmp_path), DELIVERED) == {
        "grains": {grain: [] for grain in GRAINS},
        "cohorts": [],
        "by": {dimension: [] for dimension in MEMBER_METRICS},
    }


NOTHING: Mapping[str, Mapping[date, Measures]] = {grain: {} for grain in GRAINS}


@pytest.mark.parametrize(
    ("grain", "start", "following"),
    [
        ("day", "2024-11-14", "2024-11-15"),
        ("week", "2024-11-11", "2024-11-18"),
        ("month", "2024-11-01", "2024-12-01"),
        ("quarter", "2024-10-01", "2025-01-01"),
        ("year", "2024-01-01", "2025-01-01"),
    ],
)
def test_periods_follow_each_other(grain: str, start: str, following: str) -> None:
    day = date(2024, 11, 14)
    assert period_start(day, grain) == date.fromisoformat(start)
    assert period_start(last_day(date.fromisoformat(start), grain), grain) == date.fromisoformat(start)
    assert list(periods((day, date.fromisoformat(following)), grain)) == [
        date.fromisoformat(start),
        date.fromisoformat(following),
    ]


def test_periods_have_no_gap_or_repeat_in_ten_years() -> None:
    span = (date(2019, 1, 31), date(2029, 3, 1))
    assert len(list(periods(span, "month"))) == 12 * 10 + 3
    assert len(list(periods(span, "quarter"))) == 4 * 10 + 1
    assert len(list(periods(span, "year"))) == 11


def test_ratios_are_null_over_zero_and_growth_without_a_period_before() -> None:
    first, second = date(2024, 5, 1), date(2024, 5, 2)
    revenue = Measures(total_revenue=Decimal("3.00"), total_orders=1)
    days = {second: revenue}
    measured = Measured((first, second), dict.fromkeys(GRAINS, days))
    described: Any = describe(measured, (first, second))["grains"]
    empty, full = described["day"]
    nothing = {"numerator": None, "denominator": None, "value": None}
    assert empty["revenue_growth_rate"] == nothing
    assert empty["average_order_value"] == {"numerator": "0.00", "denominator": 0, "value": None}
    assert full["revenue_growth_rate"] == {"numerator": "3.00", "denominator": "0.00", "value": None}
    assert full["average_order_value"] == {"numerator": "3.00", "denominator": 1, "value": 3.0}


@pytest.mark.parametrize(
    ("delivered", "growths"),
    [
        pytest.param((date(2024, 4, 1), date(2024, 6, 30)), [None, 1.0, 0.5], id="whole months"),
        pytest.param((date(2024, 4, 2), date(2024, 6, 30)), [None, None, 0.5], id="since the second day"),
        pytest.param((date(2024, 4, 1), date(2024, 6, 29)), [None, 1.0, None], id="one day short"),
    ],
)
def test_growth_is_of_whole_periods_alone(delivered: tuple[date, date], growths: list[float | None]) -> None:
    revenue = {date(2024, month, 1): Measures(total_revenue=Decimal(n)) for month, n in ((4, 2), (5, 4), (6, 6))}
    by_grain = {grain: revenue if grain == "month" else {} for grain in GRAINS}
    described: Any = describe(Measured((date(2024, 4, 3), date(2024, 6, 2)), by_grain), delivered)["grains"]
    assert [row["revenue_growth_rate"]["value"] for row in described["month"]] == growths


def _described(days: dict[date, Measures], delivered: tuple[date, date], grain: str) -> list[dict[str, Any]]:
    """A grain's periods, where the measures of its periods are those of their days."""
    span = (min(days), max(days))
    by_grain = {each: {period_start(day, each): measures for day, measures in days.items()} for each in GRAINS}
    described: Any = describe(Measured(span, {**by_grain, "day": days}), delivered)
    found: list[dict[str, Any]] = described["grains"][grain]
    return found


def test_sums_to_date_end_with_the_period_and_are_null_until_their_days_were_delivered() -> None:
    days = {
        date(2024, 4, 30): Measures(total_revenue=Decimal("1.00"), new_customers=2, active_customers_28_days=2),
        date(2024, 5, 2): Measures(total_revenue=Decimal("2.00"), active_customers_28_days=2),
        date(2024, 5, 6): Measures(total_revenue=Decimal("4.00"), new_customers=1, active_customers_28_days=3),
    }
    found = _described(days, (date(2024, 4, 30), date(2024, 5, 31)), "day")
    names = (
        "revenue_month_to_date",
        "revenue_year_to_date",
        "revenue_trailing_7_days",
        "revenue_ever",
        "customers_ever",
    )
    assert [tuple(row[name] for name in names) for row in found] == [
        ("1.00", "1.00", None, "1.00", 2),
        ("0.00", "1.00", None, "1.00", 2),
        ("2.00", "3.00", None, "3.00", 2),
        ("2.00", "3.00", None, "3.00", 2),
        ("2.00", "3.00", None, "3.00", 2),
        ("2.00", "3.00", None, "3.00", 2),
        ("6.00", "7.00", "7.00", "7.00", 3),
    ]
    assert {row["active_customers_28_days"] for row in found} == {None}
    assert found[-1]["lifetime_value"] == {"numerator": "7.00", "denominator": 3, "value": pytest.approx(7 / 3)}


@pytest.mark.parametrize(
    ("delivered", "trailing"),
    [
        pytest.param((date(2024, 5, 24), date(2024, 5, 30)), "4.00", id="it ends a day before the month"),
        pytest.param((date(2024, 5, 24), date(2024, 5, 31)), "0.00", id="it ends with the month"),
        pytest.param((date(2024, 5, 25), date(2024, 5, 30)), None, id="it begins before the first day delivered"),
    ],
)
def test_a_window_ends_with_the_last_day_delivered(delivered: tuple[date, date], trailing: str | None) -> None:
    days = {date(2024, 5, 24): Measures(total_revenue=Decimal("4.00"))}
    (month,) = _described(days, delivered, "month")
    assert (month["revenue_trailing_7_days"], month["revenue_month_to_date"]) == (trailing, "4.00")


def test_customers_of_the_period_before() -> None:
    days = {date(2024, 5, day): Measures(active_customers=day, retained_customers=1) for day in (1, 2, 4)}
    found = _described(days, DELIVERED, "day")
    assert [row["previous_active_customers"] for row in found] == [None, 1, 2, 0]
    assert [row["period_retention_rate"]["value"] for row in found] == [None, 1.0, 0.0, None]


def test_the_truth_has_every_shipped_metric() -> None:
    described: Any = describe(
        Measured(
            DELIVERED,
            NOTHING,
            cohort_sizes={DELIVERED[0]: 1},
            by_member={dimension: {(DELIVERED[0], "x"): {}} for dimension in MEMBER_METRICS},
        ),
        DELIVERED,
    )
    metrics = load_metrics(CHECKOUT / "metrics")
    beside = {"start", "cohort_start", "period_start", "periods_since", "cohort_size", "member"}
    assert {*described["grains"]["day"][0], *described["cohorts"][0]} - beside == metrics.by_name.keys()
    assert described["by"].keys() <= metrics.dimensions.by_name.keys()
    for row, *_ in described["by"].values():
        assert row.keys() - beside <= metrics.by_name.keys()


def test_members_stand_in_every_month() -> None:
    april, june = date(2024, 4, 1), date(2024, 6, 1)
    by_member: Mapping[str, ByMember] = {
        "order_hour": {(april, 9): {"total_orders": 2}, (june, 10): {"total_orders": 1}}
    }
    measured = Measured((april, june), NOTHING, by_member=by_member)
    described: Any = describe(measured, DELIVERED)["by"]
    assert [(row["start"], row["member"], row["total_orders"]) for row in described["order_hour"]] == [
        ("2024-04-01", 9, 2),
        ("2024-04-01", 10, 0),
        ("2024-05-01", 9, 0),
        ("2024-05-01", 10, 0),
        ("2024-06-01", 9, 0),
        ("2024-06-01", 10, 1),
    ]
