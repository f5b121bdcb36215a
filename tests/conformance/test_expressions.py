"""Plain SQL and the functions behind it, on columns with every kind of awkward value, against results kept in files.

What is here may be used in transforms, mappings and expectations. What is missing here differs somewhere; the verbs
say how to do without. A case is an expression over table `r` (or a whole query), and below it type and values:

    substring(s, 1, 2)
        string = ["ab", "", "Ün", "a|", null, "  "]
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from lakehouse import verbs
from tests.conformance.cases import day, dec, utc

SCHEMA = (
    "n int, i int, l bigint, d2 decimal(18,2), d8 decimal(18,8), s string, k string, t timestamp, d date, b boolean, "
    "a array<string>, f double, bin binary"
)
ROWS: list[tuple[Any, ...]] = [
    (
        *(0, 1, 10, dec("1.50"), dec("1.12345678"), "abc", "k1", utc("2024-01-31T23:59:59.123456"), day("2024-01-31")),
        *(True, ["x", "y"], 0.1, b"\x01\xff"),
    ),
    (
        *(1, 2, -7, dec("-2.25"), dec("0.00000001"), "", "k2", utc("2024-03-31T01:30:00"), day("2024-03-31")),
        *(False, ["y", None], -0.0, b""),
    ),
    (
        *(2, 3, 2**63 - 1, dec("9999999999999999.99"), dec("-9999999999.99999999"), "Ünï,cödé 😀", "k1"),
        *(utc("1969-12-31T23:59:59.999999"), day("1969-12-31"), True, [], float("nan"), b"abc"),
    ),
    (
        *(3, 4, 0, dec("0.00"), dec("0"), "a|b|c", None, utc("2020-12-31T12:00:00"), day("2021-01-03")),
        *(None, None, 1e20, None),
    ),
    (4, *[None] * 12),
    (
        *(5, 6, 100, dec("2.00"), dec("2.5"), "  pad\t", "k2", utc("2024-02-29T00:00:00"), day("2024-02-29")),
        *(False, ["b", "a", "b"], 2.5, b"\n"),
    ),
]
OTHERS = [("k1", 1), ("k1", 2), (None, 3), ("k9", 4)]


@cache
def kept(name: str) -> Mapping[str, tuple[str, list[Any]]]:
    """Expression → type and values, from a file beside this one."""
    found = {}
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    for expression, result in re.findall(r"^(\S.*)\n {4}(.*)$", text, re.MULTILINE):
        kind, _, values = result.partition(" = ")
        assert expression not in found, f"twice: {expression}"
        found[expression] = (kind, json.loads(values))
    return found


@pytest.fixture(scope="module")
def tables(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> SparkSession:
    """Tables `r` and `q`, from files: on frames of literals an engine may compute before it runs."""
    for name, rows, schema in (("r", ROWS, SCHEMA), ("q", OTHERS, "k string, w int")):
        folder = str(tmp_path_factory.mktemp(name))
        spark.createDataFrame(rows, schema).coalesce(1).write.format("delta").mode("append").save(folder)
        spark.read.format("delta").load(folder).createOrReplaceTempView(name)
    return spark


@pytest.fixture(scope="module")
def computed(tables: SparkSession) -> Mapping[str, tuple[str, list[Any]]]:
    """What the engine makes of every expression, many in one query."""
    expressions, found = list(kept("expressions.txt")), {}
    for start in range(0, len(expressions), 50):
        found.update(_values(tables, expressions[start : start + 50]))
    return found


def _values(spark: SparkSession, expressions: list[str]) -> dict[str, tuple[str, list[Any]]]:
    columns = ", ".join(f"{expression} as c{number}" for number, expression in enumerate(expressions))
    try:
        kinds, rows = results(spark.sql(f"select n as row, {columns} from r order by row"))
    except PySparkException:
        if len(expressions) == 1:
            return {}
        half = len(expressions) // 2
        return _values(spark, expressions[:half]) | _values(spark, expressions[half:])
    values = [list(column) for column in zip(*rows, strict=True)]
    return dict(zip(expressions, zip(kinds[1:], values[1:], strict=True), strict=True))


def results(frame: DataFrame) -> tuple[list[str], list[list[Any]]]:
    """Types of the columns, and the rows as JSON has them."""
    table = verbs.to_arrow(frame)
    columns = [[plain(value) for value in column.to_pylist()] for column in table.columns]
    kinds = [field.dataType.simpleString() for field in frame.schema.fields]
    return kinds, [list(row) for row in zip(*columns, strict=True)]


def plain(value: Any) -> Any:
    match value:
        case list():
            return [plain(item) for item in value]
        case dict():
            return {name: plain(item) for name, item in value.items()}
        case Decimal():
            return format(value, "f")
        case bytes():
            return value.hex()
        case None | bool() | int():
            return value
    return str(value)


@pytest.mark.parametrize("expression", kept("expressions.txt"))
def test_expression(computed: Mapping[str, tuple[str, list[Any]]], expression: str) -> None:
    assert computed[expression] == kept("expressions.txt")[expression]


@pytest.mark.parametrize("query", kept("queries.txt"))
def test_query(tables: SparkSession, query: str) -> None:
    kinds, rows = results(tables.sql(query))
    assert (", ".join(kinds), rows) == kept("queries.txt")[query]
