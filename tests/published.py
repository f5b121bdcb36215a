"""What a transform gives, as rows, after everything that a table's declaration asks of them is asserted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse import verbs
from lakehouse.derive.contract import conform
from lakehouse.table import Severity, Table
from tests.rows import arrow_rows

Row = dict[str, Any]


def published(table: Table, frame: DataFrame) -> list[Row]:
    """The frame's rows: typed as declared, keys unique, no forbidden null, no strange word, every expectation met."""
    blocking = [rule for rule in table.expectations if rule.severity is Severity.BLOCK]
    judged = conform(frame, table).select("*", *(F.expr(rule.predicate).alias(f"_{rule.name}") for rule in blocking))
    rows: list[Row] = verbs.to_arrow(judged).to_pylist()
    for rule in blocking:
        assert all(row.pop(f"_{rule.name}") for row in rows), rule.name
    for field in table.fields:
        values = {row[field.name] for row in rows}
        assert field.nullable or None not in values, field.name
        assert not field.values or values <= {None, *field.values}, field.name
    keys = [tuple(row[name] for name in table.primary_key) for row in rows]
    assert len(keys) == len(set(keys)), f"repeated {table.primary_key}"
    return rows


def by(name: str, rows: list[Row]) -> dict[str, Row]:
    """The rows by the value of a field that tells them apart."""
    found = {row[name]: row for row in rows}
    assert len(found) == len(rows), f"repeated {name}"
    return found


def assert_row(table: Table, row: Mapping[str, Any], **expected: Any) -> None:
    """The row has these values, which may be written as in `tests.rows.rows`."""
    typed = arrow_rows(table, expected).to_pylist()[0]
    differing = {name: f"{row[name]}, not {typed[name]}" for name in expected if row[name] != typed[name]}
    assert not differing, differing
