"""`lakehouse query` and `lakehouse sql`: every grain, range and format."""

from __future__ import annotations

import io
import json
import re
from decimal import Decimal
from pathlib import Path
from shutil import copytree
from typing import Any

import duckdb
import pyarrow.csv
import pyarrow.parquet
import pytest

from lakehouse.grain import Grain
from lakehouse.runs.snapshot import open_snapshot
from lakehouse.settings import Storage
from tests.cli.command import CONF, Ended, contents, lakehouse, lakehouse_process
from tests.cli.conftest import PublishedShop

KPIS = ("total_orders", "total_revenue", "average_order_value", "payment_success_rate", "customer_acquisition_rate")


def query(lake: Path, *arguments: str) -> Ended:
    return lakehouse("query", *arguments, "--lake", lake, "--conf", CONF)


def number(value: Any) -> Decimal | None:
    """A number of the truth, which says of ratios what they are made of."""
    value = value["value"] if isinstance(value, dict) else value
    return None if value is None else Decimal(str(value))


@pytest.mark.parametrize("grain", Grain)
def test_every_grain_gives_the_truth(published_shop: PublishedShop, grain: Grain) -> None:
    rows = query(published_shop.lake, *KPIS, "--grain", grain, "--json").json
    expected = published_shop.truth["grains"][grain]
    assert len(rows) == {"day": 4, "week": 1}.get(grain, 2)
    assert [row["period_start"] for row in rows] == [period["start"] for period in expected]
    for row, period in zip(rows, expected, strict=True):
        for name in KPIS:
            assert Decimal(str(row[name])) == pytest.approx(number(period[name]), abs=Decimal("1e-9")), name


@pytest.mark.parametrize(
    ("arguments", "starts"),
    [
        pytest.param((), ["2025-12-30", "2025-12-31", "2026-01-01", "2026-01-02"], id="all"),
        pytest.param(("--from", "2025-12-31"), ["2025-12-31", "2026-01-01", "2026-01-02"], id="from"),
        pytest.param(("--to", "2025-12-31"), ["2025-12-30", "2025-12-31"], id="to, included"),
        pytest.param(("--from", "2025-12-31", "--to", "2026-01-01"), ["2025-12-31", "2026-01-01"], id="both"),
        pytest.param(("--from", "2026-01-01", "--grain", "year"), ["2026-01-01"], id="a year from its first day"),
        pytest.param(("--to", "2025-12-30", "--grain", "quarter"), ["2025-10-01"], id="a quarter to date"),
    ],
)
def test_range_of_days(lake: Path, arguments: tuple[str, ...], starts: list[str]) -> None:
    rows = query(lake, "total_orders", *arguments, "--json").json
    assert [row["period_start"] for row in rows] == starts


def test_period_to_date_counts_its_days_only(published_shop: PublishedShop) -> None:
    first_day = published_shop.truth["grains"]["day"][0]
    (row,) = query(published_shop.lake, "total_orders", "--grain", "year", "--to", first_day["start"], "--json").json
    assert row["total_orders"] == first_day["total_orders"]


IN_MONTHS = (*KPIS, "--grain", "month")


@pytest.fixture(scope="module")
def rows(lake: Path) -> list[dict[str, Any]]:
    """The one answer that is asked for in each format."""
    return list(query(lake, *IN_MONTHS, "--format", "json").json)


def test_format_json(lake: Path, rows: list[dict[str, Any]]) -> None:
    assert [row["period_start"] for row in rows] == ["2025-12-01", "2026-01-01"]
    assert isinstance(rows[0]["total_revenue"], str), "an amount is exact"
    assert query(lake, *IN_MONTHS, "--json").json == rows


def test_format_csv(lake: Path, rows: list[dict[str, Any]]) -> None:
    table = pyarrow.csv.read_csv(io.BytesIO(query(lake, *IN_MONTHS, "--format", "csv").raw))
    assert table.column_names == list(rows[0])
    for read, row in zip(table.to_pylist(), rows, strict=True):
        assert str(read["period_start"]) == row["period_start"]
        for name in KPIS:
            assert float(read[name]) == pytest.approx(float(row[name]))


def test_format_parquet(lake: Path, rows: list[dict[str, Any]]) -> None:
    table = pyarrow.parquet.read_table(io.BytesIO(query(lake, *IN_MONTHS, "--format", "parquet").raw))
    assert str(table.schema.field("total_revenue").type).startswith("decimal128(")
    assert json.loads(json.dumps(table.to_pylist(), default=str)) == rows


def test_format_table(lake: Path, rows: list[dict[str, Any]]) -> None:
    heading, *lines = query(lake, *IN_MONTHS, "--format", "table").out.splitlines()
    assert heading.split() == ["2025-12", "2026-01"]
    shown = {re.split(" {2,}", line)[0]: re.split(" {2,}", line)[1:] for line in lines}
    assert shown["Total Revenue"] == [f"{float(row['total_revenue']):,.2f} EUR" for row in rows]
    assert shown["Payment Success Rate"] == [f"{100 * float(row['payment_success_rate']):,.2f} %" for row in rows]


def test_why_there_is_no_value_is_said(lake: Path) -> None:
    (first, *_) = query(lake, "revenue_growth_rate", "--json").json
    assert (first["revenue_growth_rate"], first["revenue_growth_rate_reason"]) == (None, "no_history")
    assert "(no period before)" in query(lake, "revenue_growth_rate").out


def test_unknown_metrics_are_told_all_at_once_with_the_nearest(tmp_path: Path) -> None:
    ended = query(tmp_path / "no lake", "total_revenu", "orders", "zzz", "total_orders")
    assert ended.code == 2
    assert ended.err.splitlines() == [
        "error: metrics: unknown metric 'orders' (did you mean 'total_orders'?)",
        "metrics: unknown metric 'total_revenu' (did you mean 'total_revenue'?)",
        "metrics: unknown metric 'zzz'",
    ]


def test_range_that_ends_before_it_begins_is_2(lake: Path) -> None:
    ended = query(lake, "total_orders", "--from", "2026-01-02", "--to", "2026-01-01")
    assert ended.code == 2
    assert "the last day, 2026-01-01, is before the first, 2026-01-02" in ended.err


@pytest.mark.parametrize(
    ("lost", "message"),
    [
        ("kpi/kpi_orders_daily/_delta_log/*", "kpi/kpi_orders_daily is not there at version "),
        ("kpi/kpi_orders_daily/*.parquet", "a published table can not be read: "),
    ],
)
def test_lost_files_are_7(lake: Path, tmp_path: Path, lost: str, message: str) -> None:
    copy = tmp_path / "lake"
    for name, content in contents(lake).items():
        path = copy / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.relative_to(copy).match(lost):
            path.write_bytes(content)
    ended = query(copy, "total_orders")
    assert ended.code == 7
    assert message in ended.err
    assert ended.err.count("\n") == 1


def test_process_answers_without_an_engine(lake: Path) -> None:
    ended, engines = lakehouse_process("query", "total_orders", "--lake", lake, "--json", folder=CONF.parent)
    assert len(ended.json) == 4
    assert engines == set()


# ── sql ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_sql_is_what_the_query_answers_by(lake: Path) -> None:
    said = lakehouse("sql", "total_orders", "--grain", "month", "--conf", CONF, "--json").json
    assert said["dialect"] == "duckdb"
    assert said["sql"] + "\n" == lakehouse("sql", "total_orders", "--grain", "month", "--conf", CONF).out
    snapshot = open_snapshot(str(lake), Storage())
    with duckdb.connect() as connection:
        for table in said["tables"]:
            connection.register(table, snapshot.dataset(table))
        answer = [row[3] for row in connection.sql(said["sql"]).fetchall()]
    assert answer == [row["total_orders"] for row in query(lake, "total_orders", "--grain", "month", "--json").json]


def test_sql_speaks_another_dialect() -> None:
    asked = ("sql", "average_order_value", "--grain", "week", "--conf", CONF)
    duckdb_sql, spark_sql = (lakehouse(*asked, "--dialect", dialect).out for dialect in ("duckdb", "spark"))
    assert "NULLS LAST" in spark_sql
    assert spark_sql.replace(" NULLS LAST", "") == duckdb_sql


def test_sql_of_an_unknown_metric_is_2() -> None:
    ended = lakehouse("sql", "total_ordrs", "--conf", CONF)
    assert (ended.code, ended.out) == (2, "")
    assert "did you mean 'total_orders'?" in ended.err


DEFINED_SINCE = """
  new_customer_revenue:
    type: simple
    business_name: New Customer Revenue
    description: Total Revenue of the orders that were their customer's first.
    measure: {table: fact_orders, date: order_date, aggregate: sum, field: total_amount, where: [is_first_order]}
    format: currency
"""
OTHER_MART = "title: Loyalty\ndescription: Who comes back.\nowner: finance\nmetrics:"


@pytest.mark.parametrize("mart", ["revenue", "loyalty"])
def test_what_is_defined_and_no_run_has_made_is_measured_in_the_facts(lake: Path, tmp_path: Path, mart: str) -> None:
    copytree(CONF, tmp_path / "conf")
    definitions = tmp_path / "conf" / "metrics" / f"{mart}.yml"
    before = definitions.read_text() if definitions.exists() else OTHER_MART
    definitions.write_text(before + DEFINED_SINCE)
    asked = ("query", "total_revenue", "new_customer_revenue", "--grain", "total", "--json")
    (row,) = lakehouse(*asked, "--lake", lake, "--conf", tmp_path / "conf").json
    assert 0 < Decimal(row["new_customer_revenue"]) <= Decimal(row["total_revenue"])


# ── by dimensions, beside other periods ──────────────────────────────────────────────────────────────────────────────


def test_parts_add_up_to_the_whole(lake: Path) -> None:
    (whole,) = query(lake, "total_revenue", "--grain", "total", "--json").json
    for dimension in ("country", "product_category", "gender", "order_hour", "customer_segment"):
        parts = query(lake, "total_revenue", "--by", dimension, "--grain", "total", "--json").json
        assert sum(Decimal(part["total_revenue"]) for part in parts) == Decimal(whole["total_revenue"]), dimension


def test_a_condition_an_order_and_a_limit(lake: Path) -> None:
    asked = ("total_orders", "--by", "country", "--grain", "total", "--where", "sales_channel <> 'store'")
    rows = query(lake, *asked, "--order", "-total_orders", "--limit", "2", "--json").json
    assert len(rows) == 2
    assert rows[0]["total_orders"] >= rows[1]["total_orders"]


def test_beside_other_periods(lake: Path) -> None:
    asked = (
        "total_orders",
        "--compare",
        "previous_period",
        "--compare",
        "same_weekday_last_year",
        "--from",
        "2025-12-31",
    )
    first, *_ = query(lake, *asked, "--json").json
    assert first["total_orders_previous_period"] is not None
    assert first["total_orders_same_weekday_last_year_growth_reason"] == "no_history"
    shown = query(lake, *asked).out
    assert "(no period before)" in shown
    assert "Total Orders, previous period" in shown


def test_from_facts_as_from_kpi_tables(lake: Path) -> None:
    asked = (*KPIS, "revenue_growth_rate", "customer_retention_rate", "--grain", "month", "--json")
    assert query(lake, *asked, "--source", "facts").json == query(lake, *asked).json


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--by", "contry"), "by: unknown dimension 'contry' (did you mean 'country'?)"),
        (("--by", "payment_method"), "can not be broken down by payment_method"),
        (("--where", "country = DE"), "'country' is string, and DE is not (did you mean ''DE''?)"),
        (("--compare", "last_year"), "unknown comparison 'last_year'"),
        (("--limit", "0"), "a limit is 1 or more"),
        (("--engine", "dukdb"), "unknown engine 'dukdb'"),
    ],
    ids=["dimension", "fan-out", "condition", "comparison", "limit", "engine"],
)
def test_a_question_without_an_answer_is_2(lake: Path, arguments: tuple[str, ...], message: str) -> None:
    ended = query(lake, "total_revenue", *arguments)
    assert ended.code == 2
    assert message in ended.err
    assert "Traceback" not in ended.err
