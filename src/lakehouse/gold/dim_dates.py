"""dim_dates: one row per day, with ISO weeks, months, quarters, the fiscal calendar, public holidays and occasions.

It depends on settings alone, so its rows are made here and not by an engine.
"""

from __future__ import annotations

from calendar import day_name, month_name
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from lakehouse.gold.fiscal import fiscal_day
from lakehouse.gold.occasions import OccasionDay, occasion_days
from lakehouse.settings import Business
from lakehouse.table import BOOLEAN, DATE, INTEGER, STRING, Expectation, Field, Layer, Privacy, Table

if TYPE_CHECKING:
    import pyarrow as pa

TABLE = Table(
    layer=Layer.GOLD,
    name="dim_dates",
    grain="One row per calendar day.",
    fields=tuple(
        Field(name, type_name, description, nullable, privacy=Privacy.PUBLIC)
        for name, type_name, description, nullable in (
            ("calendar_date", DATE, "The day.", False),
            ("week_start_date", DATE, "First day of its week, by the setting for when weeks start.", False),
            ("month_start_date", DATE, "First day of its month.", False),
            ("quarter_start_date", DATE, "First day of its quarter.", False),
            ("year_start_date", DATE, "First day of its year.", False),
            ("year", INTEGER, "Calendar year.", False),
            ("quarter", INTEGER, "Quarter of the year, 1 to 4.", False),
            ("month", INTEGER, "Month of the year, 1 to 12.", False),
            ("month_name", STRING, "English name of the month.", False),
            ("day_of_month", INTEGER, "Day of the month, from 1.", False),
            ("day_of_year", INTEGER, "Day of the year, from 1.", False),
            ("day_of_week", INTEGER, "Day of the ISO week, 1 = Monday … 7 = Sunday.", False),
            ("day_name", STRING, "English name of the day.", False),
            ("is_weekend", BOOLEAN, "Whether it is a Saturday or Sunday.", False),
            ("iso_year", INTEGER, "Year of its ISO 8601 week.", False),
            ("iso_week", INTEGER, "ISO 8601 week, 1 to 53.", False),
            ("fiscal_year", INTEGER, "Fiscal year; of months, named by the calendar year it ends in.", False),
            ("fiscal_quarter", INTEGER, "Quarter of the fiscal year, 1 to 4.", False),
            ("fiscal_month", INTEGER, "Month of the fiscal year, 1 to 12.", False),
            ("fiscal_week", INTEGER, "Week of a fiscal year of weeks, 1 to 53; null where it is of months.", True),
            ("fiscal_month_start_date", DATE, "First day of its fiscal month.", False),
            ("fiscal_quarter_start_date", DATE, "First day of its fiscal quarter.", False),
            ("fiscal_year_start_date", DATE, "First day of its fiscal year.", False),
            ("is_holiday", BOOLEAN, "Whether it is a public holiday.", False),
            ("holiday_name", STRING, "Name of the public holiday.", True),
            ("occasion_name", STRING, "Name of the occasion; of several, the first by the alphabet.", True),
            ("occasion_last_year_date", DATE, "Day of the same occasion a year before, if it is here.", True),
        )
    ),
    primary_key=("calendar_date",),
    expectations=(
        Expectation("week_holds_the_day", "datediff(calendar_date, week_start_date) between 0 and 6"),
        Expectation(
            "fiscal_periods_hold_the_day",
            "fiscal_year_start_date <= fiscal_quarter_start_date and fiscal_quarter_start_date <= "
            "fiscal_month_start_date and fiscal_month_start_date <= calendar_date",
        ),
        Expectation(
            "occasion_was_before", "occasion_last_year_date is null or occasion_last_year_date < calendar_date"
        ),
    ),
)

Row = dict[str, object]


def rows(business: Business) -> pa.Table:
    """The calendar from `calendar_from` to `calendar_to`, both included."""
    import pyarrow as pa

    from lakehouse.derive.schema import arrow_schema

    names, occasions = _holidays(business), occasion_days(business)
    days = [
        _row(day, business) | _fiscal(day, business) | _named(names.get(day), occasions.get(day))
        for day in _days(business.calendar_from, business.calendar_to)
    ]
    return pa.Table.from_pylist(days, schema=arrow_schema(TABLE))


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _row(day: date, business: Business) -> Row:
    iso = day.isocalendar()
    quarter = (day.month - 1) // 3 + 1
    return {
        "calendar_date": day,
        "week_start_date": day - timedelta(days=(day.isoweekday() - business.week_start) % 7),
        "month_start_date": day.replace(day=1),
        "quarter_start_date": date(day.year, 3 * quarter - 2, 1),
        "year_start_date": date(day.year, 1, 1),
        "year": day.year,
        "quarter": quarter,
        "month": day.month,
        "month_name": month_name[day.month],
        "day_of_month": day.day,
        "day_of_year": day.timetuple().tm_yday,
        "day_of_week": iso.weekday,
        "day_name": day_name[day.weekday()],
        "is_weekend": iso.weekday >= 6,
        "iso_year": iso.year,
        "iso_week": iso.week,
    }


def _fiscal(day: date, business: Business) -> Row:
    fiscal = fiscal_day(day, business)
    return {
        "fiscal_year": fiscal.year,
        "fiscal_quarter": fiscal.quarter,
        "fiscal_month": fiscal.month,
        "fiscal_week": fiscal.week,
        "fiscal_month_start_date": fiscal.month_start,
        "fiscal_quarter_start_date": fiscal.quarter_start,
        "fiscal_year_start_date": fiscal.year_start,
    }


def _named(holiday: str | None, occasion: OccasionDay | None) -> Row:
    return {
        "is_holiday": holiday is not None,
        "holiday_name": holiday,
        "occasion_name": occasion and occasion.name,
        "occasion_last_year_date": occasion and occasion.last_year,
    }


def _holidays(business: Business) -> dict[date, str]:
    if business.holidays is None:
        return {}
    # Who only asks for the table's fields does not wait for these.
    import holidays

    country, _, region = business.holidays.partition("-")
    years = range(business.calendar_from.year, business.calendar_to.year + 1)
    return dict(holidays.country_holidays(country, subdiv=region or None, years=years, language="en_US"))
