"""Whatever comes in, in whatever order and grouping: scoped runs end in the tables of one run over everything."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from pyspark.sql import SparkSession

from tests.examples import examples
from tests.scopes.tiny_shop import Delivery, deliveries, shop_of
from tests.snapshots import unequal


@examples(3, shrunk=True)
@given(came=deliveries)
def test_scoped_runs_end_where_one_run_ends(
    spark: SparkSession, engine: str, tmp_path_factory: pytest.TempPathFactory, came: Sequence[Delivery]
) -> None:
    with TemporaryDirectory(dir=tmp_path_factory.getbasetemp()) as folder:
        numbered = list(enumerate(came))
        at_once = shop_of(spark, engine, Path(folder, "at_once"), [numbered])
        scoped = shop_of(spark, engine, Path(folder, "scoped"), [[each] for each in numbered])
        assert unequal(at_once.snapshot(), scoped.snapshot()) == []
