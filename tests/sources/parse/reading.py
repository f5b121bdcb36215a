"""How the parser's tests write plans and look at rows."""

from __future__ import annotations

from typing import Any, Literal

from lakehouse.sources.formats import CsvFormat, JsonFormat, JsonLinesFormat
from lakehouse.sources.parse.parse import parse
from lakehouse.sources.parse.plan import ColumnPlan, ParsePlan

Row = dict[str, Any]


def columns(*names: str) -> tuple[ColumnPlan, ...]:
    """Required columns named as in the file; a name ending in `?` is optional, `name=path` has another path."""
    plans = []
    for text in names:
        name, _, path = text.rstrip("?").partition("=")
        plans.append(ColumnPlan(name, path or name, required=not text.endswith("?")))
    return tuple(plans)


def csv_plan(*names: str, share: float = 1.0, max_row_bytes: int = 16 * 1024**2, **declared: Any) -> ParsePlan:
    return ParsePlan(columns(*names), CsvFormat(**declared), max_rejected_share=share, max_row_bytes=max_row_bytes)


def json_plan(
    *names: str, records: str | None = None, kind: Literal["json", "jsonl"] = "json", share: float = 1.0, **rest: Any
) -> ParsePlan:
    declared = JsonFormat() if kind == "json" else JsonLinesFormat()
    return ParsePlan(columns(*names), declared, records=records, max_rejected_share=share, **rest)


def read(content: bytes, plan: ParsePlan) -> list[Row]:
    """All rows of all batches, nulls left out."""
    return [
        {name: value for name, value in row.items() if value is not None}
        for batch in parse("file:///landing/a", content, plan)
        for row in batch.to_pylist()
    ]


def good(rows: list[Row]) -> list[Row]:
    """The accepted rows, without their row numbers."""
    return [{k: v for k, v in row.items() if k != "_row_number"} for row in rows if "_reject_reason" not in row]


def rejects(rows: list[Row]) -> list[tuple[int, str, bytes | None]]:
    """Row number, code and raw bytes of every rejected record."""
    return [
        (row["_row_number"], row["_reject_reason"].removeprefix("row:"), row.get("_raw"))
        for row in rows
        if row.get("_reject_reason", "").startswith("row:")
    ]


def notices(rows: list[Row]) -> list[str]:
    return [row["_reject_reason"] for row in rows if row.get("_reject_reason", "").startswith("notice:")]


def file_reject(rows: list[Row]) -> str:
    """The reason for which the whole file was rejected, which must be all that it gave."""
    (row,) = rows
    assert set(row) == {"_reject_reason"}
    reason: str = row["_reject_reason"]
    assert reason.startswith("file:")
    return reason.removeprefix("file:")
