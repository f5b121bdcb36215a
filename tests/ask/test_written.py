"""How values and periods are written for people."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NoReturn

import pyarrow as pa
import pytest

from lakehouse.ask.answer import Answer
from lakehouse.ask.written import REASONS, Written, period, value
from lakehouse.semantic.comparison import Comparison
from lakehouse.semantic.compiler.compile import compile_query
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Calendar, Dialect, Query
from lakehouse.semantic.reason import Reason
from tests.cli.command import CONF

LAST = date(2026, 3, 5)
METRICS = load_metrics(CONF / "metrics")


class Given:
    """An engine whose answer is given."""

    dialect = Dialect.DUCKDB

    def __init__(self, rows: pa.Table) -> None:
        self.rows = rows

    def run(self, sql: str, tables: object) -> pa.Table:  # noqa: ARG002
        return self.rows


def no_spark() -> NoReturn:
    raise AssertionError("no engine is asked for")


def given(query: Query, *rows: tuple[object, ...], metrics: Metrics = METRICS) -> Answer:
    """The answer to a question with these rows."""
    compiled = compile_query(query, metrics)
    table = pa.Table.from_pylist([dict(zip(compiled.columns, row, strict=True)) for row in rows])
    return Answer(compiled, Given(table), "EUR", no_spark)


def answer(until: date | None, number: int | None, why: str | None) -> Answer:
    row = (date(2026, 3, 1), date(2026, 3, 1), LAST, number, why, until)
    return given(Query(("total_orders",), Calendar.MONTH), row)


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
    assert Written(answer(until, number, why)).cut_short() == sentences


@pytest.mark.parametrize(
    ("grain", "start", "first", "last", "sentences"),
    [
        pytest.param(Calendar.MONTH, None, date(2026, 2, 1), date(2026, 2, 28), [], id="whole"),
        pytest.param(
            Calendar.MONTH,
            None,
            date(2026, 3, 1),
            LAST,
            ["2026-03 is of its days up to 2026-03-05"],
            id="not over",
        ),
        pytest.param(
            Calendar.WEEK,
            date(2026, 3, 4),
            date(2026, 3, 2),
            date(2026, 3, 8),
            ["2026-W10 is told as a whole, from 2026-03-02 on"],
            id="begun before",
        ),
        pytest.param(
            Calendar.QUARTER, None, date(2026, 1, 1), LAST, ["2026-Q1 is of its days up to 2026-03-05"], id="quarter"
        ),
        pytest.param(Calendar.DAY, None, LAST, LAST, [], id="a day is whole"),
    ],
)
def test_a_period_at_the_edge_says_what_it_is_of(
    grain: Calendar, start: date | None, first: date, last: date, sentences: list[str]
) -> None:
    written = Written(given(Query(("total_orders",), grain, start), (first, first, last, 7, None, last)))
    assert written.edges() == sentences


def test_every_reason_has_words() -> None:
    assert REASONS.keys() == set(Reason)


@pytest.mark.parametrize(
    ("name", "number", "why", "written"),
    [
        ("total_revenue", Decimal("1234.50"), None, "1,234.50 EUR"),
        ("total_orders", 1234, None, "1,234"),
        ("items_per_order", 2.345, None, "2.35"),
        ("payment_success_rate", 0.9876, None, "98.76 %"),
        ("total_revenue", None, "not_arrived", "(not arrived yet)"),
        ("revenue_growth_rate", None, "incomplete_period", "(days are missing)"),
    ],
)
def test_a_value_is_written_in_its_format(
    name: str, number: Decimal | float | None, why: str | None, written: str
) -> None:
    assert value(METRICS.by_name[name], number, why, "EUR") == written


@pytest.mark.parametrize(
    ("grain", "written"),
    [
        (Calendar.DAY, "2026-01-01"),
        (Calendar.WEEK, "2026-W01"),
        (Calendar.MONTH, "2026-01"),
        (Calendar.QUARTER, "2026-Q1"),
        (Calendar.YEAR, "2026"),
        (Calendar.FISCAL_MONTH, "2026-01-01"),
        (Calendar.TOTAL, "since 2026-01-01"),
    ],
)
def test_a_period_has_a_short_name(grain: Calendar, written: str) -> None:
    assert period(date(2026, 1, 1), grain) == written


def test_a_comparison_stands_beside_the_value_with_its_sign() -> None:
    first = date(2026, 3, 1)
    row = (first, first, LAST, "DE", 12, None, LAST, 10, None, 0.2, None)
    query = Query(("total_orders",), Calendar.MONTH, by=("country",), compare=(Comparison.parse("previous_year"),))
    written = Written(given(query, row))
    assert written.headings == ("month", "country", "Total Orders", "Total Orders, previous year", "change")
    assert written.lines() == [["2026-03", "DE", "12", "10", "+20.00 %"]]


def test_members_that_have_no_value_are_a_dash() -> None:
    row = (date(2026, 3, 1), date(2026, 3, 1), LAST, None, 12, None, LAST)
    assert Written(given(Query(("total_orders",), Calendar.MONTH, by=("gender",)), row)).lines()[0][1] == "–"
