from __future__ import annotations

import random
from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import pairwise
from typing import Any

import pytest
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F

from lakehouse import verbs
from tests.conformance.cases import dec


def shares(spark: SparkSession, total: str, weights: list[str | None], type_: str = "decimal(18,2)") -> list[Any]:
    rows = [(1, dec(total), None if weight is None else dec(weight)) for weight in weights]
    kind, values = allocated(spark, f"total decimal(18,2), weight {type_}", rows)
    assert kind == "decimal(18,2)"
    return [str(value) for value in values]


@pytest.mark.parametrize(
    ("total", "weights", "expected"),
    [
        pytest.param("10.00", ["1", "1", "1"], ["3.33", "3.34", "3.33"], id="a cent left over"),
        pytest.param("-10.00", ["1", "1", "1"], ["-3.33", "-3.34", "-3.33"], id="a refund"),
        pytest.param("0.01", ["1", "1", "1"], ["0.00", "0.01", "0.00"], id="one cent"),
        pytest.param("10.00", ["2.50", "0", "7.50"], ["2.50", "0.00", "7.50"], id="the parts themselves"),
        pytest.param("5.00", ["7.50", "-2.50"], ["7.50", "-2.50"], id="parts of mixed sign"),
        pytest.param("10.00", ["0", "0", "0"], ["3.33", "3.34", "3.33"], id="no weight: evenly"),
        pytest.param("1.00", ["5", "-5"], ["0.50", "0.50"], id="weights that cancel out: evenly"),
        pytest.param("1.00", ["1", None, "1"], ["0.50", "0.00", "0.50"], id="null weighs nothing"),
        pytest.param("0.00", ["1", "2"], ["0.00", "0.00"], id="nothing to spread"),
        pytest.param("9999999999999.99", ["1", "2"], ["3333333333333.33", "6666666666666.66"], id="a large total"),
    ],
)
def test_spreads_to_the_cent(spark: SparkSession, total: str, weights: list[str | None], expected: list[str]) -> None:
    assert shares(spark, total, weights) == expected


def test_weights_may_be_prices(spark: SparkSession) -> None:
    assert shares(spark, "1.00", ["0.3333", "0.6667"], "decimal(18,4)") == ["0.33", "0.67"]


def test_digits_that_do_not_suffice_are_an_error(spark: SparkSession) -> None:
    with pytest.raises(Exception, match=r"(?i)overflow|out of range|too large|cannot be represented"):
        shares(spark, "9999999999999999.99", ["9999999999999999.99", "0.01"])


def test_any_partition_adds_up(spark: SparkSession) -> None:
    chance = random.Random(7)
    rows, expected = [], []
    for order in range(200):
        total = Decimal(chance.randint(-10_000, 1_000_000)).scaleb(-2)
        weights = [Decimal(chance.randint(-300, 3_000)).scaleb(-2) for _ in range(chance.randint(1, 6))]
        rows += [(order, total, weight) for weight in weights]
        expected += spread(total, weights)
    _, values = allocated(spark, "total decimal(18,2), weight decimal(18,2)", rows)
    assert values == expected
    for order in range(200):
        [total] = {row[1] for row in rows if row[0] == order}
        assert sum(value for row, value in zip(rows, values, strict=True) if row[0] == order) == total


def allocated(spark: SparkSession, schema: str, rows: list[tuple[Any, ...]]) -> tuple[str, list[Any]]:
    """Type and values of each row's share of its order's total."""
    numbered = [(number, *row) for number, row in enumerate(rows)]
    frame = spark.createDataFrame(numbered, f"_number int, order int, {schema}")
    placed = frame.withColumn("_place", F.row_number().over(Window.partitionBy("order").orderBy("_number")))
    result = verbs.allocate(placed, {"share": ("total", "weight")}, ["order"], "_place")
    found = {row["_number"]: row["share"] for row in verbs.to_arrow(result).to_pylist()}
    return result.schema["share"].dataType.simpleString(), [found[number] for number in range(len(rows))]


def spread(total: Decimal, weights: list[Decimal]) -> list[Decimal]:
    """The same by Python's own decimals."""
    if sum(weights) == 0:
        weights = [Decimal(1)] * len(weights)
    with localcontext(prec=60):
        due = [
            (total * sum(weights[:count]) / sum(weights)).quantize(Decimal("0.01"), ROUND_HALF_UP)
            for count in range(len(weights) + 1)
        ]
        return [after - before for before, after in pairwise(due)]
