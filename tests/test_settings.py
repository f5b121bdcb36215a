"""Settings of the calendar: what a file can say, and how a mistake in it is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lakehouse.configuration import load_model
from lakehouse.errors import ConfigurationError
from lakehouse.settings import (
    OCCASIONS,
    Business,
    EasterDay,
    FiscalWeeks,
    FixedDay,
    ListedDays,
    NamedBy,
    NthWeekday,
    Pattern,
    Settings,
    YearEnd,
)

RETAIL = "fiscal: {pattern: 4-5-4, year_end_month: 1, year_end_weekday: 6, year_end: nearest}"


def read(tmp_path: Path, *lines: str) -> Business:
    path = tmp_path / "local.yml"
    path.write_text("business:\n" + "".join(f"  {line}\n" for line in lines))
    return load_model(path, Settings).business


def problems(tmp_path: Path, *lines: str) -> list[str]:
    """What is wrong, each as `line:column: message`."""
    with pytest.raises(ConfigurationError) as raised:
        read(tmp_path, *lines)
    return [str(problem).removeprefix(f"{tmp_path / 'local.yml'}:") for problem in raised.value.problems]


def test_fiscal_years_of_weeks(tmp_path: Path) -> None:
    assert read(tmp_path, "week_start: 7", RETAIL).fiscal == FiscalWeeks(
        pattern=Pattern.FOUR_FIVE_FOUR,
        year_end_month=1,
        year_end_weekday=6,
        year_end=YearEnd.NEAREST,
        named_by=NamedBy.START,
    )


def test_occasions_replace_those_that_ship(tmp_path: Path) -> None:
    lines = [
        "occasions:",
        "  black_friday: {nth: 4, weekday: 4, month: 11, plus_days: 1}",
        "  good_friday: {easter_plus_days: -2}",
        "  singles_day: {month: 11, day: 11}",
        "  ramadan: {dates: [2025-03-01, 2026-02-18]}",
    ]
    assert read(tmp_path, *lines).occasions == {
        "black_friday": NthWeekday(nth=4, weekday=4, month=11, plus_days=1),
        "good_friday": EasterDay(easter_plus_days=-2),
        "singles_day": FixedDay(month=11, day=11),
        "ramadan": ListedDays(dates=(date(2025, 3, 1), date(2026, 2, 18))),
    }
    assert read(tmp_path, "currency: EUR").occasions == OCCASIONS


RULES = "an occasion has a rule: 'nth', 'weekday' and 'month', or 'month' and 'day', or 'easter_plus_days', or 'dates'"
NOT_NESTED = "fiscal years that end on a Saturday have weeks that start on a Sunday, and week_start is 1, a Monday"
MISTAKES = [
    pytest.param(
        [RETAIL],
        [f"2:11: {NOT_NESTED} (did you mean 'week_start: 7'?)"],
        id="weeks that do not nest",
    ),
    pytest.param(
        ["fiscal_year_start_month: 2", "week_start: 7", RETAIL],
        ["4:11: fiscal years of weeks begin where their year_end says: leave out fiscal_year_start_month"],
        id="years that begin twice",
    ),
    pytest.param(
        [RETAIL.replace("4-5-4", "4-5-5")],
        ["2:21: must be one of 4-4-5, 4-5-4, 5-4-4 (did you mean '4-5-4'?)"],
        id="pattern",
    ),
    pytest.param(
        [RETAIL.replace("nearest", "closest")],
        ["2:78: must be one of last, nearest (did you mean 'last'?)"],
        id="year end",
    ),
    pytest.param(
        [RETAIL.replace("month: 1,", "month: 13,")], ["2:44: input should be less than or equal to 12"], id="month"
    ),
    pytest.param(
        ["fiscal: {}"],
        [f"2:3: missing key '{key}'" for key in ("pattern", "year_end", "year_end_month", "year_end_weekday")],
        id="a fiscal year of nothing",
    ),
    pytest.param(
        ["occasions: {day: {ntth: 4, weekday: 4, month: 11}}"],
        ["2:15: missing key 'nth'", "2:21: unknown key 'ntth' (did you mean 'nth'?)"],
        id="key of a rule",
    ),
    pytest.param(
        ["occasions: {day: {nth: 4, weekday: 4, month: 11, day: 3}}"],
        ["2:52: unknown key 'day' (did you mean 'weekday'?)"],
        id="key of another rule",
    ),
    pytest.param(
        ["occasions: {day: {nth: 0, weekday: 4, month: 11}}"],
        ["2:26: no weekday of a month has the number 0: 1 is the first, -1 the last (did you mean '1'?)"],
        id="weekday number 0",
    ),
    pytest.param(
        ["occasions: {day: {month: 2, day: 30}}"],
        ["2:36: February has no day 30 (did you mean '29'?)"],
        id="no such date",
    ),
    pytest.param(
        ["occasions: {day: {dates: [2025-02-29]}}"],
        ["2:29: expected a date like 2020-01-31, not '2025-02-29'"],
        id="no such date in a list",
    ),
    pytest.param(
        ["occasions: {day: {dates: []}}"],
        ["2:28: an occasion has at least one date, like 2025-03-01"],
        id="an empty list",
    ),
    pytest.param(["occasions: {day: 11-11}"], [f"2:20: {RULES}"], id="no rule"),
    pytest.param(["occasions: {day: {}}"], [f"2:20: {RULES}"], id="an empty rule"),
    pytest.param(
        ["calendar_from: 1000-01-01"],
        ["2:18: input should be greater than or equal to 1583-01-01"],
        id="another calendar",
    ),
]


@pytest.mark.parametrize(("lines", "expected"), MISTAKES)
def test_mistakes(tmp_path: Path, lines: list[str], expected: list[str]) -> None:
    assert problems(tmp_path, *lines) == expected
