from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lakehouse.sources.formats import ParquetFormat
from lakehouse.sources.parse import parquet_file
from lakehouse.sources.parse.plan import ParsePlan
from tests.sources.parse.reading import columns, file_reject, good, notices, read


def parquet(table: dict[str, Any] | pa.Table, **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(table), sink, **options)
    return sink.getvalue()


def plan(*names: str, null_values: tuple[str, ...] = (), max_bytes: int = 2 * 1024**3) -> ParsePlan:
    return ParsePlan(columns(*names), ParquetFormat(null_values=null_values), max_bytes=max_bytes)


ROWS = {"id": pa.array([1, 2, 3]), "amount": pa.array([Decimal("1.50"), None, Decimal("0.00")], pa.decimal128(18, 2))}
FILE = parquet(ROWS)


def test_columns_are_taken_by_name_and_as_text() -> None:
    assert read(FILE, plan("amount", "id")) == [
        {"amount": "1.50", "id": "1", "_row_number": 1},
        {"id": "2", "_row_number": 2},
        {"amount": "0.00", "id": "3", "_row_number": 3},
    ]


def test_undeclared_and_absent_columns() -> None:
    rows = read(FILE, plan("id", "note?"))
    assert good(rows)[:2] == [{"id": "1", "_extra": '{"amount":"1.50"}'}, {"id": "2", "_extra": '{"amount":null}'}]
    assert notices(rows) == ["notice:missing_optional_columns:note", "notice:undeclared_columns:amount"]


def test_null_values() -> None:
    assert good(read(parquet({"a": ["NULL", "x", ""]}), plan("a", null_values=("NULL", "")))) == [{}, {"a": "x"}, {}]


def test_column_that_is_a_number_here_and_text_there_is_text_in_both() -> None:
    assert good(read(parquet({"a": [1]}), plan("a"))) + good(read(parquet({"a": ["1x"]}), plan("a"))) == [
        {"a": "1"},
        {"a": "1x"},
    ]


def test_rows_are_numbered_through_row_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_file, "BATCH_ROWS", 3)
    rows = read(parquet({"id": list(range(10))}, row_group_size=4), plan("id"))
    assert [(row["id"], row["_row_number"]) for row in rows] == [(str(n), n + 1) for n in range(10)]


def test_old_timestamps_beyond_the_range_of_nanoseconds_are_right() -> None:
    moments = [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)]
    content = parquet({"at": pa.array(moments, pa.timestamp("us"))}, use_deprecated_int96_timestamps=True)
    assert [row["at"][:10] for row in good(read(content, plan("at")))] == ["0001-01-01", "9999-12-31"]


def damaged_page() -> bytes:
    options = {"compression": "none", "use_dictionary": False, "write_statistics": False, "write_page_checksum": True}
    content = bytearray(parquet({"id": ["x" * 100], "amount": [1]}, **options))
    content[content.index(b"x" * 100) + 50] = ord("y")
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "empty_file", id="nothing"),
        pytest.param(FILE[: len(FILE) // 2], "corrupt_parquet", id="cut in half"),
        pytest.param(FILE[:-1], "corrupt_parquet", id="last byte missing"),
        pytest.param(FILE[:-4] + b"XXXX", "corrupt_parquet", id="bad magic"),
        pytest.param(b"id,amount\n1,2\n", "corrupt_parquet", id="CSV"),
        pytest.param(FILE[:40] + bytes(60) + FILE[100:], "corrupt_parquet", id="damaged data"),
        pytest.param(damaged_page(), "corrupt_parquet", id="page checksum"),
        pytest.param(parquet({"ID": [1], "x": [1]}), "wrong_header", id="none of the columns"),
        pytest.param(parquet({"id": [1], "AMOUNT": [1]}), "missing_columns:amount (nearest: AMOUNT)", id="missing"),
        pytest.param(parquet({"id": [1], "amount": [1], "Id": [2]}), "duplicate_columns:Id, id", id="differ by case"),
        pytest.param(
            parquet({"id": [1], "amount": pa.array([1], pa.duration("s"))}),
            "unsupported_type:amount: duration[s]",
            id="no exact text",
        ),
    ],
)
def test_bad_file_is_rejected_whole(content: bytes, reason: str) -> None:
    assert file_reject(read(content, plan("id", "amount"))) == reason


def test_text_that_is_no_utf_8_is_refused() -> None:
    bad = pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe"))
    assert file_reject(read(parquet({"id": bad}), plan("id"))) == "wrong_encoding:id"


HEAVY: dict[str, Any] = {
    "a million nulls": {"id": pa.nulls(1_000_000)},
    "plain size": {"id": [str(n) * 20 for n in range(10_000)]},
    "one long value again and again": {"id": pa.array(["x" * 1_000] * 2_000).dictionary_encode()},
}


@pytest.mark.parametrize("name", HEAVY)
def test_file_that_would_unpack_to_too_much_is_refused(name: str) -> None:
    rows = read(parquet(HEAVY[name]), plan("id", max_bytes=500_000))
    assert file_reject(rows) == "too_large:more than 500000 bytes unpacked"


@pytest.mark.parametrize("name", ["a million nulls", "plain size"])
def test_where_the_footer_tells_the_size_nothing_is_unpacked(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delattr(pq.ParquetFile, "iter_batches")
    assert file_reject(read(parquet(HEAVY[name]), plan("id", max_bytes=500_000))).startswith("too_large")


def test_file_with_fewer_rows_than_its_footer_says_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    iter_batches = pq.ParquetFile.iter_batches

    def all_but_the_last(file: pq.ParquetFile, **options: Any) -> list[pa.RecordBatch]:
        return list(iter_batches(file, **options))[:-1]

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", all_but_the_last)
    monkeypatch.setattr(parquet_file, "BATCH_ROWS", 2)
    assert file_reject(read(FILE, plan("id", "amount"))) == "corrupt_parquet:2 of 3 rows"
