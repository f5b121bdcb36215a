"""Back to an earlier run: readers at once, then the tables; what came since loads again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from lakehouse.errors import ConfigurationError, IntegrityError, NothingArrivedError
from lakehouse.runs import restore as restoring
from lakehouse.runs.heal import put_back
from lakehouse.runs.manifest import Kind, Manifest
from lakehouse.runs.restore import Restored, restore
from lakehouse.runs.snapshot import open_snapshot
from lakehouse.settings import Storage
from tests.runs.small_lake import EVENTS, NOTES, SmallLake
from tests.runs.small_shop import SmallShop


def deliver_second(shop: SmallShop) -> None:
    """An order that changed, a new one, and a line that its order has no more."""
    shop.deliver("orders_2", "o2,2026-01-06,paid,2.50,2", "o3,2026-01-07,paid,3.00,1", minute=1)
    shop.deliver("lines_2", "l1,o1,1,5.00,2", "l4,o3,1,8.00,1", minute=1)


def deliver_third(shop: SmallShop) -> None:
    """Rows of which one can not be read, and a column that nobody declared."""
    shop.deliver("orders_3", "o4,2026-01-08,paid,4.00,1", "o5,never,paid,5.00,1", minute=2)
    shop.deliver("customers_3", "c1,bob@example.com,2,x", minute=2, header="customer_id,email,changed,nickname")


def go_back(shop: SmallShop, run_id: str) -> Restored:
    return restore(shop.lake.root, Storage(), run_id)


@pytest.fixture
def first(shop: SmallShop) -> tuple[Manifest, Any]:
    """The shop has published three days; the first one's manifest, and what it holds."""
    found = shop.snapshot().manifest, shop.contents()
    deliver_second(shop)
    shop.run()
    deliver_third(shop)
    shop.run()
    return found


@pytest.fixture
def clean(shop: SmallShop, first: tuple[Manifest, Any]) -> Any:
    """What three days are that nobody went back from."""
    return shop.facts()


def test_readers_are_back_and_rolled_back_days_load_again(
    shop: SmallShop, first: tuple[Manifest, Any], clean: Any
) -> None:
    manifest, contents = first
    before = shop.snapshot().manifest
    done = go_back(shop, manifest.run_id)
    assert (done.restored_from, done.before) == (manifest.run_id, before.run_id)
    assert shop.contents() == contents
    now = shop.snapshot().manifest
    assert (now.run_id, now.kind, now.restored_from) == (done.run_id, Kind.RESTORE, manifest.run_id)
    assert {name: pin.files_sha256 for name, pin in now.tables.items()} == {
        name: pin.files_sha256 for name, pin in manifest.tables.items()
    }
    report = shop.run()
    assert report.files == 4
    assert not [step for step, what in shop.tells if "put back" in what]
    assert shop.facts() == clean


def test_only_what_is_asked_for_is_rolled_back(shop: SmallShop, first: tuple[Manifest, Any], clean: Any) -> None:
    second = shop.snapshot().manifest.parent_run_id
    assert second is not None
    go_back(shop, second)
    assert shop.run().files == 2
    assert shop.facts() == clean


class Killed(BaseException):
    """The process ends here."""


def _before_any_table(*_arguments: object) -> list[str]:
    raise Killed


def _in_the_middle(
    root: str, storage: Storage, names: list[str], base: Manifest, require: Callable[[], None]
) -> list[str]:
    put_back(root, storage, names[: len(names) // 2], base, require)
    raise Killed


@pytest.mark.parametrize("way", [_before_any_table, _in_the_middle])
def test_ended_before_the_tables_are_put_back_the_next_run_does_it(
    shop: SmallShop, first: tuple[Manifest, Any], clean: Any, way: Callable[..., list[str]]
) -> None:
    manifest, contents = first
    with pytest.raises(Killed), patch.object(restoring, "put_back", way):
        go_back(shop, manifest.run_id)
    assert shop.contents() == contents
    assert shop.run().files == 4
    assert shop.facts() == clean


def test_ended_before_the_new_versions_are_published_nothing_is_put_back_twice(
    shop: SmallShop, first: tuple[Manifest, Any], clean: Any
) -> None:
    manifest, contents = first
    with pytest.raises(Killed), patch.object(restoring, "move", _before_any_table):
        go_back(shop, manifest.run_id)
    assert shop.contents() == contents
    shop.run()
    assert not [step for step, what in shop.tells if "put back" in what]
    assert shop.facts() == clean


# ── what can not be restored ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def lake(tmp_path: Path) -> SmallLake:
    """Two runs."""
    small = SmallLake(tmp_path)
    small.renote("a")
    small.publish()
    small.renote("b")
    small.happen("2026-01-01", "x")
    small.publish()
    return small


def parent(lake: SmallLake) -> str:
    run_id = lake.current().parent_run_id
    assert run_id is not None
    return run_id


def test_readers_see_whole_snapshots_at_every_moment(lake: SmallLake) -> None:
    seen = []

    def looked(*arguments: Any) -> list[str]:
        seen.append(lake.published())
        return put_back(*arguments)

    with patch.object(restoring, "put_back", looked):
        restore(str(lake.root), lake.storage, parent(lake))
    assert [*seen, lake.published()] == [{"gold.notes": ["a"]}] * 2


def test_a_table_that_came_later_is_emptied(lake: SmallLake) -> None:
    done = restore(str(lake.root), lake.storage, parent(lake))
    assert done.tables == ("gold.notes", "silver.events")
    assert lake.lake.delta(EVENTS).to_pyarrow_table().num_rows == 0


def test_the_published_run_itself_undoes_what_was_left(lake: SmallLake) -> None:
    lake.note("left behind")
    assert restore(str(lake.root), lake.storage, lake.current().run_id).tables == ("gold.notes",)
    assert lake.lake.delta(NOTES).to_pyarrow_table()["note"].to_pylist() == ["b"]


def test_an_unknown_run_is_told_with_the_nearest(lake: SmallLake) -> None:
    before = lake.current()
    with pytest.raises(ConfigurationError, match=f"no run 'x{before.run_id}' is kept.*did you mean '{before.run_id}'"):
        restore(str(lake.root), lake.storage, "x" + before.run_id)
    assert lake.current() == before


def test_a_run_whose_files_are_gone_is_not_published(lake: SmallLake) -> None:
    before = lake.current()
    run_id = parent(lake)
    for uri in lake.lake.delta(NOTES, 1).file_uris():
        Path(uri).unlink()
    with pytest.raises(IntegrityError, match=rf"run {run_id} can not be restored.*\n.*gold/notes/part-.* is missing"):
        restore(str(lake.root), lake.storage, run_id)
    assert lake.current() == before


def test_a_log_with_a_lost_commit_is_closed_after_readers_are_back(lake: SmallLake) -> None:
    (lake.log(NOTES) / "00000000000000000002.json").unlink()
    lake.renote("c")
    (lake.log(NOTES) / "00000000000000000001.json").rename(lake.root / "aside")
    with pytest.raises(IntegrityError, match="can not be restored"):
        restore(str(lake.root), lake.storage, parent(lake))
    (lake.root / "aside").rename(lake.log(NOTES) / "00000000000000000001.json")
    restore(str(lake.root), lake.storage, parent(lake))
    assert lake.published() == {"gold.notes": ["a"]}


def test_nothing_to_go_back_to(tmp_path: Path) -> None:
    with pytest.raises(NothingArrivedError):
        restore(str(tmp_path), Storage(), "any")
    with pytest.raises(NothingArrivedError):
        open_snapshot(str(tmp_path), Storage())
