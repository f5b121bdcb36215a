"""JSON files: one document (or an array of them) per file, or one object per line."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyarrow as pa

from lakehouse.sources.formats import JsonFormat, JsonLinesFormat
from lakehouse.sources.parse.json_records import Found, RecordColumns, WrongShape, find_records
from lakehouse.sources.parse.json_spans import Spans
from lakehouse.sources.parse.json_values import InvalidJson, Json, loads
from lakehouse.sources.parse.paths import parse_records_path
from lakehouse.sources.parse.plan import ParsePlan
from lakehouse.sources.parse.reasons import Code, FileRejected, name_list
from lakehouse.sources.parse.rows import BATCH_BYTES, BATCH_ROWS, Parsed, RejectedRow, good_batch, missing_detail
from lakehouse.sources.parse.text import decode, decompress

_LINE = re.compile(rb"([^\r\n]*)(\r\n|\r|\n|\Z)")


def read_json(content: bytes, plan: ParsePlan, declared: JsonFormat) -> Parsed:
    """The records of one document; FileRejected if it cannot be read as a whole."""
    text, _ = decode(decompress(content, declared.compression, plan.max_bytes), "utf-8")
    try:
        document = loads(text)
    except InvalidJson as invalid:
        raise FileRejected(invalid.code, invalid.place) from None
    rows = _Rows(plan)
    if isinstance(document, list):
        for position, element in enumerate(document):
            rows.add_root(element, text, (position,))
    elif isinstance(document, dict):
        rows.add_root(document, text, ())
    else:
        raise FileRejected(Code.NOT_AN_OBJECT)
    return rows.finish()


def read_json_lines(content: bytes, plan: ParsePlan, declared: JsonLinesFormat) -> Parsed:
    """The records of all lines; a bad line is one rejected record. FileRejected if the file cannot be read."""
    text, _ = decode(decompress(content, declared.compression, plan.max_bytes), "utf-8")
    rows = _Rows(plan)
    has_blank_lines = False
    for line in _lines(text):
        if not line.strip(b" \t"):
            has_blank_lines = True
        elif len(line) > plan.max_row_bytes:
            rows.reject(Code.ROW_TOO_LARGE, None)
        else:
            try:
                value = loads(line)
            except InvalidJson as invalid:
                rows.reject(invalid.code, line)
            else:
                rows.add_root(value, line, ())
    parsed = rows.finish()
    if has_blank_lines:
        parsed.notices[Code.BLANK_LINES] = ""
    if text and text[-1:] not in (b"\n", b"\r"):
        parsed.note_missing_line_end(rows.count)
    return parsed


def _lines(text: bytes) -> Iterator[bytes]:
    for found in _LINE.finditer(text):
        if found.end() > found.start():
            yield found[1]


class _Rows:
    """The rows of one file while they are collected: cells column by column, flushed before they grow too large."""

    def __init__(self, plan: ParsePlan) -> None:
        self._plan = plan
        self._steps = parse_records_path(plan.records)
        self._columns = RecordColumns(plan)
        self._parsed = Parsed()
        self._number = 0
        self._cells: list[tuple[list[str | None], str | None, int]] = []
        self._size = 0
        self._spans: Spans | None = None
        self._roots = 0
        self._roots_with_records = 0

    @property
    def count(self) -> int:
        """Records so far, bad ones among them."""
        return self._number

    def add_root(self, root: Json, text: bytes, where: tuple[str | int, ...]) -> None:
        """All records under a root, which stands at `where` in `text`."""
        if self._steps and isinstance(root, dict):
            self._roots += 1
            self._roots_with_records += self._steps[0].key in root
        for found in find_records(root, self._steps, where=where):
            self._add(found, text)

    def reject(self, code: Code, raw: bytes | None) -> None:
        self._number += 1
        self._parsed.rejected.append(RejectedRow(self._number, code, raw))

    def finish(self) -> Parsed:
        self._flush()
        if self._roots and not self._roots_with_records:
            raise FileRejected(Code.RECORDS_NOT_FOUND, self._plan.records or "")
        if self._parsed.batches:
            self._check_columns()
        return self._parsed

    def _add(self, found: Found, text: bytes) -> None:
        if found.code is None:
            try:
                cells, extra = self._columns.cells(found)
            except WrongShape:
                self._reject_found(Code.WRONG_SHAPE, found, text)
                return
            self._number += 1
            self._cells.append((cells, extra, self._number))
            self._size += sum(map(len, filter(None, cells))) + len(extra or "")
            if len(self._cells) >= BATCH_ROWS or self._size >= BATCH_BYTES:
                self._flush()
        else:
            self._reject_found(found.code, found, text)

    def _reject_found(self, code: Code, found: Found, text: bytes) -> None:
        if not found.where:
            self.reject(code, text)
            return
        if self._spans is None or self._spans.text is not text:
            self._spans = Spans(text)
        self.reject(code, self._spans.value_at(found.where))

    def _flush(self) -> None:
        if not self._cells:
            return
        rows, extras, numbers = zip(*self._cells, strict=True)
        columns = [pa.array([row[at] for row in rows], pa.string()) for at in range(len(self._plan.columns))]
        batch = good_batch(self._plan, columns, pa.array(extras, pa.string()), pa.array(numbers, pa.int64()))
        self._parsed.batches.append(batch)
        self._cells, self._size = [], 0

    def _check_columns(self) -> None:
        absent = [column for column in self._plan.columns if column.path not in self._columns.met]
        if missing := [column.path for column in absent if column.required]:
            raise FileRejected(Code.MISSING_COLUMNS, missing_detail(missing, sorted(self._columns.undeclared)))
        if absent:
            self._parsed.notices[Code.MISSING_OPTIONAL_COLUMNS] = name_list(column.path for column in absent)
        if self._columns.undeclared:
            self._parsed.notices[Code.UNDECLARED_COLUMNS] = name_list(self._columns.undeclared)
