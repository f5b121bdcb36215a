"""The same rows in another order, in other files, and some of them twice: the tables are the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from tests.examples import examples
from tests.scopes.tiny_shop import Delivery, TinyShop, many_rows, shop_of
from tests.snapshots import unequal

PARTS = 3


# Deliveries are searched next door; a few of them will do.
@examples(2, one_in=5)
@given(came=many_rows, random=st.randoms(use_true_random=False))
def test_rows_shuffled_split_and_delivered_again(
    spark: SparkSession, engine: str, tmp_path_factory: pytest.TempPathFactory, came: Sequence[Delivery], random: Random
) -> None:
    with TemporaryDirectory(dir=tmp_path_factory.getbasetemp()) as folder:
        numbered = list(enumerate(came))
        as_they_came = shop_of(spark, engine, Path(folder, "as_they_came"), [numbered])
        scattered = TinyShop(spark, engine, Path(folder, "scattered"))
        for number, delivery in numbered:
            for name, rows in parts(delivery, random):
                scattered.deliver(number, rows, name)
        scattered.run()
        for number, delivery in numbered:
            scattered.deliver(number, again(delivery, random), "_again")
        scattered.run()
        differences = unequal(as_they_came.snapshot(), scattered.snapshot())
        # How many records came is another number.
        assert [text for text in differences if not text.startswith("runs.deliveries")] == []


def parts(delivery: Delivery, random: Random) -> Iterator[tuple[str, Delivery]]:
    """The rows in any order, each in one of several files of the day."""
    rows = random.sample(delivery, len(delivery))
    for number in range(PARTS):
        yield f"_{number}", tuple(rows[number::PARTS])


def again(delivery: Delivery, random: Random) -> Delivery:
    """Some of the rows, some of them twice."""
    return tuple(random.choices(delivery, k=len(delivery)))
