"""What each run did is told by the chain of manifests; and how fresh a snapshot is, by its last load."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lakehouse.errors import NothingArrivedError
from lakehouse.runs.freshness import Freshness, freshness
from lakehouse.runs.history import history, last_load
from lakehouse.runs.manifest import Kind
from lakehouse.runs.optimize import optimize
from lakehouse.runs.restore import restore
from lakehouse.runs.vacuum import Keep, vacuum
from lakehouse.settings import Storage
from tests.runs.small_lake import SmallLake
from tests.runs.small_shop import SmallShop


def test_a_run_tells_what_came_in_and_what_became_of_it(shop: SmallShop) -> None:
    first = shop.snapshot().manifest
    shop.deliver("orders_2", "o3,2026-01-07,paid,3.00,1", "o4,never,paid,1.00,1", minute=1)
    report = shop.run()
    newest, before = history(shop.lake.root, Storage(), 9)
    assert (newest.run_id, before.run_id) == (report.run_id, first.run_id)
    assert (newest.kind, newest.engine, newest.files, newest.rows) == (Kind.RUN, shop.engine, 1, 2)
    (orders,) = newest.balances
    assert (orders.entity, orders.rows, orders.loaded, orders.quarantined) == ("orders", 2, 1, 1)
    assert newest.tables is not None
    assert before.tables == tuple(sorted(first.tables))
    assert {"silver.orders", "gold.shipped", "runs.objects"} <= set(newest.tables)
    assert "silver.customers" not in newest.tables
    assert newest.seconds is not None
    assert newest.seconds > 0


def test_what_is_not_a_run_says_so(tmp_path: Path) -> None:
    lake = SmallLake(tmp_path)
    lake.note("a")
    first = lake.publish()
    for note in "bcd":
        lake.note(note)
    lake.publish()
    optimize(str(tmp_path), Storage(), [], lambda _step, _what: None)
    restore(str(tmp_path), Storage(), first.run_id)
    told = [(run.kind, run.restored_from) for run in history(str(tmp_path), Storage(), 9)]
    again = (Kind.RESTORE, first.run_id)
    assert told == [again, again, (Kind.OPTIMIZE, None), (Kind.RUN, None), (Kind.RUN, None)]
    assert last_load(str(tmp_path), Storage(), lake.current()) == first


def test_as_many_as_asked_and_as_are_kept(tmp_path: Path) -> None:
    lake = SmallLake(tmp_path)
    lake.note("a")
    ids = [lake.publish().run_id for _ in range(3)][::-1]
    assert [run.run_id for run in history(str(tmp_path), Storage(), 2)] == ids[:2]
    vacuum(str(tmp_path), Storage(), Keep(runs=2))
    kept = history(str(tmp_path), Storage(), 9)
    assert [(run.run_id, run.tables) for run in kept] == [(ids[0], ()), (ids[1], None)]


def test_nothing_was_published(tmp_path: Path) -> None:
    with pytest.raises(NothingArrivedError):
        history(str(tmp_path), Storage(), 9)


def test_freshness_is_that_of_the_last_load(shop: SmallShop) -> None:
    first = shop.snapshot().manifest.run_id
    midnight = datetime(2026, 1, 1, tzinfo=UTC)
    assert freshness(shop.snapshot()) == Freshness(None, midnight, 0, 0)
    shop.deliver("orders_2", "o4,never,paid,1.00,1", minute=7)
    shop.run()
    later = Freshness(None, midnight + timedelta(minutes=7), 1, 0)
    assert freshness(shop.snapshot()) == later
    optimize(shop.lake.root, Storage(), [], lambda _step, _what: None)
    assert freshness(shop.snapshot()) == later
    restore(shop.lake.root, Storage(), first)
    assert freshness(shop.snapshot()) == Freshness(None, midnight, 0, 0)
