from __future__ import annotations

import pyarrow as pa
import pytest

from lakehouse.sources.parse import rows as rows_module
from lakehouse.sources.parse.parse import parse, parse_schema
from tests.sources.parse.reading import csv_plan, file_reject, good, json_plan, notices, read, rejects


def test_schema_is_the_plan_s_columns_as_strings_and_four_more() -> None:
    assert parse_schema(csv_plan("b", "a=A")) == pa.schema(
        {
            **dict.fromkeys(["b", "a", "_extra"], pa.string()),
            "_row_number": pa.int64(),
            "_reject_reason": pa.string(),
            "_raw": pa.binary(),
        }
    )


@pytest.mark.parametrize("content", [b"", b"a\n1\n", b"a\n", b"a,b\n1,2\n3\n\n", b"x\n"])
def test_every_batch_has_that_schema(content: bytes) -> None:
    plan = csv_plan("a")
    assert all(batch.schema == parse_schema(plan) for batch in parse("a", content, plan))


def test_good_rows_come_first_then_rejects_then_notices() -> None:
    rows = read(b"a,b\n1\n2,2\n\n3\n4,4", csv_plan("a", "b"))
    assert [row["_row_number"] for row in good_rows(rows)] == [2, 4]
    assert rows[2:] == [
        {"_row_number": 1, "_reject_reason": "row:too_few_fields", "_raw": b"1"},
        {"_row_number": 3, "_reject_reason": "row:too_few_fields", "_raw": b"3"},
        {"_reject_reason": "notice:blank_lines"},
        {"_reject_reason": "notice:no_final_newline"},
    ]


def good_rows(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [row for row in rows if "_reject_reason" not in row]


@pytest.mark.parametrize(
    ("bad", "share", "is_rejected"),
    [
        pytest.param(5, 0.5, False, id="just the allowed share"),
        pytest.param(6, 0.5, True, id="one more"),
        pytest.param(1, 0.0, True, id="none allowed"),
        pytest.param(0, 0.0, False, id="none allowed, none there"),
        pytest.param(10, 1.0, False, id="all allowed"),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_file_with_too_large_a_share_of_bad_rows_is_rejected_whole(
    kind: str, bad: int, share: float, is_rejected: bool
) -> None:
    if kind == "csv":
        plan, header, fine, broken = csv_plan("a", "b", share=share), b"a,b\n", b"1,2\n", b"1\n"
    else:
        plan, header, fine, broken = json_plan("a", kind="jsonl", share=share), b"", b'{"a":1}\n', b"{\n"
    rows = read(header + fine * (10 - bad) + broken * bad, plan)
    if is_rejected:
        assert file_reject(rows) == f"too_many_bad_rows:{bad} of 10"
    else:
        assert (len(good(rows)), len(rejects(rows))) == (10 - bad, bad)


def test_rejected_file_gives_no_notice_and_no_row() -> None:
    assert len(read(b"a,b,c\n1,2,3\n4", csv_plan("a", "b", share=0.1))) == 1


def test_the_same_bytes_give_the_same_batches() -> None:
    content = b"a,b\n" + b'1,2\n"x\ny",3\nbad\n4,"5\n' * 500
    first, second = (list(parse("a", content, csv_plan("a", "b"))) for _ in range(2))
    assert len(first) == len(second)
    assert all(one.equals(other) for one, other in zip(first, second, strict=True))


def test_batches_hold_about_64k_rows() -> None:
    content = b"a\n" + b"1\n" * 200_000
    sizes = [batch.num_rows for batch in parse("a", content, csv_plan("a"))]
    assert sum(sizes) == 200_000
    assert max(sizes) == 65_536
    assert len(sizes) <= 7


@pytest.mark.parametrize("content", [b"a,b\n" + b'"x",1\n2\n' * 100, b"a,b\n" + b"2\n" * 100])
def test_batches_are_bounded_in_bytes_too(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(rows_module, "BATCH_ROWS", 10)
    monkeypatch.setattr(rows_module, "BATCH_BYTES", 400)
    batches = list(parse("a", content, csv_plan("a", "b")))
    assert sum(batch.num_rows for batch in batches) == content.count(b"\n") - 1
    assert max(batch.num_rows for batch in batches) <= 10
    monkeypatch.setattr(rows_module, "BATCH_BYTES", 3)
    assert len(list(parse("a", content, csv_plan("a", "b")))) > len(batches)


def test_notices_are_told_once_each() -> None:
    told = notices(read(b"a,x\n\n\n1,2\r\n\n3,4", csv_plan("a", "b?")))
    assert told == [
        "notice:blank_lines",
        "notice:missing_optional_columns:b",
        "notice:mixed_line_ends",
        "notice:no_final_newline",
        "notice:undeclared_columns:x",
    ]
