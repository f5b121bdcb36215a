"""Readers get whole snapshots only, at every moment of a run, and eight of them during twenty publishes."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.faults.acts import Read
from tests.faults.processes import Started, run
from tests.faults.reading import digest, read_on
from tests.faults.scorecard import record, score
from tests.faults.story import Fault, Prepared
from tests.faults.subject import Difference, Lakehouse
from tests.runs.small_shop import SmallShop

pytestmark = pytest.mark.faults

READERS = 8
PUBLISHES = 20


def test_a_reader_at_every_moment(lakehouse: Prepared, tmp_path: Path) -> None:
    lakehouse.restart()
    ended = run(lakehouse.subject, Read(lakehouse.subject, tmp_path / "seen"))
    found = lakehouse.judge_reads(Fault("Readers", "one at every moment of a run"), ended, tmp_path / "seen")
    assert record(found).is_good, found


def deliver(shop: SmallShop, number: int) -> None:
    """All orders and lines once more, changed all together."""
    shop.deliver(
        f"orders_{number}", *(f"o{order},2026-01-05,paid,{number}.00,{number}" for order in range(9)), minute=number
    )
    shop.deliver(f"lines_{number}", *(f"l{order},o{order},{number},5.00,{number}" for order in range(9)), minute=number)


def test_eight_readers_during_twenty_publishes(spark: SparkSession, engine: str, tmp_path: Path) -> None:
    shop = SmallShop(spark, engine, tmp_path)
    subject = Lakehouse(tmp_path)
    deliver(shop, 1)
    shop.run()
    whole = {digest(subject.read())}
    readers = [Started(read_on, subject, tmp_path / f"seen-{number}", tmp_path / "stop") for number in range(READERS)]
    try:
        for number in range(2, PUBLISHES + 2):
            deliver(shop, number)
            shop.run()
            whole.add(digest(subject.read()))
    finally:
        (tmp_path / "stop").touch()
    assert {reader.wait().code for reader in readers} == {0}
    seen = [(tmp_path / f"seen-{number}").read_text().split() for number in range(READERS)]
    assert len(whole) == PUBLISHES + 1
    assert all(len(set(of_one)) > 2 for of_one in seen)
    reads = [one for of_one in seen for one in of_one]
    found = score(
        "Readers",
        f"{READERS} during {PUBLISHES} publishes",
        f"{len(reads)} reads of {len(set(reads))} snapshots",
        is_safe=True,
        mixed_reads=sum(one not in whole for one in reads),
        differences=[Difference()],
    )
    assert record(found).is_good, found
