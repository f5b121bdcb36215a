"""What is said of values for people, beside the values."""

from __future__ import annotations

from datetime import date
from io import StringIO

import pyarrow as pa
import pytest
from rich.console import Console

from lakehouse.cli.summary import print_days
from lakehouse.cli.values import by_period, cut_short
from lakehouse.runs.ask import Answer
from lakehouse.runs.day_states import DayState, State
from lakehouse.semantic.compile import compile_query
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.query import Query
from lakehouse.settings import Grain
from tests.cli.command import CONF

LAST = date(2026, 3, 5)


def answer(until: date | None, number: int | None, why: str | None) -> Answer:
    compiled = compile_query(Query(("total_orders",), Grain.MONTH), load_metrics(CONF / "metrics"))
    values = (date(2026, 3, 1), date(2026, 3, 1), LAST, number, why, until)
    return Answer(compiled, pa.Table.from_pylist([dict(zip(compiled.columns, values, strict=True))]))


@pytest.mark.parametrize(
    ("until", "number", "why", "sentences"),
    [
        pytest.param(LAST, 7, None, [], id="all of it"),
        pytest.param(
            date(2026, 3, 3),
            7,
            None,
            [
                (
                    "Total Orders of 2026-03 is that up to 2026-03-03: "
                    "what it needs of the days up to 2026-03-05 has not all arrived"
                )
            ],
            id="cut short",
        ),
        pytest.param(None, None, "not_arrived", [], id="no value says so itself"),
    ],
)
def test_a_value_that_is_cut_short_says_so(
    until: date | None, number: int | None, why: str | None, sentences: list[str]
) -> None:
    assert cut_short(answer(until, number, why)) == sentences


def test_what_has_not_arrived_is_not_called_undelivered() -> None:
    out = StringIO()
    Console(file=out, width=80).print(by_period(answer(None, None, "not_arrived"), "EUR"))
    assert "(not arrived yet)" in out.getvalue()


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
