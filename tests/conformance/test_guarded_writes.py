"""The one guarded write, on each engine: what engines let through in silence is an error, and writes converge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from deltalake import Schema, write_deltalake
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse import verbs
from lakehouse.derive.schema import arrow_schema
from lakehouse.errors import ContractError, IntegrityError, LockedError, StorageError
from lakehouse.settings import Storage
from lakehouse.storage.lake import Lake
from lakehouse.storage.write import Commit, Partitions, Writer
from lakehouse.table import AMOUNT, BIGINT, DATE, STRING, UNIT_PRICE, Field, Layer, Privacy, Table
from tests.rows import arrow_rows, rows

PRICES = Table(
    Layer.SILVER,
    "prices",
    "One row per product.",
    (
        Field("product_id", STRING, "The product."),
        Field("month", DATE, "The partition."),
        Field("price_amount", AMOUNT, "What it costs."),
        Field("seller", STRING, "Who sells it.", nullable=True, privacy=Privacy.PII_DIRECT),
        Field("_version", BIGINT, "The newest wins."),
        Field("_row_hash", STRING, "Decides between equal versions."),
    ),
    primary_key=("product_id",),
    partition_by=("month",),
)
JANUARY, FEBRUARY = "2024-01-01", "2024-02-01"
Given = Mapping[str, Any]


def price(product: str, amount: int, month: str = JANUARY, version: int = 1, content: str = "h") -> Given:
    return {"product_id": product, "price_amount": amount, "month": month, "_version": version, "_row_hash": content}


A, B, C = price("a", 1), price("b", 2), price("c", 3, FEBRUARY)


class Prices:
    """The table in a lake of its own, and the writer of one run."""

    def __init__(self, root: Path, spark: SparkSession) -> None:
        self.lake, self.spark = Lake(str(root), Storage()), spark
        self.writer = Writer(self.lake, spark, "run-1")

    def frame(self, *given: Given) -> DataFrame:
        return rows(self.spark, PRICES, *given)

    def replace(self, *given: Given, scope: Partitions | None = None) -> Commit:
        return self.writer.replace(PRICES, self.frame(*given), scope)

    def put(self, *given: Given, scope: Partitions | None = None) -> Commit:
        return self.writer.put(PRICES, arrow_rows(PRICES, *given).to_batches(), scope)

    def seed(self, *given: Given) -> None:
        """Rows put there without an engine."""
        self.lake.create(PRICES)
        write_deltalake(self.lake.uri(PRICES), arrow_rows(PRICES, *given), mode="append")
        self.lake.forget()

    def amounts(self) -> dict[str, int]:
        table = self.lake.delta(PRICES).to_pyarrow_table(columns=["product_id", "price_amount"])
        assert table.num_rows == len(set(table["product_id"].to_pylist()))
        return {row["product_id"]: int(row["price_amount"]) for row in table.to_pylist()}

    @property
    def version(self) -> int | None:
        return self.lake.version(PRICES)


WAYS = ["replace", "put"]
"""By the engine, and in this process."""


def write(prices: Prices, way: str, table: Table, frame: DataFrame, scope: Partitions | None = None) -> Commit:
    if way == "put":
        return prices.writer.put(table, verbs.to_arrow(frame).to_batches(), scope)
    return prices.writer.replace(table, frame, scope)


@pytest.fixture
def prices(tmp_path: Path, spark: SparkSession) -> Prices:
    return Prices(tmp_path, spark)


def months(*names: str) -> Partitions:
    return Partitions("month", names)


@pytest.mark.parametrize("way", WAYS)
def test_a_table_that_was_never_written_is_created_first(prices: Prices, way: str) -> None:
    commit = getattr(prices, way)(A, C, scope=months(JANUARY, FEBRUARY))
    assert (commit.before, commit.version, commit.changed) == (0, 1, True)
    assert prices.amounts() == {"a": 1, "c": 3}
    assert prices.lake.delta(PRICES).history(1)[0]["userMetadata"] == "run-1"
    nullable = {field.name: field.nullable for field in prices.lake.delta(PRICES).schema().fields}
    assert nullable == {field.name: field.nullable for field in PRICES.fields}


def changed(**fields: Field) -> Table:
    """The table as a later release may declare it."""
    return replace(PRICES, fields=(*(fields.pop(field.name, field) for field in PRICES.fields), *fields.values()))


COLOUR = Field("colour", STRING, "Added later.", nullable=True)
LATER = changed(colour=COLOUR, price_amount=Field("price_amount", UNIT_PRICE, "Now with four digits."))


def test_a_table_made_anew_is_stored_as_it_is_declared_by_now(prices: Prices) -> None:
    prices.seed(A, C)
    frame = rows(prices.spark, LATER, {**B, "price_amount": "2.1234", "colour": "red"})
    assert prices.writer.replace(LATER, frame).before == 2
    again = prices.writer.replace(LATER, frame)
    assert again.version <= again.before + 1
    delta = prices.lake.delta(LATER)
    (row,) = delta.to_pyarrow_table().to_pylist()
    assert (row["product_id"], str(row["price_amount"]), row["colour"]) == ("b", "2.1234", "red")
    assert delta.schema() == Schema.from_arrow(arrow_schema(LATER))
    assert delta.metadata().partition_columns == ["month"]
    assert prices.lake.delta(PRICES, 1).to_pyarrow_table().num_rows == 2


@pytest.mark.parametrize("way", WAYS)
def test_a_table_written_in_part_gets_its_new_columns_first(prices: Prices, way: str) -> None:
    prices.seed(A)
    later = changed(colour=COLOUR)
    write(prices, way, later, rows(prices.spark, later, {**C, "colour": "red"}), months(FEBRUARY))
    stored = prices.lake.delta(later).to_pyarrow_table(columns=["product_id", "colour"]).to_pylist()
    assert {row["product_id"]: row["colour"] for row in stored} == {"a": None, "c": "red"}


@pytest.mark.parametrize("way", WAYS)
def test_rows_out_of_the_scope_are_refused(prices: Prices, way: str) -> None:
    prices.seed(A)
    # Sail takes such rows, and the files that it added tell.
    told = (IntegrityError, StorageError) if way == "replace" else IntegrityError
    with pytest.raises(told, match=r"silver\.prices"):
        getattr(prices, way)(price("a", 9), price("x", 9, FEBRUARY), scope=months(JANUARY))


@pytest.mark.parametrize("way", WAYS)
def test_only_the_scope_is_replaced_also_by_nothing(prices: Prices, way: str) -> None:
    prices.seed(A, B, C)
    assert getattr(prices, way)(scope=months(JANUARY)).changed
    assert prices.amounts() == {"c": 3}


def test_nothing_in_place_of_nothing_is_no_commit(prices: Prices) -> None:
    prices.seed(C)
    assert not prices.replace(scope=months("2023-01-01")).version > 1
    assert prices.amounts() == {"c": 3}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda frame: frame.withColumn("colour", F.lit("red")), "unexpected column 'colour'"),
        (lambda frame: frame.drop("seller"), "missing column 'seller'"),
        (lambda frame: frame.withColumn("price_amount", F.lit("12.00")), "'price_amount' is string"),
        (lambda frame: frame.withColumn("price_amount", F.lit(1.2567).cast("decimal(18,4)")), "is decimal"),
    ],
    ids=["extra column", "missing column", "text for a number", "more digits"],
)
@pytest.mark.parametrize("way", WAYS)
def test_a_frame_that_is_not_as_declared_is_refused(
    prices: Prices, change: Callable[[DataFrame], DataFrame], told: str, way: str
) -> None:
    with pytest.raises(ContractError, match=told):
        write(prices, way, PRICES, change(prices.frame(A)))
    assert not prices.version


def test_columns_are_matched_by_name(prices: Prices) -> None:
    reordered = prices.frame(A).select(*reversed(PRICES.field_names))
    prices.writer.replace(PRICES, reordered)
    assert prices.amounts() == {"a": 1}
    write(prices, "put", PRICES, prices.frame(B).select(*reversed(PRICES.field_names)))
    assert prices.amounts() == {"b": 2}


@pytest.mark.parametrize(
    ("way", "told"),
    [("replace", "could not be written: "), ("put", "column 'price_amount' has 1 nulls, and is declared to have none")],
)
def test_null_in_a_required_column_is_refused_and_no_value_is_told(prices: Prices, way: str, told: str) -> None:
    prices.seed(A)
    broken = prices.frame(price("secret", 7)).withColumn("price_amount", verbs.parse_decimal(F.lit("x"), 18, 2))
    with pytest.raises((StorageError, ContractError), match=rf"silver\.prices.*[\s\S]*{told}") as refused:
        write(prices, way, PRICES, broken)
    assert "secret" not in str(refused.value)
    assert prices.amounts() == {"a": 1}


@pytest.mark.parametrize("way", WAYS)
def test_another_writers_commit_is_seen(prices: Prices, way: str) -> None:
    prices.seed(A)
    commits: list[Given] = [B]

    def meanwhile() -> None:
        if commits:
            prices.seed(commits.pop())

    prices.writer = replace(prices.writer, lake=replace(prices.lake, before_commit=meanwhile))
    with pytest.raises(IntegrityError, match="another writer is at work"):
        getattr(prices, way)(C)


class _Unwritten:
    """A frame whose write is answered and never done."""

    def __init__(self, frame: DataFrame) -> None:
        self.sparkSession, self.write = frame.sparkSession, self

    def __getattr__(self, _name: str) -> Callable[..., _Unwritten]:
        return lambda *_arguments, **_options: self


@pytest.mark.parametrize("scope", [None, months(JANUARY)], ids=["whole", "scope"])
def test_a_lost_commit_is_seen(prices: Prices, scope: Partitions | None, monkeypatch: pytest.MonkeyPatch) -> None:
    prices.lake.create(PRICES)
    monkeypatch.setattr(verbs, "spread_for_writing", lambda frame, _partition_by: _Unwritten(frame))
    with pytest.raises(IntegrityError, match="our commit to be version 1, and found version 0"):
        prices.replace(A, scope=scope)
    assert prices.replace(scope=scope).changed is False
    prices.seed(A)
    with pytest.raises(IntegrityError, match="our commit to be version 2, and found version 1"):
        prices.replace(scope=scope)


@pytest.mark.parametrize("way", WAYS)
def test_a_scope_is_a_partition(prices: Prices, way: str) -> None:
    with pytest.raises(ValueError, match="not partitioned by product_id"):
        getattr(prices, way)(A, scope=Partitions("product_id", ["a"]))


def test_the_log_names_nobody(prices: Prices) -> None:
    prices.replace({**A, "seller": "Ann Smith"})
    prices.put({**B, "seller": "Bob Jones"}, {**C, "seller": "Cyd Brown"})
    prices.put({**C, "seller": "Cyd Brown"}, scope=months(FEBRUARY))
    log = "".join(path.read_text() for path in Path(prices.lake.uri(PRICES), "_delta_log").glob("*.json"))
    assert "product_id" in log
    assert not [name for name in ("Ann Smith", "Bob Jones", "Cyd Brown") if name in log]


def test_a_table_that_is_not_there_is_an_error_and_not_empty(prices: Prices) -> None:
    with pytest.raises(Exception, match=r"(?i)delta|exist|found|path"):
        prices.lake.read(prices.spark, PRICES).count()
    prices.seed(A)
    with pytest.raises(Exception, match=r"(?i)version"):
        prices.lake.read(prices.spark, PRICES, 7).count()


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_damaged_data_file_is_an_error_and_not_fewer_rows(prices: Prices, damage: str) -> None:
    prices.seed(*(price(f"p{number}", number) for number in range(50)))
    [path] = Path(prices.lake.uri(PRICES)).glob("month=*/*.parquet")
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-40])
    else:
        path.unlink()
    with pytest.raises(Exception, match=r".+"):
        prices.lake.read(prices.spark, PRICES).agg(F.max("price_amount")).collect()
    with pytest.raises(Exception, match=r".+"):
        prices.lake.delta(PRICES).to_pyarrow_table(columns=["price_amount"])


def test_a_table_gets_the_columns_that_are_declared_later(prices: Prices) -> None:
    prices.seed(A)
    note = Field("note", STRING, "Why.", nullable=True)
    wider = replace(PRICES, fields=(*PRICES.fields, note))
    assert prices.lake.evolve(wider) == wider
    # The narrower declaration writes on, and loses nothing of what the wider one wrote.
    prices.writer.replace(wider, rows(prices.spark, wider, {**C, "note": "sale"}), months(FEBRUARY))
    stored = prices.lake.evolve(PRICES)
    assert stored.field_names == wider.field_names
    given = prices.frame(B).withColumn("note", F.lit(None).cast("string"))
    prices.writer.replace(stored, given, months(JANUARY))
    found = prices.lake.read(prices.spark, wider).select("product_id", "note").collect()
    assert {row[0]: row[1] for row in found} == {"b": None, "c": "sale"}
    commits = prices.version
    assert prices.lake.evolve(wider) == wider
    assert prices.version == commits


@pytest.mark.parametrize(
    "mixed",
    [
        lambda prices: prices.frame(A).unionByName(prices.frame(B).withColumn("_version", F.lit("x"))),
        lambda prices: prices.frame(A).withColumn("_version", F.coalesce(F.lit(None).cast("bigint"), F.lit("x"))),
    ],
    ids=["union", "coalesce"],
)
def test_types_that_do_not_go_together_are_an_error(prices: Prices, mixed: Callable[[Prices], DataFrame]) -> None:
    prices.seed(C)
    with pytest.raises(Exception, match=r"(?i)written|cast|number|type|invalid"):
        prices.writer.replace(PRICES, mixed(prices))
    assert prices.amounts() == {"c": 3}


def test_a_damaged_checkpoint_costs_no_row_in_silence(prices: Prices) -> None:
    prices.seed(A)
    prices.seed(B)
    prices.lake.delta(PRICES).create_checkpoint()
    prices.seed(C)
    log = Path(prices.lake.uri(PRICES), "_delta_log")
    [checkpoint] = log.glob("*.checkpoint.parquet")
    checkpoint.write_bytes(checkpoint.read_bytes()[:-30])

    def count() -> int | str:
        try:
            return prices.lake.read(prices.spark, PRICES).count()
        except Exception as error:  # each engine has its own class
            return type(error).__name__

    assert count() == 3 or isinstance(count(), str)
    checkpoint.unlink()
    (log / "_last_checkpoint").write_text("{")
    assert count() == 3 or isinstance(count(), str)
    (log / "_last_checkpoint").unlink()
    assert count() == 3


# ── who may no longer write ───────────────────────────────────────────────────────────────────────────────────────────


WRITES: dict[str, Callable[[Prices], Commit]] = {
    "replace": lambda prices: prices.replace(B),
    "replace a scope": lambda prices: prices.replace(B, scope=months(JANUARY)),
    "put": lambda prices: prices.put(B),
    "put into a scope": lambda prices: prices.put(B, scope=months(JANUARY)),
}


@pytest.mark.parametrize("way", WRITES)
def test_who_lost_the_lake_commits_nothing(prices: Prices, way: str) -> None:
    prices.seed(A, C)

    def refuse() -> None:
        raise LockedError("lost")

    prices.writer = replace(prices.writer, lake=replace(prices.lake, before_commit=refuse))
    with pytest.raises(LockedError, match=r"^lost$"):
        WRITES[way](prices)
    assert prices.lake.version(PRICES) == 1
