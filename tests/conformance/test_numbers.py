from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import pytest
from pyspark.sql import Column, SparkSession, Window
from pyspark.sql import functions as F

from lakehouse import verbs
from tests.conformance.cases import Case, dec, evaluate, parametrised

CASES = [
    Case(
        "decimal",
        "x string",
        lambda: verbs.parse_decimal(F.col("x"), 18, 2),
        "decimal(18,2)",
        {
            "1": dec("1.00"),
            "-1.5": dec("-1.50"),
            "+1.50": dec("1.50"),
            "1.500": dec("1.50"),
            "1.50" + "0" * 40: dec("1.50"),
            "0" * 40 + "12.3": dec("12.30"),
            ".5": dec("0.50"),
            "-.05": dec("-0.05"),
            "-0.00": dec("0.00"),
            "9999999999999999.99": dec("9999999999999999.99"),
            "-9999999999999999.99": dec("-9999999999999999.99"),
            "10000000000000000": None,
            "10000000000000000000": None,
            "1.505": None,
            "1e3": None,
            "1E-2": None,
            "NaN": None,
            "Infinity": None,
            "": None,
            ".": None,
            "-": None,
            " ": None,
            " 1": None,
            "1 ": None,
            "1\n": None,
            "5.": None,
            "1,5": None,
            "1.5.0": None,
            "--1": None,
            "0x10": None,
            "1_000": None,
            "١٢": None,
            "1.5f": None,
            None: None,
        },
    ),
    Case(
        "decimal with comma and groups",
        "x string",
        lambda: verbs.parse_decimal(F.col("x"), 18, 2, ",", "."),
        "decimal(18,2)",
        {
            "1": dec("1.00"),
            "1234,56": dec("1234.56"),
            "1.234,56": dec("1234.56"),
            "-1.234.567,8": dec("-1234567.80"),
            "1.234": dec("1234.00"),
            "12.34,56": None,
            "1.23": None,
            ".123": None,
            "1.234.": None,
            "1,234": None,
            "1.234,567": None,
            "9.999.999.999.999.999,99": dec("9999999999999999.99"),
            "99.999.999.999.999.999,99": None,
            None: None,
        },
    ),
    Case(
        "decimal with groups by blank",
        "x string",
        lambda: verbs.parse_decimal(F.col("x"), 18, 4, ".", " "),
        "decimal(18,4)",
        {"1 234.5": dec("1234.5"), "1 23": None, " 123": None},
    ),
    Case(
        "decimal with groups that mean something in a regular expression",
        "x string",
        lambda: verbs.parse_decimal(F.col("x"), 18, 2, "|", "^"),
        "decimal(18,2)",
        {"1^234|5": dec("1234.5"), "1234": dec("1234"), "1.5": None},
    ),
    Case(
        "decimal without fraction",
        "x string",
        lambda: verbs.parse_decimal(F.col("x"), 5, 0),
        "decimal(5,0)",
        {"12345": dec("12345"), "123456": None, "1.0": dec("1"), "1.5": None, ".0": dec("0"), "00012345": dec("12345")},
    ),
    Case(
        "decimal without integer digits",
        "x string",
        lambda: verbs.parse_decimal(F.col("x"), 4, 4),
        "decimal(4,4)",
        {"0.1234": dec("0.1234"), "1.0": None, "0": dec("0"), "-.5": dec("-0.5")},
    ),
    Case(
        "integer",
        "x string",
        lambda: verbs.parse_integer(F.col("x")),
        "bigint",
        {
            "1": 1,
            "-1": -1,
            "+5": 5,
            "0" * 40 + "12": 12,
            "999999999999999999": 10**18 - 1,
            "-999999999999999999": -(10**18) + 1,
            "1000000000000000000": None,
            "12345.0": None,
            "1e3": None,
            "": None,
            " 1": None,
            "1\n": None,
            "٣": None,
            None: None,
        },
    ),
    Case(
        "rounding",
        "x decimal(18,4)",
        lambda: verbs.round_half_up(F.col("x"), 18, 2),
        "decimal(18,2)",
        {
            dec("1.2345"): dec("1.23"),
            dec("1.235"): dec("1.24"),
            dec("-1.235"): dec("-1.24"),
            dec("1.225"): dec("1.23"),
            dec("-0.004"): dec("0"),
            dec("0.0050"): dec("0.01"),
            None: None,
        },
    ),
    Case(
        "rounding a count",
        "x bigint",
        lambda: verbs.round_half_up(F.col("x"), 18, 2),
        "decimal(18,2)",
        {9999999999999999: dec("9999999999999999"), -1: dec("-1"), None: None},
    ),
    Case(
        "product of amount and rate",
        "x decimal(18,2), y decimal(18,8)",
        lambda: verbs.multiply(F.col("x"), F.col("y"), 18, 2),
        "decimal(18,2)",
        {
            (dec("10.05"), dec("0.5")): dec("5.03"),
            (dec("-10.05"), dec("0.5")): dec("-5.03"),
            (dec("9999999999999999.99"), dec("0.99999999")): dec("9999999899999999.99"),
            (dec("0.01"), dec("0.49999999")): dec("0"),
            (None, dec("1")): None,
        },
    ),
    Case(
        "product of price and quantity",
        "x decimal(18,4), y decimal(18,3)",
        lambda: verbs.multiply(F.col("x"), F.col("y"), 18, 2),
        "decimal(18,2)",
        {(dec("0.3333"), dec("3")): dec("1.00"), (dec("1.2345"), dec("0.001")): dec("0")},
    ),
    Case(
        "quotient of amount and count",
        "x decimal(18,2), y bigint",
        lambda: verbs.quotient(F.col("x"), F.col("y"), 2),
        "decimal(38,2)",
        {
            (dec("10"), 3): dec("3.33"),
            (dec("20"), 3): dec("6.67"),
            (dec("10.05"), 2): dec("5.03"),
            (dec("-10.05"), 2): dec("-5.03"),
            (dec("10.05"), -2): dec("-5.03"),
            (dec("-10.05"), -2): dec("5.03"),
            (dec("0.01"), 3): dec("0"),
            (dec("0"), 7): dec("0"),
            (dec("9999999999999999.99"), 1): dec("9999999999999999.99"),
            (dec("1"), 0): None,
            (None, 1): None,
            (dec("1"), None): None,
        },
    ),
    Case(
        "ratio of counts",
        "x bigint, y bigint",
        lambda: verbs.quotient(F.col("x"), F.col("y"), 9),
        "decimal(38,9)",
        {
            (1, 3): dec("0.333333333"),
            (2, 3): dec("0.666666667"),
            (-2, 3): dec("-0.666666667"),
            (1, 2_000_000_000): dec("0.000000001"),
            (1, 2_000_000_001): dec("0"),
            (10**14, 7): dec("14285714285714.285714286"),
        },
    ),
    Case(
        "ratio of counts to ten digits",
        "x bigint, y bigint",
        lambda: verbs.quotient(F.col("x"), F.col("y"), 10),
        "decimal(38,10)",
        {(1, 3): dec("0.3333333333"), (-2, 3): dec("-0.6666666667"), (1, 6_000_000_000): dec("0.0000000002")},
    ),
]


@parametrised(CASES)
def test_numbers(spark: SparkSession, case: Case) -> None:
    case.check(spark)


OVERFLOWS: dict[str, tuple[str, tuple[Any, ...], Callable[[], Column]]] = {
    "product": (
        "x decimal(18,2), y decimal(18,2)",
        (dec("9999999999999999"), dec("2")),
        lambda: verbs.multiply(F.col("x"), F.col("y"), 18, 2),
    ),
    "rounding": ("x decimal(18,4)", (dec("99999999999999.9999"),), lambda: verbs.round_half_up(F.col("x"), 4, 2)),
    "quotient": (
        "x decimal(18,0), y decimal(18,8)",
        (dec("999999999999999999"), dec("0.00000001")),
        lambda: verbs.quotient(F.col("x"), F.col("y"), 10),
    ),
    "quotient of many digits": (
        "x decimal(38,2), y int",
        (dec("9" * 25), 1),
        lambda: verbs.quotient(F.col("x"), F.col("y"), 2),
    ),
}


@pytest.mark.parametrize("name", OVERFLOWS)
def test_what_does_not_fit_is_an_error(spark: SparkSession, name: str) -> None:
    schema, row, expression = OVERFLOWS[name]
    with pytest.raises(Exception, match=r"(?i)overflow|out of range|too large|cannot be represented"):
        evaluate(spark, schema, [row], expression())


class TestBoundedSum:
    def sum_of(self, spark: SparkSession, amounts: Sequence[Decimal | None]) -> Any:
        frame = spark.createDataFrame([(amount,) for amount in amounts], "x decimal(18,2)")
        table = verbs.to_arrow(frame.agg(verbs.bounded_sum(F.col("x")).alias("total")))
        assert str(table.schema.field("total").type) == "decimal128(18, 2)"
        return table["total"][0].as_py()

    def test_adds_to_the_cent(self, spark: SparkSession) -> None:
        assert self.sum_of(spark, [dec("0.10")] * 1000 + [None, dec("-100.01")]) == dec("-0.01")

    def test_of_nothing_is_null(self, spark: SparkSession) -> None:
        assert self.sum_of(spark, [None]) is None

    def test_may_pass_the_bound_on_the_way(self, spark: SparkSession) -> None:
        most = dec("9999999999999999.99")
        assert self.sum_of(spark, [most, most, -most]) == most

    def test_beyond_the_bound_is_an_error(self, spark: SparkSession) -> None:
        with pytest.raises(Exception, match=r"(?i)too large|cannot be represented|out of range"):
            self.sum_of(spark, [dec("9999999999999999.99"), dec("0.01")])

    def test_runs_along_a_window(self, spark: SparkSession) -> None:
        rows = [(dec("1.10"),), (dec("2.20"),), (dec("3.30"),)]
        running = verbs.bounded_sum(F.col("x"), window=Window.partitionBy(F.lit(1)).orderBy("x"))
        assert evaluate(spark, "x decimal(18,2)", rows, running) == (
            "decimal(18,2)",
            [dec("1.10"), dec("3.30"), dec("6.60")],
        )


def test_quotient_is_rounded_once(spark: SparkSession) -> None:
    chance = random.Random(11)
    pairs = [(chance.randint(-(10**15), 10**15), chance.choice([1, -1]) * chance.randint(1, 10**9)) for _ in range(500)]
    # Nearer to a half than any engine's own quotient has digits for.
    pairs += [(10**15 + shift, 2 * 10**15) for shift in (-1, 0, 1)]
    with localcontext(prec=80):
        expected = [(Decimal(a) / Decimal(b)).quantize(Decimal("0.000001"), ROUND_HALF_UP) for a, b in pairs]
    _, values = evaluate(spark, "x bigint, y bigint", pairs, verbs.quotient(F.col("x"), F.col("y"), 6))
    assert values == expected
