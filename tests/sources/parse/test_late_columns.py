"""A column declared late has the cells that it would have, had it been declared when the file was read."""

from __future__ import annotations

import pickle
from collections.abc import Sequence

import pyarrow as pa
import pytest

from lakehouse.sources.formats import CsvFormat, FileFormat, JsonFormat, JsonLinesFormat
from lakehouse.sources.parse.late_columns import LateColumns
from lakehouse.sources.parse.parse import parse
from lakehouse.sources.parse.plan import ColumnPlan, ParsePlan

CSV = b'id,"the ""city""",note\n1,"B\xc3\xb6rn, a",x\n2,,"line\nend \\u0041"\n3,null,\n'
LINES = (
    b'{"id": 1, "city": "Bonn", "at": {"x": 1.50, "y": [1, {"z": "\\u00e9\\ud83d\\ude00"}]}}\n'
    b'{"id": 2, "city": null, "at": null}\n'
    b'{"id": 3}\n'
    b'{"id": 4, "city": "", "at": {"x": 12345678901234567890}}\n'
)


def parsed(content: bytes, columns: Sequence[tuple[str, str]], format_: FileFormat, records: str | None) -> pa.Table:
    declared = tuple(ColumnPlan(name, path, required=name == "id") for name, path in columns)
    return pa.Table.from_batches(parse("file", content, ParsePlan(declared, format_, records))).filter(
        pa.compute.field("_reject_reason").is_null()
    )


@pytest.mark.parametrize(
    ("content", "late", "format_", "records"),
    [
        (CSV, [("city", 'the "city"'), ("note", "note")], CsvFormat(null_values=("", "null")), None),
        (LINES, [("city", "city"), ("x", "at.x"), ("y", "at.y"), ("z", "at.y[1].z")], JsonLinesFormat(), None),
        (LINES, [("city", "city"), ("x", "at.x")], JsonLinesFormat(null_values=("", "1.50")), None),
        (b'{"all": [' + LINES.strip().replace(b"\n", b",") + b"]}", [("city", "city")], JsonFormat(), "all[]"),
    ],
    ids=["csv", "json lines", "null values", "records of a document"],
)
def test_same_as_declared_from_the_beginning(
    content: bytes, late: list[tuple[str, str]], format_: FileFormat, records: str | None
) -> None:
    early = parsed(content, [("id", "id")], format_, records)
    for name, _ in late:
        early = early.append_column(name, pa.nulls(early.num_rows, pa.string()))
    plan = ParsePlan(tuple(ColumnPlan(name, path) for name, path in [("id", "id"), *late]), format_, records)
    filler = pickle.loads(pickle.dumps(LateColumns(plan)))
    names = ["id", *(name for name, _ in late)]
    filled = pa.Table.from_batches(list(filler(early.to_batches())))
    assert filled.schema == early.schema
    assert filled.select(names) == parsed(content, [("id", "id"), *late], format_, records).select(names)
    assert any(cell is not None for name, _ in late for cell in filled[name].to_pylist())
    assert filled["_extra"] == early["_extra"]


def rows(*given: tuple[str | None, str | None]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(
        [{"a": a, "_extra": extra} for a, extra in given], pa.schema([("a", pa.string()), ("_extra", pa.string())])
    )


def filled(path: str, format_: FileFormat, *given: tuple[str | None, str | None]) -> list[str | None]:
    records = "all[]" if path.startswith("^") else None
    plan = ParsePlan((ColumnPlan("a", path),), format_, records)
    [batch] = LateColumns(plan)([rows(*given)])
    return list(batch.column("a").to_pylist())


def test_a_cell_that_is_there_stays() -> None:
    given = (("mine", '{"a": "theirs"}'), (None, '{"a": "theirs"}'), ("mine", None), (None, None), (None, '{"b": "x"}'))
    assert filled("a", CsvFormat(), *given) == ["mine", "theirs", "mine", None, None]


@pytest.mark.parametrize(
    ("path", "extra"),
    [("a.b", '{"a": "text"}'), ("a[0]", '{"a": {"b": 1}}'), ("^.a", '{"a": "of the record, not around it"}')],
    ids=["text where an object is expected", "object where a list is expected", "outside of the record"],
)
def test_what_can_not_be_had_stays_null(path: str, extra: str) -> None:
    assert filled(path, JsonFormat(), (None, extra)) == [None]
