"""Questions asked of small KPI tables that are given as rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import duckdb

from lakehouse.gold import dim_dates
from lakehouse.semantic.compiler.compile import compile_query
from lakehouse.semantic.definition import Simple
from lakehouse.semantic.facts import FACTS
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Query
from lakehouse.settings import Business

CALENDAR = dim_dates.rows(Business(calendar_from=date(2025, 1, 1), calendar_to=date(2026, 12, 31)))
Known = Mapping[str, tuple[date, date] | tuple[None, None]]
ALWAYS = (date(2026, 1, 1), date(2026, 12, 31))
NEVER = (None, None)
REVENUE = ("total_revenue",)


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def answer(
    metrics: Metrics,
    query: Query,
    tables: Mapping[str, list[dict[str, Any]]],
    types: str = "DECIMAL(18,2)",
    known: Known | None = None,
) -> list[dict[str, Any]]:
    """The rows of the answer, from KPI tables given as rows; `known` are from when to when facts are.

    A null of a day that its fact is known up to says that the day is missing.
    """
    days_ = [row["calendar_date"] for rows in tables.values() for row in rows]
    connection = lake(known or {}, (min(days_), max(days_)), _missing(metrics, tables))
    for name, rows in tables.items():
        columns = [name for name in rows[0] if name != "calendar_date"]
        declared = ", ".join(f"{column} {types}" for column in columns)
        connection.execute(f"CREATE TABLE {name} (calendar_date DATE, {declared})")
        connection.executemany(
            f"INSERT INTO {name} VALUES (?{', ?' * len(columns)})",
            [[row["calendar_date"], *(row[column] for column in columns)] for row in rows],
        )
    compiled = compile_query(query, metrics)
    assert set(compiled.tables) == {"dim_dates", "coverage", "missing_days", *tables}
    result = connection.sql(compiled.sql()).to_arrow_table()
    assert tuple(result.column_names) == compiled.columns
    return list(result.to_pylist())


def _missing(metrics: Metrics, tables: Mapping[str, list[dict[str, Any]]]) -> set[tuple[str, date]]:
    fact_of = {
        column: metric.definition.measure.table
        for metric in metrics.metrics
        if isinstance(metric.definition, Simple)
        for column in metric.columns
    }
    return {
        (fact_of[column], row["calendar_date"])
        for rows in tables.values()
        for row in rows
        for column, value in row.items()
        if value is None
    }


def lake(
    known: Known, span: tuple[date, date] | tuple[None, None] = NEVER, missing: Iterable[tuple[str, date]] = ()
) -> duckdb.DuckDBPyConnection:
    """The calendar, and facts that are known from one day to another, or for the lake's `span`."""
    connection = duckdb.connect()
    connection.register("dim_dates", CALENDAR)
    connection.execute("CREATE TABLE missing_days (table_name VARCHAR, calendar_date DATE)")
    connection.execute(
        "CREATE TABLE coverage (table_name VARCHAR, first_date DATE, last_date DATE, first_known_date DATE, "
        "last_known_date DATE)"
    )
    connection.executemany("INSERT INTO missing_days VALUES (?, ?)", [["", ALWAYS[0]], *map(list, missing)])
    rows = [[name, *span, *known.get(name, span)] for name in FACTS]
    connection.executemany("INSERT INTO coverage VALUES (?, ?, ?, ?, ?)", rows)
    return connection


def revenue(values: Mapping[str, float | None]) -> list[dict[str, Any]]:
    return [{"calendar_date": day(text), "total_revenue": value} for text, value in values.items()]


def days(first: str, last: str, value: float | None) -> dict[str, float | None]:
    start, count = day(first), (day(last) - day(first)).days + 1
    return {(start + timedelta(days=n)).strftime("%m-%d"): value for n in range(count)}
