from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from lakehouse.sources.formats import JsonFormat, JsonLinesFormat
from lakehouse.sources.parse import json_file, json_spans
from lakehouse.sources.parse.plan import ParsePlan
from tests.sources.parse.reading import Row, columns, file_reject, good, json_plan, notices, read, rejects

ORDERS = b"""{"orders": [
  {"id": 1, "line_items": [{"sku": "A", "price": "199.00"}, {"sku": "B", "price": 0.50}]},
  {"id": 2, "line_items": []},
  {"id": 3},
  {"id": 4, "line_items": [{"sku": "C", "price": null}]}
]}"""


# ── documents ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b'{"id": 1}', [{"id": "1"}], id="one object"),
        pytest.param(b'[{"id": 1}, {"id": 2}]', [{"id": "1"}, {"id": "2"}], id="an array"),
        pytest.param(b"[]", [], id="an empty array"),
        pytest.param(b'\xef\xbb\xbf\n {"id": 1}\n\n', [{"id": "1"}], id="byte order mark and blanks"),
        pytest.param(gzip.compress(b'{"id": 1}'), [{"id": "1"}], id="gzip"),
        pytest.param(b'{"id": 1.10, "x": [1.0]}', [{"id": "1.10", "_extra": '{"x":[1.0]}'}], id="an undeclared key"),
    ],
)
def test_document(content: bytes, expected: list[Row]) -> None:
    assert good(read(content, json_plan("id"))) == expected


def test_nested_records_are_numbered_through_the_file_and_know_their_order() -> None:
    rows = read(ORDERS, json_plan("sku", "price", "order_id=^.id", records="orders[].line_items[]"))
    assert rows == [
        {"sku": "A", "price": "199.00", "order_id": "1", "_row_number": 1},
        {"sku": "B", "price": "0.50", "order_id": "1", "_row_number": 2},
        {"sku": "C", "order_id": "4", "_row_number": 3},
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "empty_file", id="nothing"),
        pytest.param(b'{"orders": [\n{"id": 1},\n{"id"', "invalid_json:line 3 column 6", id="cut"),
        pytest.param(b'{"orders": []} {}', "invalid_json:line 1 column 16", id="two documents"),
        pytest.param(b'{"orders": [{"id": 1, "id": 2}]}', "duplicate_key", id="duplicate key"),
        pytest.param(b'{"orders": [{"id": NaN}]}', "non_finite_number", id="NaN"),
        pytest.param(b"[" * 500, "too_deep", id="too deep"),
        pytest.param(b'"orders"', "not_an_object", id="a bare string"),
        pytest.param(b'{"Orders": []}', "records_not_found:orders[]", id="records under another name"),
        pytest.param(b'{"orders": [{"ID": 1}, {"ID": 2}]}', "missing_columns:id (nearest: ID)", id="key never there"),
        pytest.param(
            '{"orders": [{"id": "é"}]}'.encode("latin-1"), "wrong_encoding:byte 20 is not utf-8", id="latin-1"
        ),
        pytest.param(b'{"orders": [{"id": "\0"}]}', "nul_byte:line 1", id="NUL"),
        pytest.param(gzip.compress(ORDERS)[:-4], "truncated_gzip", id="gzip cut"),
    ],
)
def test_bad_document_is_rejected_whole(content: bytes, reason: str) -> None:
    assert file_reject(read(content, json_plan("id", records="orders[]"))) == reason


def test_bad_nested_record_is_kept_as_written_and_its_neighbours_are_loaded() -> None:
    content = b'{"orders": [ {"id": 1}, [ 1.0,  2 ] , {"id": {"x": 1}}, {"id": 2} , "\\u00e9" ]}'
    rows = read(content, json_plan("id=id.x?", records="orders[]"))
    assert [row["_row_number"] for row in rows if "_row_number" in row and "_reject_reason" not in row] == [3]
    assert rejects(rows) == [
        (1, "wrong_shape", b'{"id": 1}'),
        (2, "not_an_object", b"[ 1.0,  2 ]"),
        (4, "wrong_shape", b'{"id": 2}'),
        (5, "not_an_object", b'"\\u00e9"'),
    ]


def test_bad_element_of_an_array_document() -> None:
    rows = read(b'[{"id": 1}, null, {"id": 2}]', json_plan("id"))
    assert good(rows) == [{"id": "1"}, {"id": "2"}]
    assert rejects(rows) == [(2, "not_an_object", b"null")]


def test_a_whole_document_of_the_wrong_shape_is_one_rejected_record() -> None:
    assert rejects(read(b' {"id": 1} ', json_plan("id=id.x?")))[0][1:] == ("wrong_shape", b' {"id": 1} ')


def test_key_that_some_records_lack_is_null_there() -> None:
    assert good(read(b'[{"id": 1}, {}, {"id": null}]', json_plan("id"))) == [{"id": "1"}, {}, {}]


def test_null_on_the_way_to_a_required_key_is_not_a_missing_key() -> None:
    assert good(read(b'[{"customer": null}]', json_plan("id=customer.id"))) == [{}]


def test_absent_optional_and_undeclared_keys_are_told() -> None:
    rows = read(b'[{"id": 1, "x": 1}, {"id": 2, "y": 1}]', json_plan("id", "z?"))
    assert notices(rows) == ["notice:missing_optional_columns:z", "notice:undeclared_columns:x, y"]


@pytest.mark.parametrize("declared", [JsonFormat(null_values=("", "n/a")), JsonLinesFormat(null_values=("", "n/a"))])
def test_null_values(declared: JsonFormat | JsonLinesFormat) -> None:
    plan = ParsePlan(columns("a", "b", "c"), declared)
    assert good(read(b'{"a": "", "b": "n/a", "c": "n/a "}', plan)) == [{"c": "n/a "}]


# ── lines ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("content", "accepted", "rejected"),
    [
        pytest.param(b'{"id":1}\n{"id":2}\n', [1, 2], [], id="LF"),
        pytest.param(b'{"id":1}\r\n{"id":2}', [1, 2], [], id="CRLF, no final line end"),
        pytest.param(b'{"id":1}\r{"id":2}\r', [1, 2], [], id="CR"),
        pytest.param(b'\xef\xbb\xbf{"id":1}\n', [1], [], id="byte order mark"),
        pytest.param(b'{"id":1}\n\n \t\n{"id":2}\n', [1, 2], [], id="blank lines are not counted"),
        pytest.param(b'{"id":1}\n{"id":\n{"id":3}\n', [1, 3], [(2, "invalid_json", b'{"id":')], id="a bad line"),
        pytest.param(b'{"id":1}\n{"id":2} x\n', [1], [(2, "invalid_json", b'{"id":2} x')], id="text after the object"),
        pytest.param(b'{"id":1,"id":2}\n{"id":3}\n', [2], [(1, "duplicate_key", b'{"id":1,"id":2}')], id="key twice"),
        pytest.param(
            b'{"id":Infinity}\n{"id":3}\n', [2], [(1, "non_finite_number", b'{"id":Infinity}')], id="infinity"
        ),
        pytest.param(
            b'{"id":1}\n[1, 2]\n3\n', [1], [(2, "not_an_object", b"[1, 2]"), (3, "not_an_object", b"3")], id="no object"
        ),
        pytest.param(
            b'{"id":1}\n{"id":"\\ud800"}\n', [1], [(2, "invalid_unicode", b'{"id":"\\ud800"}')], id="half a pair"
        ),
        pytest.param(b'{"id":1}\n' + b"[" * 200 + b"\n", [1], [(2, "too_deep", b"[" * 200)], id="too deep"),
        pytest.param(b'{"id":1}\n{"id":"cut', [1], [(2, "invalid_json", b'{"id":"cut')], id="file cut"),
    ],
)
def test_only_the_bad_line_is_lost(
    content: bytes, accepted: list[int], rejected: list[tuple[int, str, bytes | None]]
) -> None:
    rows = read(content, json_plan("id", kind="jsonl"))
    assert [row["_row_number"] for row in rows if "_row_number" in row and "_reject_reason" not in row] == accepted
    assert rejects(rows) == rejected


def test_line_longer_than_allowed_is_rejected_without_its_bytes() -> None:
    rows = read(b'{"id":"' + b"x" * 100 + b'"}\n{"id":2}\n', json_plan("id", kind="jsonl", max_row_bytes=50))
    assert good(rows) == [{"id": "2"}]
    assert rejects(rows) == [(1, "row_too_large", None)]


def test_records_inside_lines() -> None:
    content = b'{"id":1,"l":[{"s":"A"},{"s":"B"}]}\n{"id":2}\n{"id":3,"l":[7,{"s":"C"}]}\n'
    rows = read(content, json_plan("s", "o=^.id", records="l[]", kind="jsonl"))
    assert good(rows) == [{"s": "A", "o": "1"}, {"s": "B", "o": "1"}, {"s": "C", "o": "3"}]
    assert rejects(rows) == [(3, "not_an_object", b"7")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "empty_file", id="nothing"),
        pytest.param(b'{"id":1}\n{"id":2}\n', "records_not_found:l[]", id="records nowhere"),
        pytest.param(b'{"l":[{"t":1}]}\n', "missing_columns:s", id="key never there"),
        pytest.param(b'{"l":[]}\n\xff\n', "wrong_encoding:byte 9 is not utf-8", id="not utf-8"),
    ],
)
def test_bad_file_of_lines_is_rejected_whole(content: bytes, reason: str) -> None:
    assert file_reject(read(content, json_plan("s", records="l[]", kind="jsonl"))) == reason


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"id":1}\n', []),
        (b'{"id":1}', ["notice:no_final_newline"]),
        (b'{"id":1}\n{"id"', ["notice:cut_off"]),
        (b'{"id":\n{"id":1}', ["notice:no_final_newline"]),
        (b'{"id":1}\n\n', ["notice:blank_lines"]),
        (b"\n", ["notice:blank_lines"]),
    ],
)
def test_oddities_of_lines_are_told(content: bytes, expected: list[str]) -> None:
    assert notices(read(content, json_plan("id", kind="jsonl"))) == expected


# ── size ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("limit", "size", "batches"), [("BATCH_ROWS", 3, 4), ("BATCH_BYTES", 8, 3)])
def test_rows_are_flushed_before_they_grow_too_large(
    monkeypatch: pytest.MonkeyPatch, limit: str, size: int, batches: int
) -> None:
    monkeypatch.setattr(json_file, limit, size)
    plan = json_plan("id", "x?")
    content = json.dumps([{"id": n, "y": n} for n in range(10)]).encode()
    assert len(json_file.read_json(content, plan, JsonFormat()).batches) >= batches
    assert [(row["id"], row["_row_number"]) for row in good_rows(read(content, plan))] == [
        (str(n), n + 1) for n in range(10)
    ]


def good_rows(rows: list[Row]) -> list[Row]:
    return [row for row in rows if "_reject_reason" not in row]


def test_many_bad_elements_are_passed_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is found from the one before; from the start each time, the effort would grow with the square."""
    passed = 0

    class Counting(json.JSONDecoder):
        def raw_decode(self, s: str, idx: int = 0) -> tuple[Any, int]:
            nonlocal passed
            passed += 1
            return super().raw_decode(s, idx)

    monkeypatch.setattr(json_spans, "_SKIPPING", Counting())
    content = b"[" + b",".join([b'{"id": 1}', b"7"] * 1_000) + b"]"
    assert len(rejects(read(content, json_plan("id")))) == 1_000
    assert passed < 4_000
