"""A small shop that has published once, put back to that for every test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.runs.small_shop import SmallShop


@pytest.fixture(scope="module")
def published_once(spark: SparkSession, engine: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    shop = SmallShop(spark, engine, tmp_path_factory.mktemp("published"))
    shop.deliver_first()
    shop.run()
    return shop.folder


@pytest.fixture
def shop(spark: SparkSession, engine: str, published_once: Path, tmp_path: Path) -> Iterator[SmallShop]:
    """In the same folder for every test, as the lake knows its files by their place."""
    shutil.copytree(published_once, tmp_path / "before")
    yield SmallShop(spark, engine, published_once)
    shutil.rmtree(published_once)
    shutil.copytree(tmp_path / "before", published_once)
