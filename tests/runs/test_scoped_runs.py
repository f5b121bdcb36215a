"""A run makes anew only what its deliveries reach, and ends where one run over all of them ends, table by table."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.runs.shops import Runner, Shop, make_shop
from tests.snapshots import unequal


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_shop(tmp_path_factory.mktemp("shop"), days=24, orders_per_day=30, dirty=0.05)


def delivered(shop: Shop, runner: Runner, groups: Iterable[Sequence[str]]) -> Runner:
    for days in groups:
        shop.deliver(days, runner.landing)
        runner.run()
    return runner


@pytest.fixture(scope="module")
def at_once(shop: Shop, spark: SparkSession, engine: str, tmp_path_factory: pytest.TempPathFactory) -> Runner:
    folder = tmp_path_factory.mktemp("at_once")
    return delivered(shop, Runner(spark, engine, folder / "lake", folder / "landing"), [shop.days])


# Thirteen runs are more than the commits after which engines write a checkpoint.
@pytest.mark.parametrize(
    ("seed", "groups"),
    [
        pytest.param(0, (14, 18), id="eight runs"),
        pytest.param(1, (10, 13), marks=pytest.mark.stories, id="thirteen runs"),
    ],
)
def test_scoped_runs_end_where_one_run_ends(
    shop: Shop, at_once: Runner, spark: SparkSession, engine: str, tmp_path: Path, seed: int, groups: tuple[int, int]
) -> None:
    days = list(shop.days)
    random.Random(seed).shuffle(days)
    runner = Runner(spark, engine, tmp_path / "lake", tmp_path / "landing")
    first, second = groups
    delivered(shop, runner, [days[:first], days[first:second], *([day] for day in days[second:])])
    assert unequal(at_once.snapshot(), runner.snapshot()) == []
