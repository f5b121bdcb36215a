"""Fiscal years of weeks and of months: published calendars, and what holds for any of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse.gold.dim_dates import rows
from lakehouse.gold.fiscal import FiscalDay, fiscal_day, year_end
from lakehouse.settings import Business, FiscalWeeks, NamedBy, Pattern, YearEnd

DAY = timedelta(days=1)
NRF = FiscalWeeks(pattern=Pattern.FOUR_FIVE_FOUR, year_end_month=1, year_end_weekday=6, year_end=YearEnd.NEAREST)


def retail(**changes: object) -> Business:
    fiscal = NRF.model_copy(update=changes)
    return Business(week_start=fiscal.week_start, fiscal=fiscal)


def on(text: str, business: Business) -> FiscalDay:
    return fiscal_day(date.fromisoformat(text), business)


# ── of weeks ──────────────────────────────────────────────────────────────────────────────────────────────────────────

NRF_YEARS = [
    pytest.param(2012, "2012-01-29", "2013-02-02", 53, id="2012 has 53 weeks"),
    pytest.param(2013, "2013-02-03", "2014-02-01", 52, id="2013"),
    pytest.param(2017, "2017-01-29", "2018-02-03", 53, id="2017 has 53 weeks"),
    pytest.param(2018, "2018-02-04", "2019-02-02", 52, id="2018"),
    pytest.param(2022, "2022-01-30", "2023-01-28", 52, id="2022 ends in January"),
    pytest.param(2023, "2023-01-29", "2024-02-03", 53, id="2023 has 53 weeks"),
    pytest.param(2024, "2024-02-04", "2025-02-01", 52, id="2024"),
    pytest.param(2025, "2025-02-02", "2026-01-31", 52, id="2025"),
]


@pytest.mark.parametrize(("year", "first", "last", "weeks"), NRF_YEARS)
def test_years_of_the_retail_federation(year: int, first: str, last: str, weeks: int) -> None:
    begins, ends = on(first, retail()), on(last, retail())
    assert (begins.year, begins.quarter, begins.month, begins.week) == (year, 1, 1, 1)
    assert (ends.year, ends.quarter, ends.month, ends.week) == (year, 4, 12, weeks)
    assert begins.year_start == ends.year_start == date.fromisoformat(first)


NRF_MONTHS = [
    pytest.param("2024-02-04", "2024-03-02", 1, 1, id="February"),
    pytest.param("2024-03-03", "2024-04-06", 2, 1, id="March has five weeks"),
    pytest.param("2024-04-07", "2024-05-04", 3, 1, id="April"),
    pytest.param("2024-05-05", "2024-06-01", 4, 2, id="May"),
    pytest.param("2024-11-03", "2024-11-30", 10, 4, id="November"),
    pytest.param("2024-12-01", "2025-01-04", 11, 4, id="December"),
    pytest.param("2025-01-05", "2025-02-01", 12, 4, id="January"),
    pytest.param("2023-12-31", "2024-02-03", 12, 4, id="January of a year of 53 weeks"),
]


@pytest.mark.parametrize(("first", "last", "month", "quarter"), NRF_MONTHS)
def test_months_of_the_retail_federation(first: str, last: str, month: int, quarter: int) -> None:
    begins, ends = on(first, retail()), on(last, retail())
    assert (begins.month, begins.quarter) == (ends.month, ends.quarter) == (month, quarter)
    assert begins.month_start == ends.month_start == date.fromisoformat(first)
    assert fiscal_day(ends.month_start - DAY, retail()).month == (month - 2) % 12 + 1
    assert fiscal_day(date.fromisoformat(last) + DAY, retail()).month == month % 12 + 1


PATTERNS = [
    pytest.param(Pattern.FOUR_FOUR_FIVE, ["2024-02-04", "2024-03-03", "2024-03-31"], id="4-4-5"),
    pytest.param(Pattern.FOUR_FIVE_FOUR, ["2024-02-04", "2024-03-03", "2024-04-07"], id="4-5-4"),
    pytest.param(Pattern.FIVE_FOUR_FOUR, ["2024-02-04", "2024-03-10", "2024-04-07"], id="5-4-4"),
]


@pytest.mark.parametrize(("pattern", "starts"), PATTERNS)
def test_months_of_a_quarter(pattern: Pattern, starts: list[str]) -> None:
    first = date(2024, 2, 4)
    found = {fiscal_day(first + n * DAY, retail(pattern=pattern)).month_start for n in range(91)}
    assert sorted(found) == [date.fromisoformat(start) for start in starts]


YEAR_ENDS = [
    pytest.param(
        YearEnd.NEAREST, 1, 6, ["2023-01-28", "2024-02-03", "2025-02-01", "2026-01-31"], id="nearest 31 January"
    ),
    pytest.param(YearEnd.LAST, 1, 6, ["2023-01-28", "2024-01-27", "2025-01-25", "2026-01-31"], id="last of January"),
    pytest.param(YearEnd.LAST, 9, 6, ["2023-09-30", "2024-09-28", "2025-09-27"], id="last of September"),
    pytest.param(YearEnd.NEAREST, 12, 7, ["2022-01-02", "2023-01-01", "2023-12-31"], id="nearest 31 December"),
    pytest.param(YearEnd.NEAREST, 2, 3, ["2023-03-01", "2024-02-28", "2025-02-26"], id="nearest the end of February"),
]


@pytest.mark.parametrize(("rule", "month", "weekday", "ends"), YEAR_ENDS)
def test_year_ends(rule: YearEnd, month: int, weekday: int, ends: list[str]) -> None:
    fiscal = NRF.model_copy(update={"year_end": rule, "year_end_month": month, "year_end_weekday": weekday})
    first = 2021 if month == 12 else 2023
    assert [year_end(fiscal, first + n).isoformat() for n in range(len(ends))] == ends


NAMES = [
    pytest.param(1, NamedBy.START, "2024-02-03", 2023, id="January, by its start"),
    pytest.param(1, NamedBy.END, "2024-02-03", 2024, id="January, by its end"),
    pytest.param(9, NamedBy.START, "2024-09-30", 2024, id="September, by its start"),
    pytest.param(9, NamedBy.END, "2024-09-30", 2025, id="September, by its end"),
    pytest.param(12, NamedBy.START, "2023-12-30", 2023, id="December begins and ends in one year"),
    pytest.param(12, NamedBy.START, "2023-12-31", 2024, id="though its first day is of the year before"),
    pytest.param(12, NamedBy.END, "2023-12-31", 2024, id="December, by its end"),
]


@pytest.mark.parametrize(("month", "named_by", "day", "year"), NAMES)
def test_a_year_of_weeks_is_named_as_the_setting_says(month: int, named_by: NamedBy, day: str, year: int) -> None:
    assert on(day, retail(year_end_month=month, named_by=named_by)).year == year


# ── any ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

of_weeks = st.builds(
    retail,
    pattern=st.sampled_from(Pattern),
    year_end_month=st.integers(1, 12),
    year_end_weekday=st.integers(1, 7),
    year_end=st.sampled_from(YearEnd),
    named_by=st.sampled_from(NamedBy),
)
of_months = st.integers(1, 12).map(lambda month: Business(fiscal_year_start_month=month))
first_days = st.dates(date(1990, 1, 1), date(2060, 1, 1))


def years(business: Business, day: date) -> Iterator[list[tuple[date, FiscalDay]]]:
    """The days of the first three whole fiscal years from a day on."""
    day = next(start for n in range(400) if fiscal_day(start := day + n * DAY, business).year_start == start)
    days = [(day + n * DAY, fiscal_day(day + n * DAY, business)) for n in range(3 * 371 + 1)]
    runs = [list(run) for _, run in groupby(days, key=lambda each: each[1].year)]
    yield from runs[:3]


@settings(max_examples=40, deadline=None)
@given(business=of_weeks | of_months, first=first_days)
def test_fiscal_periods_part_the_year_without_a_gap(business: Business, first: date) -> None:
    whole = list(years(business, first))
    assert [after[0][1].year - before[0][1].year for before, after in pairwise(whole)] == [1, 1]
    for days in whole:
        assert {fiscal.year_start for _, fiscal in days} == {days[0][0]}
        for period, parts in (("quarter", 4), ("month", 12)):
            runs = [list(run) for _, run in groupby(days, key=lambda each: getattr(each[1], period))]
            assert [getattr(run[0][1], period) for run in runs] == list(range(1, parts + 1))
            assert all(getattr(fiscal, f"{period}_start") == run[0][0] for run in runs for _, fiscal in run)


@settings(max_examples=40, deadline=None)
@given(business=of_weeks, first=first_days)
def test_a_year_of_weeks_has_52_or_53(business: Business, first: date) -> None:
    assert business.fiscal is not None
    for days in years(business, first):
        assert len(days) in {52 * 7, 53 * 7}
        assert [fiscal.week for _, fiscal in days] == [n // 7 + 1 for n in range(len(days))]
        assert days[0][0].isoweekday() == business.week_start
        assert days[-1][0].isoweekday() == business.fiscal.year_end_weekday
        weeks = [len(list(run)) // 7 for _, run in groupby(days, key=lambda each: each[1].month)]
        extra = len(days) // 7 - 52
        assert weeks == [*(business.fiscal.pattern.weeks * 4)[:-1], business.fiscal.pattern.weeks[-1] + extra]


@settings(max_examples=20, deadline=None)
@given(business=of_weeks)
def test_a_year_ends_where_its_setting_says(business: Business) -> None:
    fiscal = business.fiscal
    assert fiscal is not None
    for year in range(2000, 2040):
        end = year_end(fiscal, year)
        next_month = date(year + fiscal.year_end_month // 12, fiscal.year_end_month % 12 + 1, 1)
        distance = (next_month - DAY - end).days
        assert 0 <= distance <= 6 if fiscal.year_end is YearEnd.LAST else -3 <= distance <= 3


@pytest.mark.parametrize("business", [Business(), retail()], ids=["of months", "of weeks"])
def test_rows_have_a_fiscal_week_where_years_are_of_weeks(business: Business) -> None:
    span = {"calendar_from": date(2023, 12, 1), "calendar_to": date(2024, 3, 1)}
    table = rows(business.model_copy(update=span)).to_pylist()
    for row in table:
        fiscal = fiscal_day(row["calendar_date"], business)
        assert (row["fiscal_year"], row["fiscal_quarter"], row["fiscal_month"]) == (
            fiscal.year,
            fiscal.quarter,
            fiscal.month,
        )
        assert row["fiscal_month_start_date"] == fiscal.month_start <= row["calendar_date"]
        assert row["fiscal_quarter_start_date"] == fiscal.quarter_start <= fiscal.month_start
        assert row["fiscal_year_start_date"] == fiscal.year_start <= fiscal.quarter_start
        assert row["fiscal_week"] == fiscal.week
    assert {row["fiscal_week"] is None for row in table} == {business.fiscal is None}
    if business.fiscal:
        weeks = {row["week_start_date"]: (row["fiscal_year"], row["fiscal_week"]) for row in table}
        assert all(weeks[row["week_start_date"]] == (row["fiscal_year"], row["fiscal_week"]) for row in table)
