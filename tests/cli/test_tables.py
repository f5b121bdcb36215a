"""Answers as tables on a terminal."""

from __future__ import annotations

from datetime import date
from io import StringIO

import pytest
from rich.console import Console

from lakehouse.cli.tables import answer_table
from lakehouse.semantic.query import Calendar, Query
from tests.ask.test_written import given

MARCH = date(2026, 3, 1)


def shown(query: Query, *rows: tuple[object, ...]) -> list[list[str]]:
    out = StringIO()
    Console(file=out, width=120).print(answer_table(given(query, *rows)))
    lines = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in out.getvalue().splitlines()]
    return [line for line in lines if line]


def month(number: int, orders: int) -> tuple[object, ...]:
    start = date(2026, number, 1)
    return (start, start, start, orders, None, start)


@pytest.mark.parametrize(
    ("months", "expected"),
    [
        pytest.param(2, [["2026-01", "2026-02"], ["Total Orders", "1", "2"]], id="few periods are columns"),
        pytest.param(
            7,
            [["month", "Total Orders"], *([f"2026-0{n}", str(n)] for n in range(1, 8))],
            id="many periods are lines",
        ),
    ],
)
def test_periods(months: int, expected: list[list[str]]) -> None:
    rows = [month(number, number) for number in range(1, months + 1)]
    assert shown(Query(("total_orders",), Calendar.MONTH), *rows) == expected


def test_no_period_is_an_empty_table() -> None:
    assert shown(Query(("total_orders",), Calendar.MONTH)) == [["Total Orders"]]


def test_members_are_lines() -> None:
    row = (MARCH, MARCH, MARCH, "DE", 12, None, MARCH)
    assert shown(Query(("total_orders",), Calendar.MONTH, by=("country",)), row) == [
        ["month", "country", "Total Orders"],
        ["2026-03", "DE", "12"],
    ]


def test_what_has_not_arrived_is_not_called_undelivered() -> None:
    row = (MARCH, MARCH, MARCH, None, "not_arrived", None)
    assert shown(Query(("total_orders",), Calendar.MONTH), row)[1] == ["Total Orders", "(not arrived yet)"]
