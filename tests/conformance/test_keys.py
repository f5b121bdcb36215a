from __future__ import annotations

import hashlib
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse import verbs
from tests.conformance.cases import Case, day, dec, evaluate, parametrised, utc


def sha(text: str, length: int = 64) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]


CASES = [
    Case(
        "surrogate key of a text",
        "x string",
        lambda: verbs.surrogate_key(F.col("x")),
        "string",
        {"a": sha("a", 32), "": sha("", 32), "é😀": sha("é😀", 32), "\u001f": sha("\u001f", 32), None: None},
    ),
    Case(
        "surrogate key of several columns",
        "x string, y bigint",
        lambda: verbs.surrogate_key(F.col("x"), F.col("y")),
        "string",
        {
            ("a", 1): sha("a\u001f1", 32),
            ("a", None): sha("a\u001f", 32),
            (None, 1): sha("\u001f1", 32),
            ("", None): sha("\u001f", 32),
            (None, None): None,
        },
    ),
    Case(
        "surrogate key of a date and a decimal",
        "x date, y decimal(18,4)",
        lambda: verbs.surrogate_key(F.col("x"), F.col("y")),
        "string",
        {(day("2024-02-29"), dec("1.5")): sha("2024-02-29\u001f1.5000", 32)},
    ),
]


@parametrised(CASES)
def test_keys(spark: SparkSession, case: Case) -> None:
    case.check(spark)


COLUMNS = [
    ("text", "string"),
    ("flag", "boolean"),
    ("day", "date"),
    ("instant", "timestamp"),
    ("amount", "decimal(18,4)"),
    ("rate", "decimal(18,8)"),
    ("count", "int"),
    ("total", "bigint"),
    ("bytes", "binary"),
    ("tags", "array<string>"),
]
SCHEMA = ", ".join(f"{name} {type_}" for name, type_ in COLUMNS)


def framed(*texts: str | None) -> str:
    return "".join("-" if text is None else f"{len(text)}:{text}" for text in texts)


ROWS: dict[str, tuple[tuple[Any, ...], str]] = {
    "every type": (
        (
            "é😀",
            True,
            day("0999-01-05"),
            utc("1969-12-31T23:59:59.999999"),
            dec("-0.5"),
            dec("0.00000001"),
            -1,
            2**62,
            b"\x00\xff",
            ["a", None, ""],
        ),
        framed(
            "é😀",
            "true",
            "0999-01-05",
            "-1",
            "-0.5000",
            "0.00000001",
            "-1",
            "4611686018427387904",
            "00FF",
            framed("a", None, ""),
        ),
    ),
    "empty values": (
        ("", False, day("9999-12-31"), utc("1970-01-01T00:00:00"), dec("0"), dec("0"), 0, 0, b"", []),
        framed("", "false", "9999-12-31", "0", "0.0000", "0.00000000", "0", "0", "", ""),
    ),
    "nulls": ((None,) * 10, framed(*[None] * 10)),
}


@pytest.mark.parametrize("id_", ROWS)
def test_row_hash(spark: SparkSession, id_: str) -> None:
    values, text = ROWS[id_]
    assert evaluate(spark, SCHEMA, [values], verbs.row_hash(COLUMNS)) == ("string", [sha(text)])


def test_row_hash_tells_rows_apart_that_join_to_the_same_text(spark: SparkSession) -> None:
    rows = [("ab", ""), ("a", "b"), ("", "ab"), ("ab", None), (None, "ab"), ("1:a", ""), ("-", None), (None, None)]
    _, hashes = evaluate(spark, "x string, y string", rows, verbs.row_hash([("x", "string"), ("y", "string")]))
    assert len(set(hashes)) == len(rows)
