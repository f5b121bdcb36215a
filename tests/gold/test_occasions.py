"""Occasions: on which day each rule falls, and which day a year before it is compared with."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse.gold.dim_dates import rows
from lakehouse.gold.occasions import OccasionDay, occasion_days
from lakehouse.settings import Business, EasterDay, FixedDay, ListedDays, NthWeekday, Occasion


def business(first: str = "2023-01-01", last: str = "2026-12-31", **occasions: Any) -> Business:
    span = {"calendar_from": date.fromisoformat(first), "calendar_to": date.fromisoformat(last)}
    return Business(occasions=occasions, **span) if occasions else Business(**span)


def days(rule: dict[str, Any], **span: str) -> list[str]:
    return sorted(day.isoformat() for day in occasion_days(business(**span, it=rule)))


def before(rule: dict[str, Any], **span: str) -> dict[str, str | None]:
    """By the rule's days, those they are compared with."""
    return {
        day.isoformat(): found.last_year.isoformat() if found.last_year else None
        for day, found in sorted(occasion_days(business(**span, it=rule)).items())
    }


BLACK_FRIDAY = {"nth": 4, "weekday": 4, "month": 11, "plus_days": 1}
NEW_YEAR_OF_CHINA = {"dates": ["2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17"]}
RULES = [
    pytest.param(
        BLACK_FRIDAY, ["2023-11-24", "2024-11-29", "2025-11-28", "2026-11-27"], id="after the fourth Thursday"
    ),
    pytest.param(
        {"nth": 2, "weekday": 7, "month": 5},
        ["2023-05-14", "2024-05-12", "2025-05-11", "2026-05-10"],
        id="second Sunday",
    ),
    pytest.param(
        {"nth": -1, "weekday": 1, "month": 5},
        ["2023-05-29", "2024-05-27", "2025-05-26", "2026-05-25"],
        id="last Monday",
    ),
    pytest.param({"nth": 5, "weekday": 5, "month": 2}, [], id="a fifth Friday that hardly is"),
    pytest.param({"nth": -5, "weekday": 4, "month": 2}, ["2024-02-01"], id="the fifth Thursday from the end"),
    pytest.param(
        {"nth": -1, "weekday": 3, "month": 12, "plus_days": 7},
        ["2023-01-04", "2024-01-03", "2025-01-01", "2026-01-07"],
        id="in the year after its month",
    ),
    pytest.param(
        {"nth": 1, "weekday": 1, "month": 1, "plus_days": -7},
        ["2023-12-25", "2024-12-30", "2025-12-29", "2026-12-28"],
        id="in the year before its month",
    ),
    pytest.param({"easter_plus_days": 0}, ["2023-04-09", "2024-03-31", "2025-04-20", "2026-04-05"], id="Easter Sunday"),
    pytest.param({"easter_plus_days": -2}, ["2023-04-07", "2024-03-29", "2025-04-18", "2026-04-03"], id="Good Friday"),
    pytest.param(
        {"month": 11, "day": 11}, ["2023-11-11", "2024-11-11", "2025-11-11", "2026-11-11"], id="the same date"
    ),
    pytest.param({"month": 2, "day": 29}, ["2024-02-29"], id="of leap years"),
    pytest.param(NEW_YEAR_OF_CHINA, NEW_YEAR_OF_CHINA["dates"], id="a list"),
    pytest.param(
        {"dates": ["2022-02-01", "2023-01-22", "2027-02-06"]}, ["2023-01-22"], id="a list beyond the calendar"
    ),
]


@pytest.mark.parametrize(("rule", "expected"), RULES)
def test_days_of_a_rule(rule: dict[str, Any], expected: list[str]) -> None:
    assert days(rule) == expected


LAST_YEAR = [
    pytest.param(
        BLACK_FRIDAY,
        {"2023-11-24": None, "2024-11-29": "2023-11-24", "2025-11-28": "2024-11-29", "2026-11-27": "2025-11-28"},
        id="none before the calendar",
    ),
    pytest.param(
        {"easter_plus_days": 0},
        {"2023-04-09": None, "2024-03-31": "2023-04-09", "2025-04-20": "2024-03-31", "2026-04-05": "2025-04-20"},
        id="three weeks more or less than a year",
    ),
    pytest.param(
        {"dates": ["2023-01-22", "2025-01-29", "2026-02-17"]},
        {"2023-01-22": None, "2025-01-29": None, "2026-02-17": "2025-01-29"},
        id="none in the year before",
    ),
    pytest.param(
        {"dates": ["2024-07-16", "2024-10-08", "2023-10-10", "2023-07-11"]},
        {"2023-07-11": None, "2023-10-10": None, "2024-07-16": "2023-07-11", "2024-10-08": "2023-10-10"},
        id="twice a year, in any order",
    ),
    pytest.param(
        {"dates": ["2025-07-08", "2026-07-08", "2026-07-09"]},
        {"2025-07-08": None, "2026-07-08": "2025-07-08", "2026-07-09": "2025-07-08"},
        id="longer than a year ago",
    ),
]


@pytest.mark.parametrize(("rule", "expected"), LAST_YEAR)
def test_the_same_occasion_a_year_before(rule: dict[str, Any], expected: dict[str, str | None]) -> None:
    assert before(rule) == expected


def test_a_lunar_year_can_begin_twice_in_one_of_the_sun() -> None:
    rule = {"dates": ["2029-01-16", "2030-01-06", "2030-12-26", "2031-12-15"]}
    assert before(rule, last="2039-12-31") == {
        "2029-01-16": None,
        "2030-01-06": "2029-01-16",
        "2030-12-26": "2030-01-06",
        "2031-12-15": "2030-12-26",
    }


def test_leap_days_have_none_a_year_before() -> None:
    rule = {"month": 2, "day": 29}
    assert before(rule, first="2020-01-01") == {"2020-02-29": None, "2024-02-29": None}


def test_of_two_occasions_on_a_day_the_first_by_the_alphabet_names_it() -> None:
    """In whatever order they are written; the other one is still told where it was a year before."""
    easter, fools = {"easter_plus_days": 1}, {"month": 4, "day": 1}
    found = occasion_days(business(last="2025-12-31", easter_monday=easter, april_fools=fools))
    assert found == occasion_days(business(last="2025-12-31", april_fools=fools, easter_monday=easter))
    assert found == {
        date(2023, 4, 1): OccasionDay("april_fools", None),
        date(2023, 4, 10): OccasionDay("easter_monday", None),
        date(2024, 4, 1): OccasionDay("april_fools", date(2023, 4, 1)),
        date(2025, 4, 1): OccasionDay("april_fools", date(2024, 4, 1)),
        date(2025, 4, 21): OccasionDay("easter_monday", date(2024, 4, 1)),
    }


def test_what_ships() -> None:
    found = {day.isoformat(): (each.name, each.last_year) for day, each in occasion_days(business()).items()}
    assert {day: each for day, each in found.items() if day.startswith("2025")} == {
        "2025-04-20": ("easter_sunday", date(2024, 3, 31)),
        "2025-11-11": ("singles_day", date(2024, 11, 11)),
        "2025-11-28": ("black_friday", date(2024, 11, 29)),
        "2025-12-01": ("cyber_monday", date(2024, 12, 2)),
        "2025-12-25": ("christmas_day", date(2024, 12, 25)),
    }


def test_rows_have_occasions() -> None:
    setting = business()
    occasions = occasion_days(setting)
    for row in rows(setting).to_pylist():
        found = occasions.get(row["calendar_date"], OccasionDay("", None))
        assert (row["occasion_name"] or "", row["occasion_last_year_date"]) == (found.name, found.last_year)


def test_a_business_can_have_none() -> None:
    setting = Business(occasions={}, calendar_from=date(2024, 1, 1), calendar_to=date(2024, 12, 31))
    assert {row["occasion_name"] for row in rows(setting).to_pylist()} == {None}


# ── any ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

months, weekdays = st.integers(1, 12), st.integers(1, 7)
anything = st.one_of(
    st.builds(
        NthWeekday,
        nth=st.integers(-5, 5).filter(bool),
        weekday=weekdays,
        month=months,
        plus_days=st.integers(-31, 31),
    ),
    st.builds(EasterDay, easter_plus_days=st.integers(-100, 100)),
    st.builds(FixedDay, month=months, day=st.integers(1, 28)),
    st.builds(
        ListedDays, dates=st.lists(st.dates(date(2019, 1, 1), date(2028, 1, 1)), min_size=1, max_size=8).map(tuple)
    ),
)


@settings(max_examples=100, deadline=None)
@given(rule=anything, year=st.integers(2018, 2026))
def test_the_day_a_year_before_is_the_same_occasion(rule: Occasion, year: int) -> None:
    setting = Business(occasions={"it": rule}, calendar_from=date(year, 1, 1), calendar_to=date(year + 3, 12, 31))
    found = occasion_days(setting)
    for day, occasion in found.items():
        if occasion.last_year is not None:
            assert found[occasion.last_year].name == occasion.name == "it"
            assert abs(day - occasion.last_year - timedelta(days=365)) <= timedelta(days=182)
        if not isinstance(rule, ListedDays):
            earlier = [other for other in found if timedelta(days=300) < day - other < timedelta(days=430)]
            assert occasion.last_year == (earlier[0] if earlier else None)
            assert len(earlier) <= 1
