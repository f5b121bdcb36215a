"""What a run's report says for people."""

from __future__ import annotations

from datetime import date
from io import StringIO

from rich.console import Console

from lakehouse.cli.summary import print_days
from lakehouse.runs.day_states import DayState, State


def test_days_of_one_state_and_the_same_objects_are_one_line_and_what_follows_is_said_once() -> None:
    out = StringIO()
    lines, both = ("shop.lines",), ("shop.lines", "shop.orders")
    days = [
        DayState(date(2026, 3, 1), State.EMPTY, lines),
        DayState(date(2026, 3, 5), State.PARTIAL, both),
        DayState(date(2026, 3, 6), State.EMPTY, both),
        DayState(date(2026, 3, 8), State.EMPTY, lines),
    ]
    print_days(Console(file=out, width=80), days)
    assert out.getvalue().splitlines() == [
        "  2 days from 2026-03-01 to 2026-03-08 empty: shop.lines",
        "  2026-03-06 empty: shop.lines, shop.orders",
        f"    {State.EMPTY.explanation}",
        "  2026-03-05 partial: shop.lines, shop.orders",
        f"    {State.PARTIAL.explanation}",
    ]
