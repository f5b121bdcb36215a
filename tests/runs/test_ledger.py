"""The ledger and the quarantine say each thing once, however often a file comes."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse.quality.ledger import BALANCES, OBJECTS
from lakehouse.quality.quarantine import REJECTS
from lakehouse.settings import Storage
from lakehouse.storage.lake import Lake
from tests.runs.shops import Runner, differences, make_shop
from tests.snapshots import unequal


def test_a_file_that_was_only_touched_doubles_no_record(spark: SparkSession, engine: str, tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop", days=2, orders_per_day=4, dirty=0.4)
    runner = Runner(spark, engine, tmp_path / "lake", tmp_path / "landing")
    shop.deliver(shop.days, runner.landing)
    first = runner.run()
    touch(runner, "orders*.csv*")
    second = runner.run()
    assert 0 < second.files < first.files
    assert_said_once(runner)
    assert rejects(runner) == {first.run_id, second.run_id}


@pytest.mark.stories
def test_a_file_that_two_runs_read_doubles_no_record_when_all_is_made_anew(
    spark: SparkSession, engine: str, tmp_path: Path
) -> None:
    shop = make_shop(tmp_path / "shop", days=2, orders_per_day=4, dirty=0.4)
    runner = Runner(spark, engine, tmp_path / "lake", tmp_path / "landing")
    shop.deliver(shop.days, runner.landing)
    runner.run()
    once = runner.snapshot()
    touch(runner, "*.csv*")
    runner.run()
    anew = runner.run(full=True)
    assert unequal(once, runner.snapshot()) == []
    assert list(differences(runner, shop.truth)) == []
    assert_said_once(runner)
    assert rejects(runner) == {anew.run_id}


def touch(runner: Runner, files: str) -> None:
    for path in runner.landing.rglob(files):
        os.utime(path, (path.stat().st_atime, path.stat().st_mtime + 60))


def assert_said_once(runner: Runner) -> None:
    for table in (OBJECTS, BALANCES, REJECTS):
        stored = Lake(str(runner.lake), Storage()).delta(table).to_pyarrow_table(columns=list(table.primary_key))
        counts = Counter(tuple(row.values()) for row in stored.to_pylist())
        assert counts
        assert [key for key, count in counts.items() if count > 1] == [], table


def rejects(runner: Runner) -> set[str]:
    """The runs that rejects are of."""
    stored = Lake(str(runner.lake), Storage()).delta(REJECTS).to_pyarrow_table(columns=["_run_id"])
    return set(stored["_run_id"].to_pylist())
