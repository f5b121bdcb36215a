"""The generator's truth, computed apart from this library, comes out to the cent, however the files are delivered."""

from __future__ import annotations

import random
from copy import deepcopy
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from lakehouse.runs.report import Status
from tests.conftest import DEFAULT_ENGINE
from tests.runs.shops import Runner, Shop, differences, make_shop

PUBLISHED = ("gold", "kpi")
DAYS, ORDERS_PER_DAY, DIRT = 7, 30, 0.04


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(tmp_path_factory.mktemp("shop"), DAYS, ORDERS_PER_DAY, DIRT)


@pytest.fixture(scope="module")
def at_once(spark: SparkSession, engine: str, shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Runner:
    runner = Runner(spark, engine, tmp_path_factory.mktemp("lake") / "lake", shop.folder)
    runner.run()
    return runner


def test_every_number_is_the_truth(at_once: Runner, shop: Shop) -> None:
    assert list(differences(at_once, shop.truth)) == []


def test_a_wrong_number_is_told(at_once: Runner, shop: Shop) -> None:
    truth = deepcopy(shop.truth)
    kept = ("start", "member", "cohort_start", "period_start", "total_revenue", "cohort_customers")
    few: dict[str, Any] = {
        "grains": {grain: [_only(row, *kept) for row in rows] for grain, rows in truth["grains"].items()},
        "cohorts": [_only(row, *kept) for row in truth["cohorts"]],
        "by": {"country": [_only(row, *kept) for row in truth["by"]["country"] if row["member"] != "DE"]},
    }
    few["grains"]["week"][1]["total_revenue"] = "0.01"
    few["cohorts"][0]["cohort_customers"] = 99
    told = [text.split(":")[0] for text in differences(at_once, few)]
    week, cohort = few["grains"]["week"][1]["start"], few["cohorts"][0]["cohort_start"]
    months = [row["start"] for row in truth["grains"]["month"]]
    assert told == [
        f"week {week} total_revenue",
        f"month {cohort} {cohort} cohort_customers",
        *(f"month {month} DE total_revenue" for month in months),
    ]


def _only(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names if name in row}


def test_a_second_run_says_nothing_new_and_changes_nothing(at_once: Runner) -> None:
    before = at_once.snapshot().manifest
    report = at_once.run()
    assert report.status is Status.UNCHANGED
    assert at_once.snapshot().manifest == before


@pytest.mark.stories
def test_days_a_few_at_a_time_in_any_order_end_in_the_same_tables(
    spark: SparkSession, engine: str, at_once: Runner, shop: Shop, tmp_path: Path
) -> None:
    daily = Runner(spark, engine, tmp_path / "lake", tmp_path / "landing")
    days = list(shop.days)
    random.Random(5).shuffle(days)
    per_delivery = 2 if engine == DEFAULT_ENGINE else 4
    for first in range(0, len(days), per_delivery):
        shop.deliver(days[first : first + per_delivery], daily.landing)
        daily.run()
    assert list(differences(daily, shop.truth)) == []
    assert contents(daily) == contents(at_once)


def test_making_everything_anew_changes_no_table(at_once: Runner, shop: Shop) -> None:
    before = contents(at_once)
    report = at_once.run(full=True)
    assert report.rebuilt == "asked for by --full"
    assert contents(at_once) == before
    assert list(differences(at_once, shop.truth)) == []


def contents(runner: Runner) -> dict[str, pa.Table]:
    """Every gold and KPI table as published, its rows in order of its columns."""
    snapshot = runner.snapshot()
    tables = {name: snapshot.dataset(name).to_table() for name in snapshot.tables if name.startswith(PUBLISHED)}
    return {
        name: table.sort_by([(column, "ascending") for column in sorted(table.column_names)])
        for name, table in tables.items()
    }
