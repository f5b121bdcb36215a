from __future__ import annotations

import pytest

from lakehouse.sources.parse.csv_records import Dialect, scan_record
from lakehouse.sources.parse.reasons import Code

DIALECT = Dialect(b",", b'"', multiline=True, max_row_bytes=100)
ONE_LINE = Dialect(b",", b'"', multiline=False, max_row_bytes=100)
UNQUOTED = Dialect(b";", b"", multiline=True, max_row_bytes=100)
LONG = b"x" * 101


@pytest.mark.parametrize(
    ("text", "fields", "after"),
    [
        pytest.param(b"a,b\nc", (b"a", b"b"), b"c", id="LF"),
        pytest.param(b"a,b\r\nc", (b"a", b"b"), b"c", id="CRLF"),
        pytest.param(b"a,b\rc", (b"a", b"b"), b"c", id="CR"),
        pytest.param(b"a,b", (b"a", b"b"), b"", id="end of file"),
        pytest.param(b",\n", (b"", b""), b"", id="empty fields"),
        pytest.param(b'"a,1","b"\nc', (b"a,1", b"b"), b"c", id="quoted delimiter"),
        pytest.param(b'"a\r\nb",c\nd', (b"a\r\nb", b"c"), b"d", id="quoted line end"),
        pytest.param(b'"a ""b""","",""""\n', (b'a "b"', b"", b'"'), b"", id="doubled quotes"),
        pytest.param(b'"a"', (b"a",), b"", id="closing quote at the end of the file"),
        pytest.param(b" a , b\t\n", (b" a ", b" b\t"), b"", id="spaces belong to the value"),
        pytest.param(b"x" * 100 + b"\n", (b"x" * 100,), b"", id="as long as allowed"),
        pytest.param(b'"' + b"x" * 98 + b'"\n', (b"x" * 98,), b"", id="quoted, as long as allowed"),
    ],
)
def test_good_record(text: bytes, fields: tuple[bytes, ...], after: bytes) -> None:
    record = scan_record(text, 0, DIALECT, len(fields))
    assert (record.code, record.fields, text[record.next :]) == (None, fields, after)


@pytest.mark.parametrize(
    ("text", "dialect", "code", "taken"),
    [
        pytest.param(b'a,"b\nc,d\n', DIALECT, Code.BROKEN_QUOTES, b'a,"b', id="never closed"),
        pytest.param(b'a,"b\nc,"d"\n', DIALECT, Code.BROKEN_QUOTES, b'a,"b', id="closed by a neighbour's quote"),
        pytest.param(b'a,b"c\nd', DIALECT, Code.BROKEN_QUOTES, b'a,b"c', id="quote inside an unquoted field"),
        pytest.param(b'a, "b"\nd', DIALECT, Code.BROKEN_QUOTES, b'a, "b"', id="quote after a space"),
        pytest.param(b'a,"b"c\nd', DIALECT, Code.BROKEN_QUOTES, b'a,"b"c', id="text after the closing quote"),
        pytest.param(b'a,"b\\"c"\nd', DIALECT, Code.BROKEN_QUOTES, b'a,"b\\"c"', id="backslash is no escape"),
        pytest.param(b'a,"b\nc"\n', ONE_LINE, Code.QUOTED_NEWLINE, b'a,"b', id="line end in quotes"),
        pytest.param(b"a\nb,c\n", DIALECT, Code.TOO_FEW_FIELDS, b"a", id="too few"),
        pytest.param(b"a,b,c\r\nb,c\n", DIALECT, Code.TOO_MANY_FIELDS, b"a,b,c", id="too many"),
        pytest.param(b'"a\nb"\nc,d\n', DIALECT, Code.TOO_FEW_FIELDS, b'"a', id="too few over two lines"),
        pytest.param(LONG + b",b\n", DIALECT, Code.ROW_TOO_LARGE, LONG + b",b", id="too long"),
        pytest.param(b'a,"b\n' + LONG + b'"\n', DIALECT, Code.ROW_TOO_LARGE, b'a,"b', id="quote runs too far"),
    ],
)
def test_of_a_bad_record_only_its_first_line_is_taken(text: bytes, dialect: Dialect, code: Code, taken: bytes) -> None:
    record = scan_record(text, 0, dialect, 2)
    assert (record.code, text[record.start : record.end]) == (code, taken)
    assert text[record.end : record.next] in (b"\n", b"\r\n")


def test_a_quote_is_looked_for_no_further_than_a_record_may_be_long() -> None:
    class Watched(bytes):
        def find(self, sign: bytes, start: int = 0, stop: int = 10**9) -> int:  # type: ignore[override]
            assert stop <= 102
            return super().find(sign, start, stop)

    assert scan_record(Watched(b'"' + b"x" * 10_000), 0, DIALECT, 1).code is Code.ROW_TOO_LARGE


def test_without_a_quote_sign_quotes_are_text() -> None:
    assert scan_record(b'a"b;"c\n', 0, UNQUOTED, 2).fields == (b'a"b', b'"c')


def test_without_a_width_any_number_of_fields_is_taken() -> None:
    assert len(scan_record(b"a,b,c\n", 0, DIALECT, None).fields) == 3
