"""Answers by a Spark session as by DuckDB, of tables in memory as of files, at the versions that are pinned."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from shutil import copytree

import pytest
from deltalake import DeltaTable, write_deltalake
from pyspark.sql import SparkSession

import lakehouse
from lakehouse.ask.asking import ask
from lakehouse.ask.engines import DuckDB, SparkEngine
from lakehouse.ask.lake import Lake, question_of
from lakehouse.errors import IntegrityError
from lakehouse.semantic.query import Query
from tests.cli.command import CONF
from tests.cli.conftest import PublishedShop

QUESTIONS = [
    question_of(["total_revenue", "revenue_growth_rate", "active_customers"], grain="month"),
    question_of(["total_orders", "average_order_value"], by=["country", "age_band"], grain="total"),
    question_of("total_revenue", compare=["previous_period", "previous_year_to_date"], grain="week"),
    question_of("cohort_retention_rate", grain="week"),
]


@pytest.fixture(scope="module")
def opened(published_shop: PublishedShop) -> Lake:
    return lakehouse.open(published_shop.lake, conf=CONF)


@pytest.mark.parametrize("question", QUESTIONS, ids=["kpi tables", "facts", "comparisons", "cohorts"])
def test_an_answer_is_that_of_duckdb(opened: Lake, spark: SparkSession, question: Query) -> None:
    engine = SparkEngine(opened.snapshot, spark)
    by_spark = ask(opened.snapshot, opened.definitions, question, engine, lambda: engine)
    expected = opened.ask(question).rows.to_pylist()
    assert by_spark.rows.to_pylist() == expected
    assert [row.asDict() for row in by_spark.to_spark().collect()] == expected


def test_a_table_is_read_at_its_published_version(
    published_shop: PublishedShop, spark: SparkSession, tmp_path: Path
) -> None:
    copytree(published_shop.lake, tmp_path / "lake")
    opened = lakehouse.open(tmp_path / "lake", conf=CONF)
    before = opened.table("fact_orders").to_arrow()["total_amount"].to_pylist()
    path = tmp_path / "lake" / "gold" / "fact_orders"
    write_deltalake(path, DeltaTable(path).to_pyarrow_table().slice(0, 1), mode="overwrite")
    DeltaTable(path).create_checkpoint()
    frame = SparkEngine(opened.snapshot, spark).table("fact_orders")
    amounts: list[Decimal] = sorted(row["total_amount"] for row in frame.select("total_amount").collect())
    assert amounts == sorted(before)


@pytest.mark.parametrize("question", QUESTIONS, ids=["kpi tables", "facts", "comparisons", "cohorts"])
def test_tables_in_memory_answer_as_files_do(opened: Lake, monkeypatch: pytest.MonkeyPatch, question: Query) -> None:
    in_memory = ask(opened.snapshot, opened.definitions, question, DuckDB(opened.snapshot))
    monkeypatch.setattr("lakehouse.ask.engines.KEPT_BYTES", 0)
    of_files = ask(opened.snapshot, opened.definitions, question, DuckDB(opened.snapshot))
    assert in_memory.records == of_files.records == of_files.rows.to_pylist()
    assert in_memory.rows == of_files.rows


@pytest.mark.parametrize("kept_bytes", [0, 10**9], ids=["files", "in memory"])
def test_a_damaged_file_is_named(
    published_shop: PublishedShop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kept_bytes: int
) -> None:
    monkeypatch.setattr("lakehouse.ask.engines.KEPT_BYTES", kept_bytes)
    copytree(published_shop.lake, tmp_path / "lake")
    for path in (tmp_path / "lake" / "gold" / "coverage").glob("*.parquet"):
        path.write_bytes(path.read_bytes()[:100])
    answer = lakehouse.open(tmp_path / "lake", conf=CONF).query("total_orders")
    with pytest.raises(IntegrityError, match=r"^a published table can not be read: .*part-"):
        list(answer.records)
