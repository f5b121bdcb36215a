"""One CSV record at a time, exactly by RFC 4180: the definition of what a record is, and of what is wrong with it.

`csv_blocks` does the same for whole blocks of clean records at once and leaves to this scanner whatever is not clean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lakehouse.sources.formats import CsvFormat
from lakehouse.sources.parse.reasons import Code

_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True)
class Dialect:
    """A CSV format as the bytes to look for, and the limit of one record in bytes."""

    delimiter: bytes
    quote: bytes
    multiline: bool
    max_row_bytes: int
    unquoted: re.Pattern[bytes] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "unquoted", re.compile(rb"[^\r\n%b]*" % re.escape(self.delimiter)))

    @classmethod
    def of(cls, declared: CsvFormat, max_row_bytes: int) -> Dialect:
        return cls(declared.delimiter.encode(), declared.quote.encode(), declared.multiline, max_row_bytes)


@dataclass(frozen=True)
class Record:
    """A record's fields, or what is wrong with it. It is followed by `line_end` (empty at the end of the file).

    Of a bad record only the physical line at which it starts is taken, so that an unbalanced quote never swallows
    the records after it; what follows is read as records again.
    """

    start: int
    end: int
    line_end: bytes
    fields: tuple[bytes, ...] = ()
    code: Code | None = None

    @property
    def next(self) -> int:
        return self.end + len(self.line_end)


class _BadRecord(Exception):  # noqa: N818 - a verdict about a record, caught below
    def __init__(self, code: Code) -> None:
        self.code = code


def scan_record(text: bytes, start: int, dialect: Dialect, width: int | None) -> Record:
    """The record at `start`, which must have `width` fields unless that is None."""
    try:
        fields, end = _scan_fields(text, start, dialect)
        if end - start > dialect.max_row_bytes:
            raise _BadRecord(Code.ROW_TOO_LARGE)
        if width is not None and len(fields) != width:
            raise _BadRecord(Code.TOO_FEW_FIELDS if len(fields) < width else Code.TOO_MANY_FIELDS)
        return Record(start, end, line_end_at(text, end), tuple(fields))
    except _BadRecord as bad:
        found = _LINE_END.search(text, start)
        end = found.start() if found else len(text)
        return Record(start, end, line_end_at(text, end), code=bad.code)


def line_end_at(text: bytes, position: int) -> bytes:
    """The line end that begins at `position`; empty if there is none."""
    found = _LINE_END.match(text, position)
    return found.group() if found else b""


def _scan_fields(text: bytes, start: int, dialect: Dialect) -> tuple[list[bytes], int]:
    fields: list[bytes] = []
    position = start
    while True:
        if dialect.quote and text.startswith(dialect.quote, position):
            value, position = _scan_quoted(text, position, start + dialect.max_row_bytes, dialect)
        else:
            found = dialect.unquoted.match(text, position)
            value, position = (found.group(), found.end()) if found else (b"", position)
            if dialect.quote and dialect.quote in value:
                raise _BadRecord(Code.BROKEN_QUOTES)
        fields.append(value)
        if not text.startswith(dialect.delimiter, position):
            return fields, position
        position += 1


def _scan_quoted(text: bytes, opening: int, limit: int, dialect: Dialect) -> tuple[bytes, int]:
    """The quoted field's content with doubled quotes undone, and the position after its closing quote."""
    quote = dialect.quote
    closing = opening
    while True:
        closing = text.find(quote, closing + 1, limit + 1)
        if closing < 0:
            raise _BadRecord(Code.BROKEN_QUOTES if limit >= len(text) else Code.ROW_TOO_LARGE)
        if not text.startswith(quote, closing + 1):
            break
        closing += 1
    after = text[closing + 1 : closing + 2]
    if after and after not in (dialect.delimiter, b"\r", b"\n"):
        raise _BadRecord(Code.BROKEN_QUOTES)
    value = text[opening + 1 : closing].replace(quote + quote, quote)
    if not dialect.multiline and _LINE_END.search(value):
        raise _BadRecord(Code.QUOTED_NEWLINE)
    return value, closing + 1
