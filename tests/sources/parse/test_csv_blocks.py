from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse.sources.parse.csv_blocks import Block, take_block
from lakehouse.sources.parse.csv_records import Dialect, line_end_at, scan_record
from lakehouse.sources.parse.reasons import Code

DIALECT = Dialect(b",", b'"', multiline=True, max_row_bytes=40)


def take(text: bytes, size: int = 1_000, width: int = 2, dialect: Dialect = DIALECT) -> Block:
    return take_block(text, 0, size, dialect, width)


@pytest.mark.parametrize(
    ("text", "clean", "orders", "rest"),
    [
        pytest.param(b"a,b\nc,d\n", b"a,b\nc,d\n", [1, 2], b"", id="all clean"),
        pytest.param(b"a,b\r\nc,d", b"a,b\r\nc,d", [1, 2], b"", id="no final line end"),
        pytest.param(b"a,b\n\nc,d\n", b"a,b\nc,d\n", [1, 2], b"", id="a blank line is no record"),
        pytest.param(b"a,b\nc\nd,e\n", b"a,b\nd,e\n", [1, 3], b"", id="a miscounted line is left out"),
        pytest.param(b"a,b\rc\rd,e\r", b"a,b\r\nd,e\r\n", [1, 3], b"", id="a gap after a carriage return"),
        pytest.param(b'a,b\n"c\nd",e\n', b'a,b\n"c\nd",e\n', [1, 2], b"", id="a line end in quotes"),
        pytest.param(b'a,b\nc"d,e\nf,g\n', b"a,b\n", [1], b'c"d,e\nf,g\n', id="stops before a broken quote"),
        pytest.param(b'a,b\nc,"d\nf,g\n', b"a,b\n", [1], b'c,"d\nf,g\n', id="stops before an open quote"),
        pytest.param(b'a,b\n"c\nd"\nf,g\n', b"a,b\n", [1], b'"c\nd"\nf,g\n', id="stops before miscounted lines"),
        pytest.param(
            b"a,b\n" + b"c" * 41 + b"\nd,e", b"a,b\n", [1], b"c" * 41 + b"\nd,e", id="stops before a long one"
        ),
    ],
)
def test_block(text: bytes, clean: bytes, orders: list[int], rest: bytes) -> None:
    block = take(text)
    assert (block.clean, block.orders.tolist(), text[block.end :]) == (clean, orders, rest)
    assert block.broken == bool(rest)


def test_miscounted_lines_are_named() -> None:
    wrong = take(b"a,b\nc\n\nd,e,f\n").wrong
    assert [(line.order, line.start, line.end, line.code) for line in wrong] == [
        (2, 4, 5, Code.TOO_FEW_FIELDS),
        (3, 7, 12, Code.TOO_MANY_FIELDS),
    ]


def test_line_end_in_quotes_is_broken_where_it_is_not_allowed() -> None:
    block = take(b'a,b\n"c\nd",e\n', dialect=Dialect(b",", b'"', multiline=False, max_row_bytes=40))
    assert (block.end, block.broken) == (4, True)


@pytest.mark.parametrize("size", range(1, 12))
def test_carriage_return_and_line_feed_are_never_parted(size: int) -> None:
    block = take(b"a,b\r\nc,d\r\n", size)
    assert block.end in (0, 5, 10)
    assert not block.broken


def test_a_record_longer_than_allowed_is_given_up_without_its_end() -> None:
    text = b"x" * 1_000 + b",b\n"
    assert not take(text, 42).broken
    assert take(text, 43).broken


def paired(clean: bytes) -> bytes:
    """What keeps a lone carriage return from pairing up with what comes after a gap."""
    return b"\n" if clean.endswith(b"\r") else b""


@settings(max_examples=300, deadline=None)
@given(
    text=st.text(alphabet='ab,"\r\n', min_size=1, max_size=80).map(str.encode),
    size=st.integers(1, 90),
    width=st.integers(1, 3),
    multiline=st.booleans(),
    quote=st.sampled_from([b'"', b""]),
)
def test_a_block_is_what_the_scanner_finds(text: bytes, size: int, width: int, multiline: bool, quote: bytes) -> None:
    """Record by record, the scanner must agree with the block, and reject what the block calls broken."""
    dialect = Dialect(b",", quote, multiline, max_row_bytes=12)
    block = take_block(text, 0, size, dialect, width)
    clean, orders, wrong, records, position, last_clean = b"", [], [], 0, 0, 0
    while position < block.end:
        if width > 1 and line_end_at(text, position):
            position += len(line_end_at(text, position))
            continue
        record = scan_record(text, position, dialect, width)
        records += 1
        if record.code:
            wrong.append((records, record.start, record.end, record.code))
        else:
            clean += paired(clean) if record.start > last_clean else b""
            clean += text[record.start : record.next]
            last_clean = record.next
            orders.append(records)
        position = record.next
    assert position == block.end
    assert (clean + paired(clean), orders, records) == (block.clean, block.orders.tolist(), block.records)
    assert wrong == [(line.order, line.start, line.end, line.code) for line in block.wrong]
    if block.broken:
        assert scan_record(text, block.end, dialect, width).code
