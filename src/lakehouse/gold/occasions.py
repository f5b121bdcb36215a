"""Days that are compared with the same ones a year before, since trade moves with them: Black Friday, Easter, …"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.easter import easter

from lakehouse.settings import Business, EasterDay, FixedDay, ListedDays, NthWeekday, Occasion

YEAR = timedelta(days=365)
HALF_A_YEAR = timedelta(days=182)


@dataclass(frozen=True)
class OccasionDay:
    """The occasion of a day, and when it was a year before: None if that is outside the calendar, or it was not."""

    name: str
    last_year: date | None


def occasion_days(business: Business) -> dict[date, OccasionDay]:
    """The days of the calendar that are occasions; one that is several is the first of them by the alphabet.

    The day a year before is the occasion's by its rule, also where that day is called by another one.
    """
    first, last = business.calendar_from, business.calendar_to
    found: dict[date, OccasionDay] = {}
    # Not the first as written: settings are equal in any order, and equal settings make equal rows.
    for name in sorted(business.occasions, reverse=True):
        every_day = set(_days(business.occasions[name], first.year - 1, last.year + 1))
        days = sorted(day for day in every_day if first <= day <= last)
        found |= {day: OccasionDay(name, _a_year_before(day, days)) for day in days}
    return found


def _a_year_before(day: date, days: Sequence[date]) -> date | None:
    """The nearest to a year before: years of lunar calendars are up to a month shorter or longer."""

    def distance(other: date) -> timedelta:
        return abs(day - YEAR - other)

    found = min(days, key=distance)
    return found if distance(found) <= HALF_A_YEAR else None


def _days(rule: Occasion, first_year: int, last_year: int) -> Iterator[date]:
    if isinstance(rule, ListedDays):
        yield from rule.dates
        return
    for year in range(first_year, last_year + 1):
        yield from _day(rule, year)


def _day(rule: NthWeekday | EasterDay | FixedDay, year: int) -> Iterator[date]:
    """The day of a year; none where it has no such one, like a fifth Friday or 29 February."""
    if isinstance(rule, EasterDay):
        sunday: date = easter(year)
        yield sunday + timedelta(days=rule.easter_plus_days)
        return
    days = [date(year, rule.month, day) for day in range(1, monthrange(year, rule.month)[1] + 1)]
    if isinstance(rule, FixedDay):
        yield from days[rule.day - 1 : rule.day]
        return
    weekdays = [day for day in days if day.isoweekday() == rule.weekday]
    if abs(rule.nth) <= len(weekdays):
        yield weekdays[rule.nth - 1 if rule.nth > 0 else rule.nth] + timedelta(days=rule.plus_days)
