"""Killed after any commit, a run leaves readers what they had, and the next one ends where a clean run ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from pyspark.sql import SparkSession

from lakehouse.errors import NothingArrivedError
from lakehouse.runs.manifest import Snapshots
from lakehouse.storage.objects import LocalStore
from lakehouse.storage.write import Writer
from tests.runs.small_shop import SmallShop


class Killed(BaseException):
    """The process ends here: nothing may catch it."""


@contextmanager
def killed_after(commits: int) -> Iterator[None]:
    """Of the commits that a run makes only so many happen."""
    left = commits

    def counted(write: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            if left == 0:
                raise Killed
            left -= 1
            return write(*arguments, **options)

        return counting

    with patch.object(Writer, "replace", counted(Writer.replace)), patch.object(Writer, "put", counted(Writer.put)):
        yield


@contextmanager
def killed_before_publishing() -> Iterator[None]:
    with patch.object(Snapshots, "publish", side_effect=Killed):
        yield


@contextmanager
def killed_before_the_pointer_moves() -> Iterator[None]:
    with patch.object(LocalStore, "replace", side_effect=Killed):
        yield


@pytest.fixture
def clean(spark: SparkSession, engine: str, shop: SmallShop) -> dict[str, Any]:
    """What a run that nobody kills publishes on top of the first."""
    shop.deliver_second()
    shop.run()
    return dict(shop.contents())


def survive(shop: SmallShop, unharmed: Callable[[], None], *, every: int = 1) -> int:
    """Run again and again, each time killed a little later, until a run ends; how many were killed."""
    kills = 0
    for commits in range(0, 100, every):
        try:
            with killed_after(commits):
                shop.run()
            return kills
        except Killed:
            kills += 1
            unharmed()
    pytest.fail("no run ended")


def test_killed_after_any_commit(shop: SmallShop, clean: dict[str, Any]) -> None:
    again = SmallShop(shop.spark, shop.engine, shop.folder, lake_name="again")
    for name in ("orders_2", "lines_2"):
        (again.landing / f"{name}.csv").unlink()
    again.run()
    before, manifest = again.contents(), again.snapshot().manifest
    again.deliver_second()

    def readers_see_what_was() -> None:
        assert again.snapshot().manifest == manifest
        assert again.contents() == before

    # Killed twice more where all is written and nothing published.
    for way in (killed_before_publishing, killed_before_the_pointer_moves):
        with pytest.raises(Killed), way():
            again.run()
        readers_see_what_was()
    assert survive(again, readers_see_what_was) > 6
    assert again.contents() == clean


def test_killed_before_anything_was_published(spark: SparkSession, engine: str, tmp_path: Path) -> None:
    clean = SmallShop(spark, engine, tmp_path, lake_name="clean")
    clean.deliver_first()
    clean.run()
    killed = SmallShop(spark, engine, tmp_path)

    def readers_see_nothing() -> None:
        with pytest.raises(NothingArrivedError):
            killed.snapshot()

    assert survive(killed, readers_see_nothing, every=4) > 2
    assert killed.contents() == clean.contents()
