"""Cases as data: input rows, an expression over them, and the exact values it has on every engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import Column, SparkSession

from lakehouse import verbs


@dataclass(frozen=True)
class Case:
    """`rows` maps the values of the columns in `schema` (a tuple if there are several) to the value that must come out.

    The expression is a function, as a column can only be made once there is a session.
    """

    id: str
    schema: str
    expression: Callable[[], Column]
    type: str
    rows: Mapping[Any, Any]

    def check(self, spark: SparkSession) -> None:
        inputs = [key if isinstance(key, tuple) else (key,) for key in self.rows]
        kind, values = evaluate(spark, self.schema, inputs, self.expression())
        assert kind == self.type
        assert dict(zip(self.rows, values, strict=True)) == dict(self.rows)


def evaluate(
    spark: SparkSession, schema: str, rows: Sequence[tuple[Any, ...]], expression: Column
) -> tuple[str, list[Any]]:
    """Type and values of the expression over the rows, in their order."""
    frame = spark.createDataFrame([(number, *row) for number, row in enumerate(rows)], f"_number int, {schema}")
    result = frame.select("_number", expression.alias("_value"))
    found = {row["_number"]: row["_value"] for row in verbs.to_arrow(result).to_pylist()}
    return result.schema["_value"].dataType.simpleString(), [found[number] for number in range(len(rows))]


def parametrised(cases: Sequence[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in cases])


def dec(text: str) -> Decimal:
    return Decimal(text)


def day(text: str) -> date:
    return date.fromisoformat(text)


def utc(text: str) -> datetime:
    """The instant of a time given in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
