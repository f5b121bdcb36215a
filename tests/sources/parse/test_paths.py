from __future__ import annotations

import pytest

from lakehouse.sources.parse.paths import ColumnPath, RecordStep, parse_column_path, parse_records_path


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        (None, ()),
        ("order", (RecordStep("order", False),)),
        ("orders[].line_items[]", (RecordStep("orders", True), RecordStep("line_items", True))),
        ("data.orders[]", (RecordStep("data", False), RecordStep("orders", True))),
        ("Line Items[]", (RecordStep("Line Items", True),)),
    ],
)
def test_records_path(text: str | None, steps: tuple[RecordStep, ...]) -> None:
    assert parse_records_path(text) == steps


@pytest.mark.parametrize("text", ["", ".", "a.", "a[0]", "[]", "a[][]", "^.a[]", "a..b"])
def test_malformed_records_path(text: str) -> None:
    with pytest.raises(ValueError, match="records path"):
        parse_records_path(text)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("id", ColumnPath(0, ("id",))),
        ("a.b", ColumnPath(0, ("a", "b"))),
        ("items[0].id", ColumnPath(0, ("items", 0, "id"))),
        ("grid[10][2]", ColumnPath(0, ("grid", 10, 2))),
        ("^.id", ColumnPath(1, ("id",))),
        ("^^.customer.id", ColumnPath(2, ("customer", "id"))),
    ],
)
def test_column_path(text: str, path: ColumnPath) -> None:
    assert parse_column_path(text) == path


@pytest.mark.parametrize("text", ["", "^", "^id", "^.", "a.", ".a", "a[]", "a[-1]", "a[x]", "[0]", "a^.b"])
def test_malformed_column_path(text: str) -> None:
    with pytest.raises(ValueError, match="column path"):
        parse_column_path(text)
