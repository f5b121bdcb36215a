"""Delta writes, as the lake makes them: a table created from its declaration, then changed by the engine."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse import verbs
from lakehouse.derive.schema import spark_ddl
from lakehouse.settings import Storage
from lakehouse.storage.lake import Lake
from lakehouse.table import AMOUNT, BIGINT, BINARY, BOOLEAN, DATE, STRING, STRINGS, TIMESTAMP, Field, Layer, Table
from tests.conformance.cases import day, dec, utc

ORDERS = Table(
    Layer.SILVER,
    "orders",
    "One row per order.",
    (
        Field("order_id", STRING, "Identifier."),
        Field("month", DATE, "First day of the month; the partition."),
        Field("amount", AMOUNT, "What was charged."),
        Field("version", BIGINT, "The newest wins."),
        Field("placed_at", TIMESTAMP, "When.", nullable=True),
        Field("note", STRING, "Free text.", nullable=True),
        Field("is_gift", BOOLEAN, "Whether it is one.", nullable=True),
        Field("tags", STRINGS, "Labels.", nullable=True),
        Field("raw", BINARY, "As delivered.", nullable=True),
    ),
    primary_key=("order_id",),
    partition_by=("month",),
)
JANUARY, FEBRUARY, MARCH = date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)

Row = tuple[str, date, Decimal, int, datetime | None, str | None, bool | None, list[str] | None, bytes | None]


def row(order_id: str, month: date, amount: str, version: int = 1, note: str | None = None) -> Row:
    return order_id, month, dec(amount), version, utc("1969-12-31T23:59:59.999999"), note, True, ["a", "b"], b"\x00\xff"


FIRST = [row("o1", JANUARY, "1.10"), row("o2", JANUARY, "2.20"), row("o3", FEBRUARY, "3.30")]


class Orders:
    """The table below a folder, and one engine to change it."""

    def __init__(self, root: Path, spark: SparkSession) -> None:
        self.lake, self.spark = Lake(str(root), Storage()), spark

    def frame(self, rows: Sequence[tuple[Any, ...]]) -> DataFrame:
        return self.spark.createDataFrame(list(rows), spark_ddl(ORDERS))

    def append(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self.frame(rows).write.format("delta").mode("append").save(self.lake.uri(ORDERS))

    def replace(self, frame: DataFrame, predicate: str | None = None, **options: str) -> None:
        options = options if predicate is None else {"replaceWhere": predicate, **options}
        frame.write.format("delta").mode("overwrite").options(**options).save(self.lake.uri(ORDERS))

    def merge(self, rows: Sequence[tuple[Any, ...]], on: str = "t.order_id = s.order_id") -> None:
        self.frame(rows).createOrReplaceTempView("delivered")
        names = ORDERS.field_names
        self.spark.sql(
            f"merge into delta.`{self.lake.uri(ORDERS)}` as t using delivered as s on {on} "
            f"when matched and s.version > t.version then update set {', '.join(f't.{n} = s.{n}' for n in names)} "
            f"when not matched then insert ({', '.join(names)}) values ({', '.join(f's.{n}' for n in names)})"
        ).collect()

    def delta(self) -> DeltaTable:
        return self.lake.delta(ORDERS)

    def amounts(self, version: int | None = None) -> dict[str, str]:
        """Order → amount, as the engine reads it."""
        frame = self.lake.read(self.spark, ORDERS, version)
        return {str(each.order_id): str(each.amount) for each in frame.select("order_id", "amount").collect()}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, spark: SparkSession) -> Path:
    """A lake with the first orders, made once and copied for each test."""
    root = tmp_path_factory.mktemp("first")
    orders = Orders(root, spark)
    orders.lake.create(ORDERS)
    orders.append(FIRST)
    return root


@pytest.fixture
def orders(tmp_path: Path, first: Path, spark: SparkSession) -> Orders:
    shutil.copytree(first, tmp_path / "lake")
    return Orders(tmp_path / "lake", spark)


def test_table_stays_as_declared(orders: Orders) -> None:
    orders.append([row("o4", MARCH, "4.40")])
    orders.replace(orders.frame([row("o5", MARCH, "5.50")]))
    fields = {field.name: field for field in orders.delta().schema().fields}
    assert list(fields) == list(ORDERS.field_names)
    assert {name: field.nullable for name, field in fields.items()} == {f.name: f.nullable for f in ORDERS.fields}
    assert {name: field.metadata["comment"] for name, field in fields.items()} == {
        field.name: field.description for field in ORDERS.fields
    }
    assert orders.delta().metadata().partition_columns == ["month"]
    assert orders.delta().metadata().description == "One row per order."


def test_protocol_is_one_that_athena_reads(orders: Orders) -> None:
    orders.merge([row("o1", JANUARY, "9.90", version=2)])
    protocol = orders.delta().protocol()
    assert (protocol.min_reader_version, protocol.min_writer_version) == (1, 2)
    assert not protocol.reader_features
    assert not protocol.writer_features


def test_values_read_back_by_both_readers(orders: Orders) -> None:
    by_library = orders.delta().to_pyarrow_table().sort_by("order_id").to_pylist()
    by_engine = verbs.to_arrow(orders.lake.read(orders.spark, ORDERS).orderBy("order_id")).to_pylist()
    assert by_library == by_engine == [dict(zip(ORDERS.field_names, each, strict=True)) for each in FIRST]


def test_nulls_and_empty_values_stay_apart(orders: Orders) -> None:
    rows: list[tuple[Any, ...]] = [
        ("e", MARCH, dec("0"), 0, None, "", False, [], b""),
        ("n", MARCH, dec("0"), 0, None, None, None, None, None),
    ]
    orders.replace(orders.frame(rows))
    assert orders.delta().to_pyarrow_table().sort_by("order_id").to_pylist() == [
        dict(zip(ORDERS.field_names, each, strict=True)) for each in rows
    ]


def test_overwrite_replaces_all(orders: Orders) -> None:
    orders.replace(orders.frame([row("o9", MARCH, "9.90")]))
    assert orders.amounts() == {"o9": "9.90"}


def test_literals_leave_nullable_columns_nullable(orders: Orders) -> None:
    always = orders.frame([row("o9", MARCH, "9.90")]).withColumn("note", F.lit("always"))
    orders.replace(always, "month in (date'2024-03-01')")
    orders.append([row("o10", MARCH, "1.00", note=None)])
    assert orders.amounts() == {"o1": "1.10", "o2": "2.20", "o3": "3.30", "o9": "9.90", "o10": "1.00"}


@pytest.mark.parametrize(
    ("predicate", "rows", "left"),
    [
        pytest.param(
            "month in (date'2024-01-01')",
            [row("o7", JANUARY, "7.70")],
            {"o7": "7.70", "o3": "3.30"},
            id="one partition",
        ),
        pytest.param("month in ('2024-01-01')", [], {"o3": "3.30"}, id="a date as text, and nothing to put in"),
        pytest.param(
            "month in ('2024-02-01', '2024-03-01')",
            [row("o3", FEBRUARY, "0.30"), row("o8", MARCH, "8.80")],
            {"o1": "1.10", "o2": "2.20", "o3": "0.30", "o8": "8.80"},
            id="two partitions, one of them new",
        ),
        pytest.param(
            "month >= date'2024-02-01' and month < date'2024-03-01'",
            [row("o4", FEBRUARY, "4.40")],
            {"o1": "1.10", "o2": "2.20", "o4": "4.40"},
            id="a range",
        ),
    ],
)
def test_replace_where(orders: Orders, predicate: str, rows: list[Row], left: dict[str, str]) -> None:
    orders.replace(orders.frame(rows), predicate)
    assert orders.amounts() == left


def test_replacing_touches_no_other_partition(orders: Orders) -> None:
    def files(month: date) -> set[str]:
        actions = orders.delta().get_add_actions(flatten=True)
        found = zip(actions["path"].to_pylist(), actions["partition.month"].to_pylist(), strict=True)
        return {path for path, value in found if str(value) == str(month)}

    january, february = files(JANUARY), files(FEBRUARY)
    orders.replace(orders.frame([row("o4", FEBRUARY, "4.40")]), "month in (date'2024-02-01')")
    assert files(JANUARY) == january
    assert files(FEBRUARY).isdisjoint(february)


def test_a_table_may_be_replaced_by_what_is_read_from_it(orders: Orders) -> None:
    doubled = orders.lake.read(orders.spark, ORDERS).withColumn(
        "amount", verbs.multiply(F.col("amount"), F.lit(2), 18, 2)
    )
    orders.replace(doubled)
    assert orders.amounts() == {"o1": "2.20", "o2": "4.40", "o3": "6.60"}


def test_commit_names_its_run(orders: Orders) -> None:
    orders.replace(orders.frame(FIRST), userMetadata="run-7")
    assert orders.delta().history(1)[0]["userMetadata"] == "run-7"


class TestMerge:
    def test_inserts_what_is_new_and_updates_what_is_newer(self, orders: Orders) -> None:
        orders.merge(
            [row("o1", JANUARY, "9.10", version=2), row("o2", JANUARY, "9.20", version=1), row("o4", MARCH, "4")]
        )
        assert orders.amounts() == {"o1": "9.10", "o2": "2.20", "o3": "3.30", "o4": "4.00"}

    def test_moves_a_row_to_another_partition(self, orders: Orders) -> None:
        orders.merge([row("o1", MARCH, "1.10", version=2)])
        assert orders.amounts() == {"o1": "1.10", "o2": "2.20", "o3": "3.30"}
        [moved] = [each for each in orders.delta().to_pyarrow_table().to_pylist() if each["order_id"] == "o1"]
        assert moved["month"] == MARCH

    def test_again_changes_nothing_and_commits_nothing_more(self, orders: Orders) -> None:
        rows = [row("o1", JANUARY, "9.10", version=2), row("o4", MARCH, "4")]
        orders.merge(rows)
        before, version = orders.amounts(), orders.delta().version()
        orders.merge(rows)
        assert orders.amounts() == before
        assert orders.delta().version() in (version, version + 1)

    def test_with_partition_predicate_finds_the_same(self, orders: Orders) -> None:
        in_months = "t.order_id = s.order_id and t.month in (date'2024-01-01', date'2024-03-01')"
        orders.merge([row("o1", JANUARY, "9.10", version=2), row("o4", MARCH, "4")], on=in_months)
        assert orders.amounts() == {"o1": "9.10", "o2": "2.20", "o3": "3.30", "o4": "4.00"}

    def test_two_rows_for_one_key_are_an_error(self, orders: Orders) -> None:
        twice = [row("o1", JANUARY, "9.10", version=2), row("o1", JANUARY, "9.20", version=3)]
        with pytest.raises(Exception, match=r"(?i)multiple|cardinality"):
            orders.merge(twice)
        assert orders.amounts() == {"o1": "1.10", "o2": "2.20", "o3": "3.30"}

    def test_of_nothing_changes_nothing(self, orders: Orders) -> None:
        orders.merge([])
        assert orders.amounts() == {"o1": "1.10", "o2": "2.20", "o3": "3.30"}


@pytest.mark.parametrize("way", ["append", "replace", "merge"])
def test_null_in_a_required_column_is_an_error(orders: Orders, way: str) -> None:
    before = orders.amounts()
    broken: list[Any] = [("o4", MARCH, None, 1, None, None, None, None, None)]
    write: dict[str, Callable[[list[Any]], None]] = {
        "append": orders.append,
        "merge": orders.merge,
        "replace": lambda rows: orders.replace(orders.frame(rows)),
    }
    with pytest.raises(Exception, match=r"(?i)null"):
        write[way](broken)
    assert orders.amounts() == before


def test_every_version_can_be_read(orders: Orders) -> None:
    orders.merge([row("o1", JANUARY, "9.10", version=2)])
    latest = orders.delta().version()
    assert orders.amounts(version=0) == {}
    assert orders.amounts(version=1)["o1"] == "1.10"
    assert orders.amounts(version=latest)["o1"] == "9.10"


def test_restored_table_is_read_and_written_on(orders: Orders) -> None:
    orders.merge([row("o1", JANUARY, "9.10", version=2), row("o4", MARCH, "4")])
    orders.lake.restore(ORDERS, 1)
    assert orders.amounts() == {"o1": "1.10", "o2": "2.20", "o3": "3.30"}
    orders.merge([row("o1", JANUARY, "5.50", version=2)])
    assert orders.amounts()["o1"] == "5.50"


def test_checkpoints_change_nothing(orders: Orders) -> None:
    orders.delta().alter.set_table_properties({"delta.checkpointInterval": "2"})
    orders.append([row("o4", FEBRUARY, "4.40")])
    orders.append([row("o5", FEBRUARY, "5.50")])
    log = Path(orders.lake.uri(ORDERS), "_delta_log")
    assert list(log.glob("*.checkpoint.parquet"))
    orders.merge([row("o4", FEBRUARY, "0.40", version=2)])
    assert orders.amounts() == {"o1": "1.10", "o2": "2.20", "o3": "3.30", "o4": "0.40", "o5": "5.50"}
    assert orders.delta().to_pyarrow_table().num_rows == 5


def test_days_beyond_the_calendar_reform(orders: Orders) -> None:
    early = ("o0", day("0001-01-01"), dec("1"), 1, utc("0001-01-01T00:00:00.000001"), None, None, None, None)
    orders.append([early])
    [read] = [each for each in orders.delta().to_pyarrow_table().to_pylist() if each["order_id"] == "o0"]
    assert (read["month"], read["placed_at"]) == (early[1], early[4])
    assert verbs.to_arrow(orders.lake.read(orders.spark, ORDERS).where("order_id = 'o0'"))["month"].to_pylist() == [
        early[1]
    ]
