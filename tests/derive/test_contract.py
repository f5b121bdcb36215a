"""The contract check: every discrepancy at once, each with the line that mends it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.derive.contract import conform
from lakehouse.errors import ContractError
from lakehouse.table import AMOUNT, BIGINT, DATE, INTEGER, STRING, STRINGS, TIMESTAMP, Field, Layer, Table
from tests.rows import rows

TABLE = Table(
    Layer.GOLD,
    "fact_sales",
    "One row per sale.",
    fields=(
        Field("sale_key", STRING, "Surrogate key of the sale."),
        Field("sold_at", TIMESTAMP, "When it was sold, UTC."),
        Field("sale_date", DATE, "Business day of the sale."),
        Field("line_count", INTEGER, "Lines of the sale."),
        Field("row_number", BIGINT, "Number of the row."),
        Field("total_amount", AMOUNT, "What was charged."),
        Field("tags", STRINGS, "What it is about.", nullable=True),
    ),
    primary_key=("sale_key",),
)


@pytest.fixture(scope="module")
def frame(spark: SparkSession) -> DataFrame:
    return rows(spark, TABLE, {"sale_key": "a"})


def told(frame: DataFrame) -> list[str]:
    with pytest.raises(ContractError) as caught:
        conform(frame, TABLE)
    heading, *lines = str(caught.value).splitlines()
    assert heading == "gold.fact_sales does not match its declaration:"
    return [line.removeprefix("  ") for line in lines]


def mistyped(name: str, actual: str, declared: str) -> str:
    return f'column {name!r} is {actual}, declared {declared}: cast it, F.col("{name}").cast("{declared}")'


def test_what_is_as_declared_passes(frame: DataFrame) -> None:
    assert conform(frame, TABLE).collect() == frame.collect()


def test_columns_come_out_in_the_declared_order(frame: DataFrame) -> None:
    shuffled = frame.select(*reversed(frame.columns))
    assert conform(shuffled, TABLE).columns == list(TABLE.field_names)


def test_nullability_is_not_looked_at_here_but_where_it_is_written(frame: DataFrame) -> None:
    # To every engine most expressions may be null; a null itself is refused by the table.
    conform(frame.withColumn("sale_key", F.when(F.col("line_count") > 0, F.col("sale_key"))), TABLE)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            lambda frame: frame.drop("sale_date"),
            "missing column 'sale_date': add it to the transform's select, as date",
        ),
        (
            lambda frame: frame.withColumn("colour", F.lit("red")),
            "unexpected column 'colour': drop it, or declare Field('colour', 'string', \"…\")",
        ),
        (
            lambda frame: frame.withColumn("line_count", F.lit(1).cast("bigint")),
            mistyped("line_count", "bigint", "int"),
        ),
        (
            lambda frame: frame.withColumn("row_number", F.lit(1).cast("int")),
            mistyped("row_number", "int", "bigint"),
        ),
        (
            lambda frame: frame.withColumn("total_amount", F.lit(1).cast("decimal(19,2)")),
            mistyped("total_amount", "decimal(19,2)", AMOUNT),
        ),
        (
            lambda frame: frame.withColumn("total_amount", F.lit(1).cast("decimal(18,4)")),
            mistyped("total_amount", "decimal(18,4)", AMOUNT),
        ),
        (
            lambda frame: frame.withColumn("total_amount", F.lit(1).cast("double")),
            mistyped("total_amount", "double", AMOUNT),
        ),
        (
            lambda frame: frame.withColumn("sold_at", F.lit("2026-01-01")),
            mistyped("sold_at", "string", "timestamp"),
        ),
        (
            lambda frame: frame.withColumn("sold_at", F.col("sold_at").cast("date")),
            mistyped("sold_at", "date", "timestamp"),
        ),
        (
            lambda frame: frame.withColumn("tags", F.lit("a,b")),
            mistyped("tags", "string", "array<string>"),
        ),
    ],
    ids=[
        "missing",
        "unexpected",
        "too wide an integer",
        "too narrow an integer",
        "another precision",
        "another scale",
        "not exact",
        "text for a time",
        "a date for a time",
        "text for an array",
    ],
)
def test_one_discrepancy(frame: DataFrame, change: Callable[[DataFrame], DataFrame], line: str) -> None:
    assert told(change(frame)) == [line]


def test_all_discrepancies_at_once(frame: DataFrame) -> None:
    wrong = (
        frame.drop("tags", "sale_date")
        .withColumnRenamed("sold_at", "sale_at")
        .withColumn("line_count", F.lit("1"))
        .withColumn("row_number", F.lit(1.5))
        .withColumn("colour", F.lit("red"))
    )
    assert told(wrong) == [
        "missing column 'sold_at': add it to the transform's select, as timestamp (is it 'sale_at'?)",
        "missing column 'sale_date': add it to the transform's select, as date",
        "missing column 'tags': add it to the transform's select, as array<string>",
        "unexpected column 'sale_at': drop it, or declare Field('sale_at', 'timestamp', \"…\")",
        "unexpected column 'colour': drop it, or declare Field('colour', 'string', \"…\")",
        mistyped("line_count", "string", "int"),
        mistyped("row_number", "double", "bigint"),
    ]


def test_a_name_in_another_case_is_another_name(frame: DataFrame) -> None:
    assert told(frame.withColumnRenamed("tags", "Tags")) == [
        "missing column 'tags': add it to the transform's select, as array<string> (is it 'Tags'?)",
        "unexpected column 'Tags': drop it, or declare Field('Tags', 'array<string>', \"…\")",
    ]


def test_a_column_that_is_there_twice_is_told(frame: DataFrame) -> None:
    (line,) = told(frame.select("*", F.lit("b").alias("sale_key")))
    assert line == "column 'sale_key' is there 2 times: name it once in the transform's select"
