"""Compiled queries: their text in each dialect, and their answers on small KPI tables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lakehouse.errors import ConfigurationError
from lakehouse.gold import dim_dates
from lakehouse.semantic.compile import compile_query
from lakehouse.semantic.facts import FACTS
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Dialect, Query
from lakehouse.settings import Business, Grain

GOLDEN = Path(__file__).parent / "golden"
CALENDAR = dim_dates.rows(Business(calendar_from=date(2025, 1, 1), calendar_to=date(2026, 12, 31)))
NINE = (
    "total_revenue",
    "average_order_value",
    "revenue_growth_rate",
    "total_orders",
    "order_conversion_rate",
    "total_payments",
    "payment_success_rate",
    "customer_acquisition_rate",
    "customer_retention_rate",
)


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
    """The rows of the answer, from KPI tables given as rows; `known` are from when to when facts are."""
    connection = lake(known or {})
    for name, rows in tables.items():
        columns = [name for name in rows[0] if name != "calendar_date"]
        declared = ", ".join(f"{column} {types}" for column in columns)
        connection.execute(f"CREATE TABLE {name} (calendar_date DATE, {declared})")
        connection.executemany(
            f"INSERT INTO {name} VALUES (?{', ?' * len(columns)})",
            [[row["calendar_date"], *(row[column] for column in columns)] for row in rows],
        )
    compiled = compile_query(query, metrics)
    assert set(compiled.tables) == {"dim_dates", "coverage", *tables}
    result = connection.sql(compiled.sql()).to_arrow_table()
    assert tuple(result.column_names) == compiled.columns
    return list(result.to_pylist())


def lake(known: Known) -> duckdb.DuckDBPyConnection:
    """The calendar, and facts that are known from one day to another, or as far as anybody asks."""
    connection = duckdb.connect()
    connection.register("dim_dates", CALENDAR)
    connection.execute("CREATE TABLE coverage (table_name VARCHAR, first_known_date DATE, last_known_date DATE)")
    rows = [[name, *known.get(name, ALWAYS)] for name in FACTS]
    connection.executemany("INSERT INTO coverage VALUES (?, ?, ?)", rows)
    return connection


def revenue(values: Mapping[str, float | None]) -> list[dict[str, Any]]:
    return [{"calendar_date": day(text), "total_revenue": value} for text, value in values.items()]


def days(first: str, last: str, value: float | None) -> dict[str, float | None]:
    start, count = day(first), (day(last) - day(first)).days + 1
    return {(start + timedelta(days=n)).strftime("%m-%d"): value for n in range(count)}


@pytest.mark.parametrize("dialect", list(Dialect))
def test_golden_sql_of_the_nine_kpis_by_month(metrics: Metrics, dialect: Dialect) -> None:
    query = Query(NINE, Grain.MONTH, date(2026, 1, 1), date(2026, 6, 30))
    sql = compile_query(query, metrics).sql(dialect) + "\n"
    golden = GOLDEN / f"nine_kpis_by_month.{dialect}.sql"
    if "UPDATE_GOLDEN" in os.environ:
        golden.write_text(sql)
    assert sql == golden.read_text()


def test_only_the_tables_of_the_metrics_are_read(metrics: Metrics) -> None:
    def tables(*names: str) -> tuple[str, ...]:
        calendar, coverage, *kpis = compile_query(Query(names), metrics).tables
        assert (calendar, coverage) == ("dim_dates", "coverage")
        return tuple(kpis)

    assert tables("average_order_value") == ("kpi_revenue_daily",)
    assert tables("total_orders") == ("kpi_orders_daily",)
    assert tables("average_order_value", "total_orders") == ("kpi_revenue_daily",)
    assert tables("visitors", "customer_retention_rate") == ("kpi_orders_daily", "kpi_customers_daily")


def test_days_add_up_and_types_stay(metrics: Metrics) -> None:
    rows = answer(
        metrics,
        Query(("total_revenue",), Grain.WEEK),
        {"kpi_revenue_daily": revenue({"01-05": 1.1, "01-06": 2.2, "01-12": 3})},
    )
    assert [(row["period_start"], row["first_date"], row["last_date"], row["total_revenue"]) for row in rows] == [
        (day("01-05"), day("01-05"), day("01-06"), Decimal("3.30")),
        (day("01-12"), day("01-12"), day("01-12"), Decimal("3.00")),
    ]


GROWTH_CASES = [
    pytest.param(
        days("01-01", "03-31", 1), [(None, "no_history"), (28 / 31 - 1, None), (31 / 28 - 1, None)], id="whole months"
    ),
    pytest.param(
        {**days("01-01", "01-31", 2), **days("02-01", "02-28", 0), **days("03-01", "03-02", 5)},
        [(None, "no_history"), (-1.0, None), (None, "previous_zero")],
        id="a month without sales is zero, and nothing can be compared with it",
    ),
    pytest.param(
        {**days("01-01", "02-28", 0)}, [(None, "no_history"), (None, "previous_zero")], id="nothing after nothing"
    ),
    pytest.param(
        {**days("01-01", "01-31", -1), **days("02-01", "02-28", 1)},
        [(None, "no_history"), (None, "previous_negative")],
        id="more refunds than sales before",
    ),
    pytest.param(
        {**days("01-01", "01-31", None), **days("02-01", "02-28", 1), **days("03-01", "03-31", 1)},
        [(None, "no_data"), (None, "no_history"), (31 / 28 - 1, None)],
        id="delivered since February",
    ),
    pytest.param(
        {**days("01-01", "01-31", 1), **days("03-01", "03-31", 1)},
        [(None, "no_history"), (None, "no_data"), (None, "no_history")],
        id="a month that is absent is not skipped",
    ),
    pytest.param(
        {**days("01-01", "01-31", 1), **days("02-01", "02-28", None), **days("03-01", "03-31", 1)},
        [(None, "no_history"), (None, "not_arrived"), (None, "not_arrived")],
        id="a month whose files are missing",
    ),
]


@pytest.mark.parametrize(("values", "expected"), GROWTH_CASES)
def test_growth_by_month(
    metrics: Metrics, values: dict[str, float | None], expected: list[tuple[float | None, str | None]]
) -> None:
    first = min(day(text) for text, value in values.items() if value is not None)
    query, tables = Query(("revenue_growth_rate",), Grain.MONTH), {"kpi_revenue_daily": revenue(values)}
    rows = answer(metrics, query, tables, known={"fact_orders": (first, ALWAYS[1])})
    found = [(row["revenue_growth_rate"], row["revenue_growth_rate_reason"]) for row in rows]
    assert found == [(value if value is None else pytest.approx(value, rel=1e-12), why) for value, why in expected]


def test_growth_in_a_range_compares_with_the_period_before_it(metrics: Metrics) -> None:
    query = Query(("revenue_growth_rate", "total_revenue"), Grain.DAY, day("01-02"), day("01-03"))
    rows = answer(metrics, query, {"kpi_revenue_daily": revenue({"01-01": 1, "01-02": 2, "01-03": 1, "01-04": 9})})
    assert [(row["period_start"], row["revenue_growth_rate"]) for row in rows] == [
        (day("01-02"), 1.0),
        (day("01-03"), -0.5),
    ]


RANGES = [
    pytest.param(
        None,
        None,
        [("01-05", "01-07", "01-11", 5), ("01-12", "01-12", "01-18", 7), ("01-19", "01-19", "01-20", 2)],
        id="all",
    ),
    pytest.param(
        day("01-14"), None, [("01-12", "01-12", "01-18", 7), ("01-19", "01-19", "01-20", 2)], id="first period is whole"
    ),
    pytest.param(
        None,
        day("01-14"),
        [("01-05", "01-07", "01-11", 5), ("01-12", "01-12", "01-14", 3)],
        id="last period is to date",
    ),
    pytest.param(day("01-14"), day("01-15"), [("01-12", "01-12", "01-15", 4)], id="within one period"),
    pytest.param(
        day("01-19"),
        day("02-01"),
        [("01-19", "01-19", "01-20", 2), ("01-26", None, None, None)],
        id="beyond what is covered",
    ),
    pytest.param(
        day("01-01"),
        day("01-08"),
        [("2025-12-29", None, None, None), ("01-05", "01-07", "01-08", 2)],
        id="before what is covered",
    ),
    pytest.param(date(1990, 1, 1), date(1990, 12, 31), [], id="outside the calendar"),
]


@pytest.mark.parametrize(("start", "end", "expected"), RANGES)
def test_range_of_weeks(
    metrics: Metrics, start: date | None, end: date | None, expected: list[tuple[str | None, ...]]
) -> None:
    rows = answer(
        metrics,
        Query(("total_revenue",), Grain.WEEK, start, end),
        {"kpi_revenue_daily": revenue(days("01-07", "01-20", 1))},
    )

    def short(value: date | None) -> str | None:
        return None if value is None else value.isoformat().removeprefix("2026-")

    assert [
        (short(row["period_start"]), short(row["first_date"]), short(row["last_date"]), row["total_revenue"])
        for row in rows
    ] == expected
    assert [row["total_revenue_reason"] for row in rows] == [
        None if row[3] is not None else "no_data" for row in expected
    ]


def test_what_has_not_arrived_is_no_part_of_its_period_and_the_period_says_so(metrics: Metrics) -> None:
    values = {**days("01-30", "02-02", 1), **days("02-03", "03-01", None)}
    rows = answer(
        metrics,
        Query(("total_revenue", "revenue_growth_rate"), Grain.MONTH),
        {"kpi_revenue_daily": revenue(values)},
        known={"fact_orders": (day("01-30"), day("02-02"))},
    )
    assert [(row["last_date"], row["total_revenue"], row["total_revenue_until"]) for row in rows] == [
        (day("01-31"), 2, day("01-31")),
        (day("02-28"), 2, day("02-02")),
        (day("03-01"), None, None),
    ]
    assert [row["total_revenue_reason"] for row in rows] == [None, None, "not_arrived"]
    assert [(row["revenue_growth_rate_reason"], row["revenue_growth_rate_until"]) for row in rows] == [
        ("no_history", day("01-31")),
        (None, day("02-02")),
        ("not_arrived", None),
    ]


@pytest.mark.parametrize(
    ("known", "why"),
    [
        pytest.param({"fact_sessions": NEVER}, "no_data", id="nobody delivers visits"),
        pytest.param({"fact_sessions": (day("01-03"), day("01-09"))}, "no_data", id="visits since the day after"),
        pytest.param({"fact_sessions": (day("01-01"), day("01-01"))}, "not_arrived", id="no visits yet"),
        pytest.param({"fact_orders": (day("01-01"), day("01-01"))}, "not_arrived", id="no orders yet"),
        pytest.param({}, "not_arrived", id="neither this day though later ones"),
        pytest.param({"fact_payments": NEVER}, "not_arrived", id="payments are no part of it"),
        pytest.param(
            {"fact_payments": (day("01-01"), day("01-01")), "fact_sessions": NEVER},
            "no_data",
            id="nor if they are late",
        ),
    ],
)
def test_why_a_ratio_is_not_known(metrics: Metrics, known: Known, why: str) -> None:
    kpi = [{"calendar_date": day("01-02"), "online_orders": None, "visitors_of_day": None}]
    (row,) = answer(metrics, Query(("order_conversion_rate",)), {"kpi_orders_daily": kpi}, "BIGINT", known)
    assert (row["order_conversion_rate"], row["order_conversion_rate_reason"]) == (None, why)


WITH_A_HOLE = {**days("01-01", "01-04", 1), **days("01-05", "01-11", None), **days("01-12", "01-22", 1)}
MISSING = [
    pytest.param(Query(REVENUE, Grain.DAY, day("01-04"), day("01-05")), [(1, None), (None, "not_arrived")], id="a day"),
    pytest.param(
        Query(REVENUE, Grain.WEEK), [(4, None), (None, "not_arrived"), (7, None), (4, None)], id="a week of such days"
    ),
    pytest.param(Query(REVENUE, Grain.MONTH), [(15, None)], id="a month is of its other days"),
]


@pytest.mark.parametrize(("query", "expected"), MISSING)
def test_what_is_missing_between_days_that_came(
    metrics: Metrics, query: Query, expected: list[tuple[int | None, str | None]]
) -> None:
    rows = answer(metrics, query, {"kpi_revenue_daily": revenue(WITH_A_HOLE)})
    assert [(row["total_revenue"], row["total_revenue_reason"]) for row in rows] == expected


def test_a_period_that_begins_before_all_is_known_and_goes_on_with_what_is_missing(metrics: Metrics) -> None:
    tables = {"kpi_revenue_daily": revenue(days("01-18", "01-21", None))}
    known = {"fact_orders": (day("01-20"), day("03-01"))}
    by_day = answer(metrics, Query(REVENUE), tables, known=known)
    assert [row["total_revenue_reason"] for row in by_day] == ["no_data", "no_data", "not_arrived", "not_arrived"]
    (month,) = answer(metrics, Query(REVENUE, Grain.MONTH), tables, known=known)
    assert month["total_revenue_reason"] == "not_arrived"
    (to_date,) = answer(metrics, Query(REVENUE, Grain.MONTH, end=day("01-19")), tables, known=known)
    assert to_date["total_revenue_reason"] == "no_data"


def test_lake_without_a_day_has_no_period(metrics: Metrics) -> None:
    connection = lake({})
    connection.execute("CREATE TABLE kpi_revenue_daily (calendar_date DATE, total_revenue DECIMAL(18,2))")
    sql = compile_query(Query(("total_revenue", "revenue_growth_rate"), Grain.MONTH), metrics).sql()
    assert connection.execute(sql).fetchall() == []


RATIOS = [
    pytest.param(6, 4, 1.5, None, id="both known"),
    pytest.param(0, 4, 0.0, None, id="measured and none"),
    pytest.param(0, 0, None, "zero_denominator", id="nobody came"),
    pytest.param(3, 0, None, "zero_denominator", id="orders without visitors"),
    pytest.param(3, None, None, "no_data", id="no data on visitors"),
    pytest.param(None, 4, None, "no_data", id="no data on orders"),
]


@pytest.mark.parametrize(("above", "below", "value", "why"), RATIOS)
def test_ratio(metrics: Metrics, above: int | None, below: int | None, value: float | None, why: str | None) -> None:
    kpi = [{"calendar_date": day("01-01"), "online_orders": above, "visitors_of_year": below}]
    known = {"fact_orders": NEVER, "fact_sessions": NEVER}
    query = Query(("order_conversion_rate",), Grain.YEAR)
    (row,) = answer(metrics, query, {"kpi_orders_daily": kpi}, "BIGINT", known)
    assert (row["order_conversion_rate"], row["order_conversion_rate_reason"]) == (value, why)


def test_ratio_is_of_sums_and_not_of_ratios(metrics: Metrics) -> None:
    kpi = [
        {"calendar_date": day("01-01"), "total_revenue": 100, "total_orders": 1},
        {"calendar_date": day("01-02"), "total_revenue": 100, "total_orders": 99},
    ]
    (row,) = answer(metrics, Query(("average_order_value",), Grain.MONTH), {"kpi_revenue_daily": kpi})
    assert row["average_order_value"] == 2.0


@pytest.mark.parametrize("grain", list(Grain))
def test_distinct_count_reads_the_column_of_its_grain(metrics: Metrics, grain: Grain) -> None:
    counts = {f"active_customers_of_{other}": n for n, other in enumerate(Grain, start=1)}
    kpi = [{"calendar_date": day("01-01"), **counts}]
    (row,) = answer(metrics, Query(("active_customers",), grain), {"kpi_customers_daily": kpi}, types="BIGINT")
    assert row["active_customers"] == counts[f"active_customers_of_{grain}"]


def test_derived_metric_is_unknown_where_a_part_is(metrics: Metrics) -> None:
    kpi = [
        {"calendar_date": day("01-01"), "total_revenue": 5, "refunds": 7},
        {"calendar_date": day("01-02"), "total_revenue": 5, "refunds": None},
    ]
    rows = answer(metrics, Query(("net_revenue",)), {"kpi_revenue_daily": kpi})
    assert [(row["net_revenue"], row["net_revenue_reason"]) for row in rows] == [
        (Decimal("-2.00"), None),
        (None, "not_arrived"),
    ]


def test_order_of_metrics_is_kept_and_repeats_count_once(metrics: Metrics) -> None:
    compiled = compile_query(Query(("sessions", "revenue_growth_rate", "sessions", "total_orders")), metrics)
    assert [metric.name for metric in compiled.metrics] == ["sessions", "revenue_growth_rate", "total_orders"]
    assert compiled.columns[3:] == (
        "sessions",
        "sessions_reason",
        "sessions_until",
        "revenue_growth_rate",
        "revenue_growth_rate_reason",
        "revenue_growth_rate_until",
        "total_orders",
        "total_orders_reason",
        "total_orders_until",
    )


def test_extremes_growth_of_a_ratio_and_sums_of_sums(tmp_path: Path) -> None:
    common = "business_name: A, description: A., type"
    orders = "table: fact_orders, date: order_date"
    (tmp_path / "shop.yml").write_text(
        f"""
title: Shop
description: The shop.
owner: sales
metrics:
  largest: {{{common}: simple, measure: {{{orders}, aggregate: max, field: total_amount}}, format: currency}}
  smallest: {{{common}: simple, measure: {{{orders}, aggregate: min, field: total_amount}}, format: currency}}
  orders: {{{common}: simple, measure: {{{orders}, aggregate: count}}, format: count}}
  spread: {{{common}: derived, add: [largest], subtract: [smallest], format: currency}}
  twice: {{{common}: derived, add: [spread, spread], format: currency}}
  mean: {{{common}: ratio, numerator: spread, denominator: orders, format: currency}}
  change: {{{common}: growth, of: mean, format: percent}}
"""
    )
    kpi: list[dict[str, Any]] = [
        {"calendar_date": day("01-01"), "largest": 5, "smallest": 1, "orders": 2},
        {"calendar_date": day("01-31"), "largest": 9, "smallest": 3, "orders": 2},
        {"calendar_date": day("02-01"), "largest": None, "smallest": None, "orders": 0},
        {"calendar_date": day("03-01"), "largest": 4, "smallest": 4, "orders": 1},
        {"calendar_date": day("04-01"), "largest": 4, "smallest": 2, "orders": 1},
        {"calendar_date": day("05-01"), "largest": 4, "smallest": 1, "orders": 1},
    ]
    names = ("largest", "smallest", "twice", "mean", "change")
    rows = answer(load_metrics(tmp_path), Query(names, Grain.MONTH), {"kpi_shop_daily": kpi})
    assert [tuple(row[name] for name in names) for row in rows] == [
        (9, 1, 16, 2.0, None),
        (None, None, None, None, None),
        (4, 4, 0, 0.0, None),
        (4, 2, 4, 2.0, None),
        (4, 1, 6, 3.0, 0.5),
    ]
    assert [(row["largest_reason"], row["mean_reason"], row["change_reason"]) for row in rows] == [
        (None, None, "no_history"),
        ("no_data", "no_data", "no_data"),
        (None, None, "no_history"),
        (None, None, "previous_zero"),
        (None, None, None),
    ]


@pytest.mark.parametrize(
    ("names", "start", "end", "message"),
    [
        pytest.param((), None, None, "no metric is asked for", id="no metric"),
        pytest.param(("total_revenue",), day("02-01"), day("01-31"), "is before the first", id="ends before it begins"),
        pytest.param(("total_revenu",), None, None, "did you mean 'total_revenue'", id="unknown metric"),
    ],
)
def test_questions_without_an_answer(
    metrics: Metrics, names: tuple[str, ...], start: date | None, end: date | None, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message) as raised:
        compile_query(Query(names, Grain.DAY, start, end), metrics)
    assert raised.value.exit_code == 2
