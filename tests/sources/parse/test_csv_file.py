from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse.sources.formats import CsvFormat
from lakehouse.sources.parse import csv_file
from lakehouse.sources.parse.csv_blocks import take_block
from lakehouse.sources.parse.csv_records import Dialect, line_end_at, scan_record
from lakehouse.sources.parse.plan import ParsePlan
from tests.sources.parse.reading import Row, csv_plan, file_reject, good, notices, read, rejects

AB = csv_plan("a", "b")


# ── the header ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a,b\n1,2\n", [{"a": "1", "b": "2"}], id="as declared"),
        pytest.param("b,a\n2,1\n", [{"a": "1", "b": "2"}], id="columns in another order"),
        pytest.param("a,b,c\n1,2,3\n", [{"a": "1", "b": "2", "_extra": '{"c":"3"}'}], id="a column more at the end"),
        pytest.param("a,c,b\n1,3,2\n", [{"a": "1", "b": "2", "_extra": '{"c":"3"}'}], id="a column more between"),
        pytest.param('"a","b"\n1,2\n', [{"a": "1", "b": "2"}], id="quoted names"),
        pytest.param("\n\r\na,b\n1,2\n", [{"a": "1", "b": "2"}], id="blank lines before"),
        pytest.param("a,b,\n1,2,3\n", [{"a": "1", "b": "2", "_extra": '{"":"3"}'}], id="a column without a name"),
        pytest.param("a,b\n", [], id="nothing but a header"),
        pytest.param("a,b", [], id="nothing but a header, cut"),
    ],
)
def test_columns_are_taken_by_name(text: str, expected: list[Row]) -> None:
    assert good(read(text.encode(), AB)) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "empty_file", id="no bytes"),
        pytest.param("\n\n", "empty_file", id="only blank lines"),
        pytest.param("\ufeff", "empty_file", id="only a byte order mark"),
        pytest.param("a,x\n1,2\n", "missing_columns:b", id="required column missing"),
        pytest.param("a,B\n1,2\n", "missing_columns:b (nearest: B)", id="other case"),
        pytest.param("a,b \n1,2\n", "missing_columns:b (nearest: b )", id="a space more"),
        pytest.param("a,b,a\n1,2,3\n", "duplicate_columns:a", id="same name twice"),
        pytest.param("a,b,A\n1,2,3\n", "duplicate_columns:A, a", id="same name but for case"),
        pytest.param("x,y\n1,2\n", "wrong_header", id="none of the columns"),
        pytest.param("1,2\n3,4\n", "wrong_header", id="no header at all"),
        pytest.param("a;b\n1;2\n", "wrong_header:its delimiter looks like ';'", id="semicolons"),
        pytest.param("a\tb\n1\t2\n", "wrong_header:its delimiter looks like '\\t'", id="tabs"),
        pytest.param('a,"b\n1,2\n', "broken_header:broken_quotes", id="broken quotes"),
        pytest.param("a,b" + ",c" * 100 + "\n", "broken_header:row_too_large", id="too long"),
    ],
)
def test_file_without_the_right_header_is_rejected_whole(text: str, reason: str) -> None:
    assert file_reject(read(text.encode(), csv_plan("a", "b", max_row_bytes=100))) == reason


def test_rejected_headerless_file_tells_nothing_of_its_data() -> None:
    rows = read(b"ann@example.com,Ann Email\nbob@example.com,Bob\n", csv_plan("email", "name"))
    assert file_reject(rows) == "wrong_header"


def test_missing_column_is_named_with_the_nearest_present() -> None:
    rows = read(b"order_id,cust_id,amount\n", csv_plan("order_id", "customer_id", "amount", "paid"))
    assert file_reject(rows) == "missing_columns:customer_id (nearest: cust_id), paid"


def test_absent_optional_column_is_null_and_told() -> None:
    rows = read(b"a\n1\n", csv_plan("a", "b?"))
    assert good(rows) == [{"a": "1"}]
    assert notices(rows) == ["notice:missing_optional_columns:b"]


def test_undeclared_columns_are_kept_and_told() -> None:
    rows = read(b'z,a,y\n"say ""hi""\n\\",1,\xc3\xa4\n,2,\n', csv_plan("a"))
    assert [json.loads(row["_extra"]) for row in good(rows)] == [
        {"y": "ä", "z": 'say "hi"\n\\'},
        {"y": None, "z": None},
    ]
    assert good(rows)[0]["_extra"].startswith('{"y":"ä","z"')
    assert notices(rows) == ["notice:undeclared_columns:y, z"]


def test_undeclared_columns_are_kept_in_the_order_of_their_names() -> None:
    assert good(read(b"f,a,e,c,d,b\n6,1,5,3,4,2\n", csv_plan("a")))[0]["_extra"] == (
        '{"b":"2","c":"3","d":"4","e":"5","f":"6"}'
    )


def test_bronze_name_and_source_name_may_differ() -> None:
    plan = csv_plan("invoice=Invoice No", "again=Invoice No")
    assert good(read(b"Invoice No\n7\n", plan)) == [{"invoice": "7", "again": "7"}]


def test_too_many_columns_are_refused() -> None:
    header = ",".join(f"c{n}" for n in range(20_000)).encode()
    assert file_reject(read(header + b"\n" + b"," * 19_999 + b"\n", csv_plan("c1"))) == "too_many_columns:20000"


def test_headerless_file_is_taken_by_position() -> None:
    rows = read(b"1,2\n3,4,5\n", csv_plan("a", "b", header=False))
    assert good(rows) == [{"a": "1", "b": "2"}]
    assert rejects(rows) == [(2, "too_many_fields", b"3,4,5")]


# ── the records ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "accepted", "rejected"),
    [
        pytest.param(b"1,2\n3\n4,5\n", [1, 3], [(2, "too_few_fields", b"3")], id="too few fields"),
        pytest.param(b"1,2\r\n3,4,5\r\n6,7", [1, 3], [(2, "too_many_fields", b"3,4,5")], id="too many fields"),
        pytest.param(b'1,2\n3,"4\n5,6\n7,8\n', [1, 3, 4], [(2, "broken_quotes", b'3,"4')], id="unbalanced quote"),
        pytest.param(b'1,"2\n3,"4"\n', [2], [(1, "broken_quotes", b'1,"2')], id="unbalanced before a quoted one"),
        pytest.param(b'1,2\n3,4"\n5,"6"\n', [1, 3], [(2, "broken_quotes", b'3,4"')], id="quote at the end of a field"),
        pytest.param(b'1,"2\n', [], [(1, "broken_quotes", b'1,"2')], id="unbalanced in the last line"),
        pytest.param(b"1;2\n3,4\n", [2], [(1, "too_few_fields", b"1;2")], id="one line with another delimiter"),
        pytest.param(b'1,"a\nb"\n2,3\n', [1, 2], [], id="a line end in quotes is one record"),
        pytest.param(b"1,2\n\n3,4\n\r\n", [1, 2], [], id="blank lines are not counted"),
        pytest.param(b"1,2\n  \n3,4\n", [1, 3], [(2, "too_few_fields", b"  ")], id="a line of spaces is"),
    ],
)
def test_only_the_bad_record_is_lost(body: bytes, accepted: list[int], rejected: list[tuple[int, str, bytes]]) -> None:
    rows = read(b"a,b\n" + body, AB)
    assert [row["_row_number"] for row in rows if "_reject_reason" not in row] == accepted
    assert rejects(rows) == rejected


def test_quoted_line_end_is_rejected_where_it_is_not_allowed() -> None:
    rows = read(b'a,b\n1,"x\ny"\n2,z\n', csv_plan("a", "b", multiline=False))
    assert good(rows) == [{"a": "2", "b": "z"}]
    assert rejects(rows) == [(1, "quoted_newline", b'1,"x'), (2, "broken_quotes", b'y"')]


def test_in_a_file_of_one_column_a_blank_line_is_an_empty_cell() -> None:
    rows = read(b'a\n1\n\n""\n2\n', csv_plan("a"))
    assert good(rows) == [{"a": "1"}, {}, {}, {"a": "2"}]
    assert notices(rows) == []


def test_an_empty_cell_after_a_rejected_line_is_not_taken_for_half_a_line_end() -> None:
    rows = read(b"a\r\r,\n\n", csv_plan("a"))
    assert [row["_row_number"] for row in rows if "_reject_reason" not in row] == [1, 3]
    assert rejects(rows) == [(2, "too_many_fields", b",")]


@pytest.mark.parametrize("body", [b"%b,2\n3,4\n", b'"%b",2\n3,4\n'])
def test_a_record_longer_than_allowed_is_rejected_without_its_bytes(body: bytes) -> None:
    plan = csv_plan("a", "b", max_row_bytes=1_000)
    rows = read(b"a,b\n" + body % (b"x" * 5_000), plan)
    assert good(rows) == [{"a": "3", "b": "4"}]
    assert rejects(rows) == [(1, "row_too_large", None)]


def test_a_field_of_50_megabytes_costs_no_neighbour() -> None:
    rows = read(b"a,b\n1,2\n" + b"x" * 50 * 1024**2 + b",2\n3,4\n", AB)
    assert good(rows) == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]
    assert rejects(rows) == [(2, "row_too_large", None)]


def test_a_row_of_20_000_fields_is_rejected() -> None:
    rows = read(b"a,b\n1,2\n" + b"," * 19_999 + b"\n", AB)
    assert rejects(rows) == [(2, "too_many_fields", b"," * 19_999)]


@pytest.mark.parametrize(
    ("declared", "line", "expected"),
    [
        pytest.param({}, ',""', {}, id="empty is null, quoted or not"),
        pytest.param({}, "NULL, ", {"a": "NULL", "b": " "}, id="nothing else is null by itself"),
        pytest.param({"null_values": ()}, ",x", {"a": "", "b": "x"}, id="no null values"),
        pytest.param({"null_values": ("", "NULL", "\\N")}, '"NULL",\\N', {}, id="declared null values"),
        pytest.param({"null_values": ("NULL",)}, "null,xNULL", {"a": "null", "b": "xNULL"}, id="only the whole text"),
        pytest.param({"trim": True}, " x\t, ", {"a": "x"}, id="trimmed before it is compared"),
        pytest.param({"trim": True}, '" x ","a  b"', {"a": "x", "b": "a  b"}, id="trimmed at both ends only"),
        pytest.param({}, " x , y", {"a": " x ", "b": " y"}, id="not trimmed unless declared"),
        pytest.param({"quote": "'"}, "'1,2','it''s'", {"a": "1,2", "b": "it's"}, id="another quote"),
        pytest.param({"quote": ""}, '"1,2"', {"a": '"1', "b": '2"'}, id="no quote"),
        pytest.param({}, "1e400,NaN", {"a": "1e400", "b": "NaN"}, id="numbers are text here"),
        pytest.param({}, "00123,1.10", {"a": "00123", "b": "1.10"}, id="no digit is lost"),
    ],
)
def test_cells(declared: dict[str, Any], line: str, expected: Row) -> None:
    assert good(read(f"a,b\n{line}\n".encode(), csv_plan("a", "b", **declared))) == [expected]


def test_names_are_trimmed_too() -> None:
    assert good(read(b" a ,b\n1,2\n", csv_plan("a", "b", trim=True))) == [{"a": "1", "b": "2"}]


# ── encodings, line ends, the file's end ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("encoding", "bad_line"),
    [
        ("utf-8", "é,2,3".encode()),
        ("windows-1252", "é€,2,3".encode("cp1252")),
        ("utf-16", "é,2,3".encode("utf-16-le")),
        ("utf-16-be", "é,2,3".encode("utf-16-be")),
    ],
)
@pytest.mark.parametrize("quote", ["", '"'], ids=["miscounted", "broken quotes"])
def test_rejected_bytes_are_those_of_the_file(encoding: str, bad_line: bytes, quote: str) -> None:
    exact = "utf-16-le" if encoding == "utf-16" else encoding
    mark = codecs.BOM_UTF16_LE if encoding == "utf-16" else b""
    bad_line += quote.encode(exact)
    content = mark + "a,b\nä,ö\n".encode(exact) + bad_line + "\n".encode(exact)
    rows = read(content, csv_plan("a", "b", encoding=encoding))
    assert good(rows) == [{"a": "ä", "b": "ö"}]
    assert [raw for _, _, raw in rejects(rows)] == [bad_line]


def test_byte_order_mark_is_no_part_of_the_first_name() -> None:
    assert good(read(codecs.BOM_UTF8 + b"a,b\n1,2\n", AB)) == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param("a,b\nZoë,2\n".encode("latin-1"), "wrong_encoding:byte 6 is not utf-8", id="latin-1"),
        pytest.param("a,b\n1,2\n".encode("utf-16"), "wrong_encoding:the byte order mark says utf-16-le", id="utf-16"),
        pytest.param("a,b\n1,2\n".encode("utf-16-le"), "nul_byte:line 1", id="utf-16 without its mark"),
        pytest.param(b"a,b\n1,2\n3,\0\n", "nul_byte:line 3", id="NUL"),
        pytest.param(gzip.compress(b"a,b\n1,2\n")[:-9], "truncated_gzip", id="gzip cut"),
    ],
)
def test_bytes_that_are_no_text_reject_the_file(content: bytes, reason: str) -> None:
    assert file_reject(read(content, AB)) == reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a,b\n1,2\n", [], id="LF"),
        pytest.param("a,b\r\n1,2\r\n", [], id="CRLF"),
        pytest.param("a,b\r1,2\r", ["notice:cr_line_ends"], id="CR"),
        pytest.param("a,b\r\n1,2\n", ["notice:mixed_line_ends"], id="CRLF and LF"),
        pytest.param("a,b\n1,2\r3,4\n", ["notice:mixed_line_ends"], id="LF and CR"),
        pytest.param('a,b\n1,"x\r\ny"\n', [], id="line ends in quotes do not count"),
        pytest.param('a,b\n1,"x\r\n', ["notice:mixed_line_ends"], id="those of bad records do"),
        pytest.param("a,b\n1,2", ["notice:no_final_newline"], id="no final line end"),
        pytest.param("a,b\n1,200.0", ["notice:no_final_newline"], id="cut in the middle of a number"),
        pytest.param("a,b\n1,2\n3", ["notice:cut_off"], id="cut in the middle of a record"),
        pytest.param('a,b\n1,2\n3,"x', ["notice:cut_off"], id="cut in the middle of a quoted field"),
        pytest.param("a,b\n1\n2,3", ["notice:no_final_newline"], id="only the last record tells of a cut"),
        pytest.param("a,b\n1,2\n3,4,5", ["notice:no_final_newline"], id="nor does one with too many fields"),
        pytest.param("a,b\n1,2\n3\n", [], id="nor a short one with its line end"),
        pytest.param("a,b\n\n\n1,2\n", ["notice:blank_lines"], id="blank lines once"),
    ],
)
def test_oddities_are_told_once(text: str, expected: list[str]) -> None:
    assert notices(read(text.encode(), AB)) == expected


@pytest.mark.parametrize(("text", "is_rejected"), [("a,b\n1,200.0", True), ("a,b\n1,200.00\n", False)])
def test_cut_file_is_rejected_where_a_final_line_end_is_required(text: str, is_rejected: bool) -> None:
    rows = read(text.encode(), csv_plan("a", "b", final_newline="required"))
    assert (rows == [{"_reject_reason": "file:no_final_newline"}]) == is_rejected


# ── size ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_long_field_within_the_limit_is_loaded() -> None:
    long = "x\n" * 1_500_000
    rows = read(f'a,b\n1,2\n"{long}",3\n4,5\n'.encode(), AB)
    assert good(rows) == [{"a": "1", "b": "2"}, {"a": long, "b": "3"}, {"a": "4", "b": "5"}]


def test_clean_text_is_split_in_pieces_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    shuffled_blocks(monkeypatch, 100)
    plan = csv_plan("a", "b", header=False)
    parsed = csv_file.read_csv(b"1,2\n" * 1_000, plan, CsvFormat(header=False))
    assert max(batch.num_rows for batch in parsed.batches) <= 2 * 300 / 4


# ── the same by other means ────────────────────────────────────────────────────────────────────────────────────────


def read_one_by_one(body: bytes, width: int, plan: ParsePlan) -> tuple[list[Row], list[tuple[int, str, bytes | None]]]:
    """What the record scanner alone makes of a headerless file: the definition that the fast way must meet."""
    assert plan.format.type == "csv"
    dialect = Dialect.of(plan.format, plan.max_row_bytes)
    accepted: list[Row] = []
    rejected: list[tuple[int, str, bytes | None]] = []
    position = number = 0
    while position < len(body):
        if width > 1 and (line_end := line_end_at(body, position)):
            position += len(line_end)
            continue
        record = scan_record(body, position, dialect, width)
        number += 1
        line = body[position : record.end]
        if record.code:
            rejected.append((number, record.code, line if len(line) <= plan.max_row_bytes else None))
        else:
            cells = {f"c{at}": cell.decode() for at, cell in enumerate(record.fields)}
            accepted.append(cells | {"_row_number": number})
        position = record.next
    return accepted, rejected


def shuffled_blocks(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(csv_file, "_SMALLEST_BLOCK", size)
    monkeypatch.setattr(csv_file, "_FIRST_BLOCK", size)
    monkeypatch.setattr(csv_file, "_LARGEST_BLOCK", 3 * size)


@settings(max_examples=400, deadline=None)
@given(
    body=st.text(alphabet='aé,"\r\n', min_size=1, max_size=120).map(str.encode),
    width=st.integers(1, 3),
    block=st.integers(1, 60),
    multiline=st.booleans(),
    quote=st.sampled_from(['"', ""]),
)
def test_fast_and_exact_agree_on_any_text(body: bytes, width: int, block: int, multiline: bool, quote: str) -> None:
    names = [f"c{at}" for at in range(width)]
    plan = csv_plan(*names, header=False, multiline=multiline, quote=quote, null_values=(), max_row_bytes=20)
    with pytest.MonkeyPatch.context() as monkeypatch:
        shuffled_blocks(monkeypatch, block)
        rows = read(body, plan)
    accepted, rejected = read_one_by_one(body, width, plan)
    assert [row for row in rows if "_reject_reason" not in row] == accepted
    assert rejects(rows) == rejected


TABLES = st.lists(
    st.lists(st.text(alphabet="aß,\"'\r\n ;0€", max_size=6), min_size=3, max_size=3), min_size=1, max_size=12
)


def written(table: list[list[str]], always_quote: bool, line_end: str) -> str:
    def cell(value: str) -> str:
        is_quoted = always_quote or any(sign in value for sign in ',"\r\n')
        return '"' + value.replace('"', '""') + '"' if is_quoted else value

    return "".join(",".join(map(cell, row)) + line_end for row in [["c0", "c1", "c2"], *table])


def read_by_python(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))[1:]


@settings(max_examples=200, deadline=None)
@given(
    table=TABLES, block=st.integers(1, 60), always_quote=st.booleans(), line_end=st.sampled_from(["\n", "\r\n", "\r"])
)
def test_well_formed_files_read_as_pythons_csv_reads_them(
    table: list[list[str]], block: int, always_quote: bool, line_end: str
) -> None:
    text = written(table, always_quote, line_end)
    with pytest.MonkeyPatch.context() as monkeypatch:
        shuffled_blocks(monkeypatch, block)
        rows = read(text.encode(), csv_plan("c0", "c1", "c2", null_values=()))
    assert [[row["c0"], row["c1"], row["c2"]] for row in good(rows)] == read_by_python(text) == table
    assert rejects(rows) == []


@settings(max_examples=200, deadline=None)
@given(
    table=TABLES,
    at=st.floats(0, 1, exclude_max=True),
    sign=st.sampled_from(['"', ",", "\n", "\r", ""]),
    is_inserted=st.booleans(),
)
def test_one_wrong_sign_never_costs_a_record_before_it(
    table: list[list[str]], at: float, sign: str, is_inserted: bool
) -> None:
    lines = [written([row], always_quote=False, line_end="\n").partition("\n")[2] for row in table]
    body = "".join(lines)
    position = int(at * len(body))
    mutated = (body[:position] + sign + body[position + (not is_inserted) :]).encode()
    plan = csv_plan("c0", "c1", "c2", null_values=())
    rows = read(b"c0,c1,c2\n" + mutated, plan)
    accepted, rejected = read_one_by_one(mutated, 3, plan)
    assert [row for row in rows if "_reject_reason" not in row] == accepted
    assert rejects(rows) == rejected
    ends = [sum(map(len, lines[: count + 1])) for count in range(len(lines))]
    untouched = sum(end <= position for end in ends)
    assert [[row["c0"], row["c1"], row["c2"]] for row in good(rows)[:untouched]] == table[:untouched]


def test_many_broken_records_do_not_slow_the_rest_down_beyond_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that are looked at grow with the file, not with its square."""
    looked_at = 0

    def counting(text: bytes, start: int, size: int, dialect: Dialect, width: int) -> Any:
        nonlocal looked_at
        looked_at += min(size, len(text) - start)
        return take_block(text, start, size, dialect, width)

    monkeypatch.setattr(csv_file, "take_block", counting)
    content = b"a,b\n" + (b"1,2\n" * 5_000 + b'3,"4\n') * 100
    rows = read(content, AB)
    assert len(rejects(rows)) == 100
    assert looked_at < 5 * len(content)
