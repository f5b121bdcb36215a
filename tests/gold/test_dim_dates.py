"""The calendar: periods, ISO weeks, fiscal years and holidays."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from lakehouse.derive.schema import arrow_schema
from lakehouse.gold.dim_dates import TABLE, rows
from lakehouse.settings import Business

Row = dict[str, Any]


def calendar(**settings: Any) -> dict[str, Row]:
    span = {"calendar_from": date(2019, 12, 28), "calendar_to": date(2025, 1, 5)}
    table = rows(Business(**{**span, **settings}))
    assert table.schema == arrow_schema(TABLE)
    return {row["calendar_date"].isoformat(): row for row in table.to_pylist()}


PLAIN = calendar()


@pytest.mark.parametrize(
    ("day", "iso_year", "iso_week", "day_of_week"),
    [
        ("2019-12-29", 2019, 52, 7),
        ("2019-12-30", 2020, 1, 1),
        ("2020-12-31", 2020, 53, 4),
        ("2021-01-01", 2020, 53, 5),
        ("2021-01-03", 2020, 53, 7),
        ("2021-01-04", 2021, 1, 1),
        ("2022-01-01", 2021, 52, 6),
        ("2023-01-01", 2022, 52, 7),
        ("2024-01-01", 2024, 1, 1),
        ("2024-12-30", 2025, 1, 1),
    ],
)
def test_iso_weeks_at_year_ends(day: str, iso_year: int, iso_week: int, day_of_week: int) -> None:
    row = PLAIN[day]
    assert (row["iso_year"], row["iso_week"], row["day_of_week"]) == (iso_year, iso_week, day_of_week)
    assert row["is_weekend"] == (day_of_week in {6, 7})


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2024-02-29", {"month": 2, "quarter": 1, "day_of_month": 29, "day_of_year": 60, "month_name": "February"}),
        ("2024-12-31", {"month": 12, "quarter": 4, "day_of_month": 31, "day_of_year": 366, "day_name": "Tuesday"}),
        (
            "2024-05-15",
            {
                "year": 2024,
                "month_start_date": date(2024, 5, 1),
                "quarter_start_date": date(2024, 4, 1),
                "year_start_date": date(2024, 1, 1),
            },
        ),
        ("2024-10-01", {"quarter": 4, "quarter_start_date": date(2024, 10, 1)}),
    ],
    ids=["leap day", "last day of a leap year", "starts", "first day of a quarter"],
)
def test_periods(day: str, expected: Row) -> None:
    assert {name: PLAIN[day][name] for name in expected} == expected


@pytest.mark.parametrize(
    ("week_start", "day", "start"),
    [
        (1, "2024-03-10", date(2024, 3, 4)),
        (1, "2024-03-11", date(2024, 3, 11)),
        (7, "2024-03-09", date(2024, 3, 3)),
        (7, "2024-03-10", date(2024, 3, 10)),
        (6, "2024-03-08", date(2024, 3, 2)),
        (1, "2025-01-01", date(2024, 12, 30)),
    ],
)
def test_weeks_start_when_the_setting_says(week_start: int, day: str, start: date) -> None:
    assert calendar(week_start=week_start)[day]["week_start_date"] == start


@pytest.mark.parametrize("week_start", range(1, 8))
def test_every_week_has_seven_days(week_start: int) -> None:
    found = calendar(week_start=week_start)
    starts = {row["week_start_date"] for row in found.values()}
    assert {start.isoweekday() for start in starts} == {week_start}
    assert all(0 <= (row["calendar_date"] - row["week_start_date"]).days <= 6 for row in found.values())


@pytest.mark.parametrize(
    ("start_month", "day", "year", "quarter", "month", "first_day"),
    [
        (1, "2024-12-31", 2024, 4, 12, date(2024, 1, 1)),
        (4, "2024-03-31", 2024, 4, 12, date(2023, 4, 1)),
        (4, "2024-04-01", 2025, 1, 1, date(2024, 4, 1)),
        (10, "2024-09-30", 2024, 4, 12, date(2023, 10, 1)),
        (10, "2024-10-01", 2025, 1, 1, date(2024, 10, 1)),
        (10, "2024-01-01", 2024, 2, 4, date(2023, 10, 1)),
        (12, "2024-11-30", 2024, 4, 12, date(2023, 12, 1)),
        (12, "2024-12-01", 2025, 1, 1, date(2024, 12, 1)),
        (2, "2024-01-31", 2024, 4, 12, date(2023, 2, 1)),
    ],
)
def test_fiscal_years_are_named_by_the_year_they_end_in(
    start_month: int, day: str, year: int, quarter: int, month: int, first_day: date
) -> None:
    row = calendar(fiscal_year_start_month=start_month)[day]
    found = (row["fiscal_year"], row["fiscal_quarter"], row["fiscal_month"], row["fiscal_year_start_date"])
    assert found == (year, quarter, month, first_day)


@pytest.mark.parametrize(
    ("country", "day", "name"),
    [
        (None, "2024-12-25", None),
        ("DE", "2024-10-03", "German Unity Day"),
        ("DE", "2024-03-29", "Good Friday"),
        ("DE", "2024-06-30", None),
        ("DE", "2024-11-01", None),
        ("DE-BY", "2024-11-01", "All Saints' Day"),
        ("US", "2024-11-28", "Thanksgiving Day"),
        ("US", "2020-11-26", "Thanksgiving Day"),
    ],
)
def test_holidays(country: str | None, day: str, name: str | None) -> None:
    row = calendar(holidays=country)[day]
    assert (row["holiday_name"], row["is_holiday"]) == (name, name is not None)


def test_every_day_once_from_first_to_last() -> None:
    days = [row["calendar_date"] for row in PLAIN.values()]
    assert days == [date(2019, 12, 28) + timedelta(days=n) for n in range(len(days))]
    assert days[-1] == date(2025, 1, 5)


def test_a_calendar_of_one_day() -> None:
    assert list(calendar(calendar_from=date(2024, 1, 1), calendar_to=date(2024, 1, 1))) == ["2024-01-01"]
