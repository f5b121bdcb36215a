"""Where a day lies in its fiscal year, which is of calendar months or, as retailers have it, of weeks."""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from lakehouse.settings import Business, FiscalWeeks, NamedBy, YearEnd

QUARTERS = 4
WEEKS = 52


@dataclass(frozen=True)
class FiscalDay:
    """A day's fiscal periods; there is no `week` where the year is of months, since weeks do not nest in those."""

    year: int
    quarter: int
    month: int
    week: int | None
    year_start: date
    quarter_start: date
    month_start: date


def fiscal_day(day: date, business: Business) -> FiscalDay:
    """The fiscal periods that hold the day, by the settings `fiscal` and `fiscal_year_start_month`."""
    if business.fiscal is None:
        return _of_months(day, business.fiscal_year_start_month)
    return _of_weeks(day, business.fiscal)


def _of_months(day: date, first_month: int) -> FiscalDay:
    """Of years that are named by the calendar year they end in."""
    start_year = day.year - (day.month < first_month)
    month = (day.month - first_month) % 12 + 1
    quarter = (month - 1) // 3 + 1
    years, month_before = divmod(first_month - 1 + 3 * (quarter - 1), 12)
    return FiscalDay(
        year=start_year + (first_month > 1),
        quarter=quarter,
        month=month,
        week=None,
        year_start=date(start_year, first_month, 1),
        quarter_start=date(start_year + years, month_before + 1, 1),
        month_start=day.replace(day=1),
    )


def _of_weeks(day: date, fiscal: FiscalWeeks) -> FiscalDay:
    # A year can end some days into the month after, and so into the next calendar year.
    end_year = next(year for year in range(day.year - 1, day.year + 2) if day <= year_end(fiscal, year))
    start = year_end(fiscal, end_year - 1) + timedelta(days=1)
    week = (day - start).days // 7 + 1
    weeks_before = [0, *accumulate(fiscal.pattern.weeks * QUARTERS)][:-1]
    month = bisect_right(weeks_before, week - 1)
    quarter = (month - 1) // 3 + 1
    # By the month that it should end in: a year that ends in December can begin in December or in January.
    begins_earlier = fiscal.named_by is NamedBy.START and fiscal.year_end_month < 12
    return FiscalDay(
        year=end_year - begins_earlier,
        quarter=quarter,
        month=month,
        week=week,
        year_start=start,
        quarter_start=start + timedelta(weeks=WEEKS // QUARTERS * (quarter - 1)),
        month_start=start + timedelta(weeks=weeks_before[month - 1]),
    )


def year_end(fiscal: FiscalWeeks, year: int) -> date:
    """Last day of the fiscal year that ends at the end of its month in that calendar year."""
    month_end = date(year, fiscal.year_end_month, monthrange(year, fiscal.year_end_month)[1])
    days_after = (month_end.isoweekday() - fiscal.year_end_weekday) % 7
    if fiscal.year_end is YearEnd.NEAREST and days_after > 3:
        days_after -= 7
    return month_end - timedelta(days=days_after)
