"""The ledger and the quarantine say each thing once, however often a file comes."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from pyspark.sql import SparkSession

from lakehouse.quality.ledger import BALANCES, OBJECTS
from lakehouse.quality.quarantine import REJECTS
from lakehouse.settings import Storage
from lakehouse.storage.lake import Lake
from tests.runs.shops import Runner, make_shop


def test_a_file_that_was_only_touched_doubles_no_record(spark: SparkSession, engine: str, tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop", days=2, orders_per_day=4, dirty=0.4)
    runner = Runner(spark, engine, tmp_path / "lake", tmp_path / "landing")
    shop.deliver(shop.days, runner.landing)
    first = runner.run()
    for path in runner.landing.rglob("orders*.csv*"):
        os.utime(path, (path.stat().st_atime, path.stat().st_mtime + 60))
    second = runner.run()
    assert 0 < second.files < first.files

    lake = Lake(str(runner.lake), Storage())
    for table in (OBJECTS, BALANCES, REJECTS):
        keys = lake.delta(table).to_pyarrow_table(columns=list(table.primary_key)).to_pylist()
        repeated = [key for key, count in Counter(tuple(row.values()) for row in keys).items() if count > 1]
        assert keys
        assert repeated == [], table
    rejects = Counter(lake.delta(REJECTS).to_pyarrow_table(columns=["_run_id"])["_run_id"].to_pylist())
    assert set(rejects) == {first.run_id, second.run_id}
