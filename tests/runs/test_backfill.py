"""Backfills: some days' files and no other ones, once each whatever their names; ended anywhere, and called again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from pyspark.sql import DataFrame, SparkSession

from lakehouse.errors import ConfigurationError, InputRejectedError, LockedError, NothingArrivedError
from lakehouse.quality.ledger import OBJECTS
from lakehouse.runs.backfill import Backfilled, Published, backfill
from lakehouse.runs.catalog import Model
from lakehouse.runs.chain import walk
from lakehouse.runs.days import Days, Publish
from lakehouse.runs.lease import hold
from lakehouse.runs.manifest import Snapshots
from lakehouse.runs.restore import restore
from lakehouse.runs.run import Request
from lakehouse.settings import Storage
from lakehouse.spark import F
from lakehouse.table import AMOUNT
from tests.runs.shops import Runner, make_shop
from tests.runs.small_shop import SHIPPED, SmallShop, shipped, small_model
from tests.runs.test_crashes import Killed, killed_after, killed_before_publishing, killed_before_the_pointer_moves
from tests.snapshots import unequal

FOUR_DAYS = {
    "2026-01-05": (["o1,2026-01-05,paid,1.00,1"], ["l1,o1,1,5.00,1", "l2,o1,2,6.00,1"]),
    "2026-01-06": (["o2,2026-01-06,paid,2.00,1"], ["l3,o2,3,7.00,1"]),
    "2026-01-07": (["o2,2026-01-06,paid,2.50,2", "o3,2026-01-07,paid,3.00,1"], ["l1,o1,1,5.00,2"]),
    "2026-01-08": (["o4,2026-01-08,paid,4.00,1"], ["l4,o4,1,8.00,1"]),
}
MIDDLE = Days(date(2026, 1, 6), date(2026, 1, 7))
ALL = Days(date(2026, 1, 5), date(2026, 1, 8))


@pytest.fixture
def fresh(spark: SparkSession, engine: str, tmp_path: Path) -> SmallShop:
    """Four days in landing, an empty lake."""
    shop = SmallShop(spark, engine, tmp_path)
    for minute, (day, (orders, lines)) in enumerate(FOUR_DAYS.items()):
        shop.deliver(f"orders_{day}", *orders, minute=minute)
        shop.deliver(f"lines_{day}", *lines, minute=minute)
    return shop


def fill(
    shop: SmallShop,
    days: Days = ALL,
    publish: Publish = Publish.DAY,
    told: Callable[[Published], None] = lambda _published: None,
    *,
    again: bool = False,
) -> Backfilled:
    request = Request(shop.workspace(), shop.lake.root, str(shop.landing), shop.engine)
    with small_model():
        return backfill(request, days, publish, lambda _progress: None, told, shop.spark, again=again)


def loaded_days(done: Backfilled) -> list[tuple[str, int]]:
    return [(str(published.days), published.report.files) for published in done.published]


def clean(shop: SmallShop) -> Any:
    """What one run over all of landing publishes."""
    other = SmallShop(shop.spark, shop.engine, shop.folder, lake_name="clean")
    other.run()
    return other.facts()


# ── what is loaded ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.stories
def test_a_history_by_day_is_one_run_over_it_table_by_table(spark: SparkSession, engine: str, tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop", days=3, orders_per_day=12, dirty=0.1)
    at_once, by_day = (Runner(spark, engine, tmp_path / name, shop.folder) for name in ("at_once", "by_day"))
    at_once.run()
    request = Request(by_day.workspace, str(by_day.lake), str(shop.folder), engine)
    days = Days(date.fromisoformat(shop.days[0]), date.fromisoformat(shop.days[-1]))
    done = backfill(request, days, Publish.DAY, lambda _progress: None, lambda _published: None, spark)
    assert loaded_days(done) == [(day, 8) for day in shop.days]
    assert unequal(at_once.snapshot(), by_day.snapshot()) == []


def test_by_day_each_day_is_published_after_the_one_before_it(fresh: SmallShop) -> None:
    seen = []
    fill(fresh, told=lambda published: seen.append((str(published.days), sorted(fresh.orders()))))
    assert seen == [
        ("2026-01-05", ["o1"]),
        ("2026-01-06", ["o1", "o2"]),
        ("2026-01-07", ["o1", "o2", "o3"]),
        ("2026-01-08", ["o1", "o2", "o3", "o4"]),
    ]
    assert len(list(walk(fresh.lake.root, Storage()))) == 4
    assert fresh.facts() == clean(fresh)


def test_once_is_one_snapshot(fresh: SmallShop) -> None:
    done = fill(fresh, publish=Publish.ONCE)
    assert loaded_days(done) == [("2026-01-05 to 2026-01-08", 8)]
    assert len(list(walk(fresh.lake.root, Storage()))) == 1
    assert fresh.facts() == clean(fresh)


@pytest.mark.parametrize("publish", Publish)
def test_days_outside_stay_out_until_a_run(fresh: SmallShop, publish: Publish) -> None:
    done = fill(fresh, MIDDLE, publish)
    assert sum(files for _, files in loaded_days(done)) == 4
    assert fresh.orders() == {"o2": "2.50", "o3": "3.00"}
    assert fresh.run().files == 4
    assert fresh.facts() == clean(fresh)


def test_a_file_without_a_day_is_told_and_left_to_a_run(fresh: SmallShop) -> None:
    path = fresh.deliver("orders_late", "o9,2026-01-06,paid,9.00,1")
    done = fill(fresh)
    assert done.undated == (str(path),)
    assert "o9" not in fresh.orders()
    assert fresh.run().files == 1
    assert fresh.orders()["o9"] == "9.00"


def test_a_date_in_the_path_of_landing_is_no_day_of_its_files(spark: SparkSession, engine: str, tmp_path: Path) -> None:
    shop = SmallShop(spark, engine, tmp_path / "2026-01-06")
    shop.deliver_first()
    with pytest.raises(NothingArrivedError, match="3 new files have no day in their path"):
        fill(shop)
    # Nor is it of what is loaded already, wherever landing is now.
    shop.run()
    elsewhere = SmallShop(spark, engine, tmp_path, lake_name=shop.lake.root)
    elsewhere.deliver("customers_2", "c2,bob@example.com,1")
    with pytest.raises(NothingArrivedError, match="none was ever loaded of these days"):
        fill(elsewhere)


def test_a_ledger_of_older_code_knows_its_files_by_their_names(fresh: SmallShop) -> None:
    fresh.deliver("orders_2025-12-31", "o9,2025-12-31,paid,9.00,1")
    older = replace(OBJECTS, fields=tuple(field for field in OBJECTS.fields if field.name != "landing_path"))
    with patch("lakehouse.runs.load_bronze.OBJECTS", older):
        fresh.run()
    deliveries = fresh.published("deliveries")
    assert [row["delivery_date"] for row in deliveries] == [date(2025, 12, 31)]
    assert fill(fresh).published == ()
    fresh.run(full=True)
    assert fresh.published("deliveries") == deliveries


# ── what is loaded already ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_time_there_is_nothing_to_do(fresh: SmallShop) -> None:
    fill(fresh)
    before = fresh.snapshot().manifest
    done = fill(fresh)
    assert (done.published, done.same) == ((), ())
    assert fresh.run().files == 0
    assert fresh.snapshot().manifest == before


def touch(fresh: SmallShop) -> Path:
    orders, _ = FOUR_DAYS["2026-01-06"]
    return fresh.deliver("orders_2026-01-06", *orders, minute=99)


def move(fresh: SmallShop) -> Path:
    path = fresh.landing / "orders_2026-01-06.csv"
    return path.rename(path.with_name("orders_resent_2026-01-06.csv"))


@pytest.mark.parametrize("change", [touch, move])
def test_same_content_of_a_day_is_done(fresh: SmallShop, change: Callable[[SmallShop], Path]) -> None:
    fill(fresh)
    path = change(fresh)
    done = fill(fresh)
    assert (done.published, done.same) == ((), (str(path),))


def as_another_day(fresh: SmallShop) -> None:
    """Two days can hold the same, and what is in between another: the later one counts."""
    orders, _ = FOUR_DAYS["2026-01-06"]
    fresh.deliver("orders_2026-01-07_2", *orders, minute=5)


def with_other_content(fresh: SmallShop) -> None:
    fresh.deliver("orders_2026-01-06", "o2,2026-01-06,paid,2.10,1", minute=0)
    fill(fresh)
    # Back to what it held at first, which is not what counts now.
    fresh.deliver("orders_2026-01-06", *FOUR_DAYS["2026-01-06"][0], minute=7)


def as_another_object(fresh: SmallShop) -> None:
    fresh.deliver_bytes("customers_2026-01-06", (fresh.landing / "orders_2026-01-06.csv").read_bytes(), 5)


@pytest.mark.parametrize("change", [as_another_day, with_other_content, as_another_object])
def test_same_content_that_says_something_else_is_loaded(fresh: SmallShop, change: Callable[[SmallShop], None]) -> None:
    fill(fresh)
    change(fresh)
    done = fill(fresh)
    assert (len(loaded_days(done)), done.published[0].report.files, done.same) == (1, 1, ())


def test_what_a_restore_rolled_back_loads_again(fresh: SmallShop) -> None:
    first = fill(fresh).published[0].report.run_id
    expected = fresh.facts()
    restore(fresh.lake.root, Storage(), first)
    assert loaded_days(fill(fresh)) == [("2026-01-06", 2), ("2026-01-07", 2), ("2026-01-08", 2)]
    assert fresh.facts() == expected


# ── again ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def dearer(orders: DataFrame) -> DataFrame:
    """Another way to make the table, which the run that published it did not know."""
    return shipped(orders).withColumn("shipping_amount", (F.col("shipping_amount") + 1).cast(AMOUNT))


def test_again_makes_loaded_days_anew_and_nothing_changes(fresh: SmallShop) -> None:
    fill(fresh, MIDDLE)
    before = fresh.facts()
    (published,) = fill(fresh, MIDDLE, again=True).published
    assert (str(published.days), published.report.files) == (str(MIDDLE), 0)
    assert published.report.rebuilt == "asked for by --again"
    assert fresh.facts() == before


def test_again_what_was_made_otherwise_is_mended(fresh: SmallShop) -> None:
    with patch("tests.runs.small_shop.MODELS", (Model(SHIPPED, dearer),)):
        fill(fresh, MIDDLE)
    assert fresh.orders() == {"o2": "3.50", "o3": "4.00"}
    done = fill(fresh, again=True)
    assert fresh.facts() == clean(fresh)
    assert [published.report.rebuilt for published in done.published] == ["asked for by --again", None]


# ── ended before its end ──────────────────────────────────────────────────────────────────────────────────────────────

ENDS: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "before the first commit": lambda: killed_after(0),
    "after the ledger": lambda: killed_after(3),
    "in silver": lambda: killed_after(5),
    "before publishing": killed_before_publishing,
    "before the pointer moves": killed_before_the_pointer_moves,
}


@pytest.mark.parametrize("end", ENDS)
def test_interrupted_it_goes_on_after_the_last_published_day(fresh: SmallShop, end: str) -> None:
    with ExitStack() as ending:

        def third_day_ends(published: Published) -> None:
            if published.days.last == date(2026, 1, 6):
                ending.enter_context(ENDS[end]())

        with pytest.raises(Killed):
            fill(fresh, told=third_day_ends)
    assert sorted(fresh.orders()) == ["o1", "o2"]
    assert loaded_days(fill(fresh)) == [("2026-01-07", 2), ("2026-01-08", 2)]
    assert fresh.facts() == clean(fresh)


def test_interrupted_before_its_one_snapshot_readers_see_nothing_of_it(fresh: SmallShop) -> None:
    with pytest.raises(Killed), killed_before_publishing():
        fill(fresh, publish=Publish.ONCE)
    assert Snapshots(fresh.lake.root, Storage()).current() is None
    assert loaded_days(fill(fresh, publish=Publish.ONCE)) == [("2026-01-05 to 2026-01-08", 8)]
    assert fresh.facts() == clean(fresh)


def test_a_day_that_is_refused_stops_it_and_mended_it_goes_on(fresh: SmallShop) -> None:
    fresh.deliver("orders_2026-01-07", "1,2", header="some,thing", minute=2)
    with pytest.raises(InputRejectedError, match=r"orders_2026-01-07\.csv"):
        fill(fresh)
    assert sorted(fresh.orders()) == ["o1", "o2"]
    fresh.deliver("orders_2026-01-07", *FOUR_DAYS["2026-01-07"][0], minute=3)
    assert loaded_days(fill(fresh)) == [("2026-01-07", 2), ("2026-01-08", 2)]
    assert fresh.facts() == clean(fresh)


def test_a_day_that_only_lacks_a_file_is_made_up_for_when_it_can_be_read(fresh: SmallShop) -> None:
    """A file that is not older than its day is for that one, and no other."""
    later = 60 * 24 * 30
    fresh.deliver("orders_2026-01-07", "1,2", header="some,thing", minute=later)
    fill(fresh)
    assert sorted(fresh.orders()) == ["o1", "o2", "o4"]
    fresh.deliver("orders_2026-01-07", *FOUR_DAYS["2026-01-07"][0], minute=later + 1)
    assert [day for day, _ in loaded_days(fill(fresh))] == ["2026-01-07"]
    assert fresh.facts() == clean(fresh)


# ── what can not be done ──────────────────────────────────────────────────────────────────────────────────────────────


def test_days_that_end_before_they_begin() -> None:
    with pytest.raises(ConfigurationError, match="no day is from 2026-01-02 to 2026-01-01"):
        Days(date(2026, 1, 2), date(2026, 1, 1))


def test_no_file_of_these_days(fresh: SmallShop) -> None:
    with pytest.raises(NothingArrivedError) as error:
        fill(fresh, Days(date(2025, 1, 1), date(2025, 1, 31)))
    assert str(error.value) == (
        f"no file in {fresh.landing} is for 2025-01-01 to 2025-01-31, and none was ever loaded of these days; "
        "new files there are for 2026-01-05 to 2026-01-08"
    )


def test_files_of_loaded_days_that_are_gone_are_nothing_to_do(fresh: SmallShop) -> None:
    fill(fresh)
    for path in fresh.landing.iterdir():
        path.unlink()
    assert fill(fresh).published == ()


def test_one_lease_is_held_from_the_first_day_to_the_last(fresh: SmallShop) -> None:
    def others_are_kept_out(_published: Published) -> None:
        with pytest.raises(LockedError, match="held by `lakehouse backfill`"), hold(fresh.lake.root, Storage(), "run"):
            pass

    fill(fresh, told=others_are_kept_out)
