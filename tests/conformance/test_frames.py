"""Whole frames: the verbs on them, and the joins and unions whose nulls and types engines might treat differently."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse import verbs
from tests.conformance.cases import day, dec, utc


def rows(frame: DataFrame) -> list[tuple[Any, ...]]:
    """All rows in an order of their own."""
    found = [tuple(each.values()) for each in verbs.to_arrow(frame).to_pylist()]
    return sorted(found, key=lambda values: [(value is None, "" if value is None else str(value)) for value in values])


@pytest.fixture
def left(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([("a", 1), ("b", 2), ("b", 3), (None, 4)], "k string, x int")


@pytest.fixture
def right(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([("b", 10), ("c", 20), (None, 30)], "k string, y int")


class TestLatest:
    def test_one_row_per_key_and_null_is_a_key(self, spark: SparkSession) -> None:
        frame = spark.createDataFrame(
            [("a", 1, "x"), ("a", 2, "y"), ("a", 2, "z"), ("b", None, "x"), ("b", 1, "y"), (None, 1, "n")],
            "k string, version int, v string",
        )
        order = [F.col("version").desc_nulls_last(), F.col("v").desc()]
        assert rows(verbs.latest(frame, ["k"], order)) == [("a", 2, "z"), ("b", 1, "y"), (None, 1, "n")]

    def test_keeps_the_columns(self, left: DataFrame) -> None:
        assert verbs.latest(left, ["k"], [F.col("x")]).columns == ["k", "x"]


def test_expand_days(spark: SparkSession) -> None:
    frame = spark.createDataFrame(
        [
            ("leap", day("2024-02-28"), day("2024-03-01")),
            ("one day", day("2024-01-01"), day("2024-01-01")),
            ("backwards", day("2024-01-02"), day("2024-01-01")),
            ("no end", day("2024-01-02"), None),
            ("no begin", None, day("2024-01-02")),
        ],
        "k string, since date, until date",
    )
    assert rows(verbs.expand_days(frame, "since", "until", "each").select("k", "each")) == [
        ("leap", day("2024-02-28")),
        ("leap", day("2024-02-29")),
        ("leap", day("2024-03-01")),
        ("one day", day("2024-01-01")),
    ]


def test_nullable(spark: SparkSession) -> None:
    frame = spark.range(1).select(F.lit("x").alias("a"), F.col("id"), F.lit(None).cast("date").alias("d"))
    result = verbs.nullable(frame)
    assert [(field.name, field.dataType.simpleString(), field.nullable) for field in result.schema.fields] == [
        ("a", "string", True),
        ("id", "bigint", True),
        ("d", "date", True),
    ]
    assert rows(result) == [("x", 0, None)]


ARROW = pa.table(
    {
        "s": ["é😀", "", None],
        "n": pa.array([1, None, 2**62], pa.int64()),
        "d": pa.array([day("0001-01-01"), day("9999-12-31"), None], pa.date32()),
        "t": pa.array([utc("1969-12-31T23:59:59.999999"), None, utc("2024-01-01T00:00:00")], pa.timestamp("us", "UTC")),
        "m": pa.array([dec("-0.01"), None, dec("9999999999999999.99")], pa.decimal128(18, 2)),
        "b": [b"\x00\xff", b"", None],
        "a": [["x", None], [], None],
        "f": [True, False, None],
    }
)


@pytest.mark.parametrize("count", [3, 0], ids=["rows", "no rows"])
def test_arrow_there_and_back(spark: SparkSession, count: int) -> None:
    table = ARROW.slice(0, count)
    back = verbs.to_arrow(verbs.from_arrow(spark, table))
    assert back.schema.equals(table.schema)
    assert back.to_pylist() == table.to_pylist()


def test_more_rows_than_a_message_holds_are_all_there(spark: SparkSession) -> None:
    """Named ten times in a plan; on Sail the rows go by a file."""
    many = pa.concat_tables([ARROW] * 10_000)
    size = pa.array(["x" * 500] * many.num_rows)
    table = many.append_column("padding", size)
    frame = verbs.from_arrow(spark, table)
    together = frame
    for _ in range(9):
        together = together.unionByName(frame)
    assert together.count() == 10 * table.num_rows
    back = verbs.to_arrow(frame.limit(3))
    assert back.schema.equals(table.schema)
    assert verbs.to_arrow(frame.select("n").where("n is not null")).num_rows == 20_000


def test_no_row_is_lost_behind_an_empty_batch(spark: SparkSession) -> None:
    """In memory, and on the way out of a function of ours: Spark (4.1) ends a table in memory at an empty batch."""
    batches = [pa.table({"k": pa.array(keys, pa.string())}) for keys in ([], ["a", "b"], [], ["c"], [])]
    whole = pa.concat_tables(batches)
    assert rows(verbs.from_arrow(spark, whole)) == [("a",), ("b",), ("c",)]

    def emptied(read: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
        for batch in read:
            yield from (batch.slice(0, 0), batch.slice(0, 1), batch.slice(0, 0), batch.slice(1), batch.slice(0, 0))

    one = verbs.from_arrow(spark, whole).repartition(1)
    assert rows(one.mapInArrow(emptied, "k string")) == [("a",), ("b",), ("c",)]


def test_map_in_arrow_reads_every_row_once(spark: SparkSession) -> None:
    def twice(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
        for batch in batches:
            numbers = [number for number in batch.column(0).to_pylist() for _ in range(2)]
            yield pa.RecordBatch.from_pydict({"n": numbers, "raw": [b"\xff", None] * batch.num_rows})

    frame = spark.range(1000).repartition(3).mapInArrow(twice, "n bigint, raw binary")
    table = verbs.to_arrow(frame)
    assert sorted(table["n"].to_pylist()) == sorted([*range(1000), *range(1000)])
    assert table["raw"].null_count == 1000


JOINS = {
    "inner": [("b", 2, 10), ("b", 3, 10)],
    "left": [("a", 1, None), ("b", 2, 10), ("b", 3, 10), (None, 4, None)],
    "right": [("b", 2, 10), ("b", 3, 10), ("c", None, 20), (None, None, 30)],
    "full": [("a", 1, None), ("b", 2, 10), ("b", 3, 10), ("c", None, 20), (None, 4, None), (None, None, 30)],
    "left_semi": [("b", 2), ("b", 3)],
    "left_anti": [("a", 1), (None, 4)],
}


@pytest.mark.parametrize("how", JOINS)
def test_join_by_name(left: DataFrame, right: DataFrame, how: str) -> None:
    assert rows(left.join(right, "k", how)) == JOINS[how]


def test_join_of_nulls(left: DataFrame, right: DataFrame) -> None:
    joined = left.alias("l").join(right.alias("r"), F.col("l.k").eqNullSafe(F.col("r.k"))).select("l.k", "x", "y")
    assert rows(joined) == [("b", 2, 10), ("b", 3, 10), (None, 4, 30)]


def test_join_of_a_frame_with_itself(left: DataFrame) -> None:
    pairs = left.alias("p").join(left.alias("q"), (F.col("p.k") == F.col("q.k")) & (F.col("p.x") < F.col("q.x")))
    assert rows(pairs.select(F.col("p.x"), F.col("q.x").alias("z"))) == [(2, 3)]


def test_cross_join(left: DataFrame, right: DataFrame) -> None:
    assert left.crossJoin(right.select("y")).count() == 12


def test_union_by_name(left: DataFrame, right: DataFrame) -> None:
    reordered = right.select(F.col("y").alias("x"), "k")
    assert rows(left.where("x = 1").unionByName(reordered)) == [("a", 1), ("b", 10), ("c", 20), (None, 30)]


def test_distinct_holds_one_null(left: DataFrame) -> None:
    assert rows(left.select("k").distinct()) == [("a",), ("b",), (None,)]


def test_group_by_null(left: DataFrame) -> None:
    counted = left.groupBy("k").agg(F.count("*").alias("n"), verbs.bounded_sum(F.col("x"), 18, 0).alias("s"))
    assert rows(counted) == [("a", 1, dec("1")), ("b", 2, dec("5")), (None, 1, dec("4"))]


def test_aggregate_of_no_rows(left: DataFrame) -> None:
    nothing = left.where("x > 9")
    assert rows(nothing.agg(F.count("*").alias("n"), F.max("x").alias("m"))) == [(0, None)]
    assert rows(nothing.groupBy("k").agg(F.count("*").alias("n"))) == []


def test_new_columns_see_the_old_ones(left: DataFrame) -> None:
    swapped = left.withColumns({"x": F.col("x") + 1, "z": F.col("x") * 10})
    assert rows(swapped.where("k = 'a'")) == [("a", 2, 10)]


def test_a_filter_drops_what_is_null(left: DataFrame) -> None:
    assert rows(left.where(F.col("k") != "a")) == [("b", 2), ("b", 3)]
    assert rows(left.where(~F.coalesce(F.col("k") == "a", F.lit(False)))) == [("b", 2), ("b", 3), (None, 4)]
