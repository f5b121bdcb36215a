"""All contestants write the truth, and the same tables: what is timed is the same work."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from benchmarks import plain_duckdb, plain_spark
from benchmarks.agreement import (
    KPIS,
    PlainLake,
    Written,
    comparable,
    months,
    totals,
    true_months,
    wrong_months,
    wrong_totals,
)
from lakehouse.generate import generate
from lakehouse.runs.workspace import CHECKOUT
from tests.runs.shops import Runner

FIRST_DAY, DAYS, ORDERS_PER_DAY = date(2026, 1, 15), 40, 12


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("landing")
    generate(folder, DAYS, ORDERS_PER_DAY, 7, FIRST_DAY)
    return folder


@pytest.fixture(scope="module")
def lakehouse(spark: SparkSession, engine: str, landing: Path, tmp_path_factory: pytest.TempPathFactory) -> Written:
    runner = Runner(spark, engine, tmp_path_factory.mktemp("lakehouse"), landing)
    runner.run()
    return runner.snapshot()


@pytest.fixture(scope="module")
def plain_on_spark(spark: SparkSession, landing: Path, tmp_path_factory: pytest.TempPathFactory) -> Written:
    lake = tmp_path_factory.mktemp("plain")
    plain_spark.build(spark, landing, lake)
    return PlainLake(lake)


@pytest.fixture(scope="module")
def plain_on_duckdb(landing: Path, tmp_path_factory: pytest.TempPathFactory) -> Written:
    lake = tmp_path_factory.mktemp("duckdb")
    plain_duckdb.build(landing, lake)
    return PlainLake(lake)


def test_the_nine_kpis_are_those_of_the_readme() -> None:
    headline = [
        line.split("`")[1] for line in (CHECKOUT.parent / "README.md").read_text().splitlines() if "| `" in line
    ]
    assert set(KPIS) <= set(headline)


@pytest.mark.parametrize("contestant", ["lakehouse", "plain_on_spark", "plain_on_duckdb"])
def test_every_month_is_the_truth(contestant: str, landing: Path, request: pytest.FixtureRequest, engine: str) -> None:
    written = request.getfixturevalue(contestant)
    assert list(wrong_months(true_months(landing / "truth.json"), months(written))) == []


@pytest.mark.parametrize("contestant", ["plain_on_spark", "plain_on_duckdb"])
def test_every_table_has_the_same_rows_and_sums(
    contestant: str, lakehouse: Written, request: pytest.FixtureRequest
) -> None:
    assert list(wrong_totals(totals(lakehouse), totals(request.getfixturevalue(contestant)))) == []


def test_a_month_without_all_its_visits_has_no_comparable_conversion_rate() -> None:
    numbers = {month: {"order_conversion_rate": 0.3, "total_orders": 5.0} for month in ("2025-11-01", "2025-12-01")}
    compared = comparable(numbers, "2025-12-01")
    assert compared["2025-11-01"] == {"order_conversion_rate": None, "total_orders": 5.0}
    assert compared["2025-12-01"] == numbers["2025-12-01"]


def test_a_wrong_month_is_told(landing: Path, tmp_path: Path) -> None:
    truth = json.loads((landing / "truth.json").read_text())
    truth["grains"]["month"][0]["total_revenue"] = "1.00"
    del truth["grains"]["month"][1]
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    right, wrong = true_months(landing / "truth.json"), true_months(tmp_path / "truth.json")
    told = list(wrong_months(right, wrong))
    assert told[0].startswith("total_revenue of 2026-01-01 is 1.0, and should be ")
    # A month of which some days were not delivered has no growth.
    assert len(told) == 1 + len(KPIS) - 1


@pytest.mark.parametrize(
    ("plain", "told"),
    [
        pytest.param({"rows": 2, "amount": 5.5}, [], id="all-alike"),
        pytest.param({"rows": 2}, ["orders has the columns ['rows'], and should have ['amount', 'rows']"], id="column"),
        pytest.param({"rows": 3, "amount": 5.5}, ["rows of orders adds up to 3, and should to 2"], id="row"),
        pytest.param({"rows": 2, "amount": 5.6}, ["amount of orders adds up to 5.6, and should to 5.5"], id="sum"),
    ],
)
def test_other_totals_are_told(plain: dict[str, float], told: list[str]) -> None:
    assert list(wrong_totals({"orders": {"rows": 2, "amount": 5.5}}, {"orders": plain})) == told
