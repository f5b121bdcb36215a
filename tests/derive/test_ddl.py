"""CREATE TABLE as text, and what each engine makes of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from lakehouse.derive.ddl import create_table, identifier, literal
from lakehouse.derive.properties import table_properties
from lakehouse.derive.schema import arrow_schema
from lakehouse.runs.catalog import GOLD
from lakehouse.table import AMOUNT, BINARY, BOOLEAN, DATE, STRING, STRINGS, Field, Layer, Privacy, Table

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "ddl"
GOLD_TABLES = [model.table for model in GOLD]

AWKWARD = (
    "it's",
    "\\",
    "\\'",
    "ends in \\",
    "a'; drop table orders; --",
    "${spark.app.name}",
    "$${env:HOME}",
    "\\u0041 \\n %\\_",
    "two\nlines\tand\rmore",
    '"double" `back`',
    "/* comment */",
    "nul\0nul",
    "ä … 😀",
)


@pytest.mark.parametrize("table", GOLD_TABLES, ids=lambda table: table.name)
def test_ddl_of_a_gold_table(table: Table) -> None:
    path = GOLDEN / f"{table.name}.sql"
    ddl = create_table(table, f"s3://lake/{table.path}") + "\n"
    if "UPDATE_GOLDEN" in os.environ:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ddl, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == ddl


def test_there_is_a_file_for_every_gold_table_and_for_no_other() -> None:
    assert {path.stem for path in GOLDEN.glob("*.sql")} == {table.name for table in GOLD_TABLES}


def read_back(spark: SparkSession, *texts: str) -> list[str]:
    return list(spark.sql(f"select {', '.join(map(literal, texts))}").collect()[0])


def test_an_awkward_text_is_read_as_it_is(spark: SparkSession) -> None:
    assert read_back(spark, *AWKWARD) == list(AWKWARD)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(
        st.text(st.sampled_from("\\'\"`${}nu04;-/*% \n\t") | st.characters(codec="utf-8"), max_size=12),
        min_size=20,
        max_size=40,
    )
)
def test_any_text_is_read_as_it_is(spark: SparkSession, texts: list[str]) -> None:
    assert read_back(spark, *texts) == texts


def test_an_identifier_holds_its_quotes() -> None:
    assert identifier("order`; drop") == "`order``; drop`"


@pytest.fixture
def awkward() -> Table:
    described = [
        Field(f"text_{number}", STRING, f"{text} and.", nullable=True)
        for number, text in enumerate(AWKWARD)
        if "\0" not in text
    ]
    return Table(
        Layer.GOLD,
        "awkward",
        grain="It's 'one' row\\.",
        fields=(
            Field("order_month", DATE, "First day of the month."),
            Field("order_id", STRING, "Key of the order."),
            Field("amount", AMOUNT, "What was paid.", nullable=True),
            Field("tags", STRINGS, "What it is about.", nullable=True),
            *described,
        ),
        primary_key=("order_id",),
        partition_by=("order_month",),
    )


def test_the_engine_creates_the_table_as_declared(spark: SparkSession, tmp_path: Path, awkward: Table) -> None:
    location = tmp_path / "awkward"
    spark.sql("create database if not exists gold").collect()
    try:
        spark.sql(create_table(awkward, str(location))).collect()
        spark.sql(create_table(awkward, str(location))).collect()  # it is there already
        delta = DeltaTable(location)
        found = {field.name: field for field in delta.schema().fields}
        assert list(found) == list(awkward.field_names)
        for field in awkward.fields:
            assert found[field.name].metadata["comment"] == field.description
            assert found[field.name].nullable == field.nullable
        assert delta.schema().to_arrow().field("amount").type == arrow_schema(awkward).field("amount").type
        assert delta.metadata().partition_columns == ["order_month"]
        assert delta.metadata().description == awkward.grain
        assert table_properties(awkward).items() <= delta.metadata().configuration.items()
    finally:
        spark.sql("drop table if exists gold.awkward").collect()
        spark.sql("drop database gold").collect()


def test_statistics_are_kept_of_nothing_that_names_a_person() -> None:
    table = Table(
        Layer.SILVER,
        "people",
        "One row per person.",
        (
            Field("person_id", STRING, "The person.", privacy=Privacy.PII_INDIRECT),
            Field("email", STRING, "The address.", privacy=Privacy.PII_DIRECT),
            Field("is_new", BOOLEAN, "Whether new."),
            Field("raw", BINARY, "As sent."),
            Field("tags", STRINGS, "The tags."),
            Field("joined_month", DATE, "The month."),
        ),
        ("person_id",),
        partition_by=("joined_month",),
    )
    assert table_properties(table)["delta.dataSkippingStatsColumns"] == "`person_id`"


def test_no_engine_removes_on_its_own_what_a_snapshot_needs() -> None:
    table = Table(Layer.GOLD, "t", "One row.", (Field("a", STRING, "A."),), ("a",))
    assert table_properties(table).items() >= {
        ("delta.deletedFileRetentionDuration", "interval 400 days"),
        ("delta.logRetentionDuration", "interval 400 days"),
        ("delta.enableExpiredLogCleanup", "false"),
    }
