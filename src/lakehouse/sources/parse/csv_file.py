"""A CSV file: its header by name, then its records, in blocks where they are clean and singly where they are not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from lakehouse.sources.formats import CsvFormat
from lakehouse.sources.parse.csv_blocks import Block, Positions, take_block
from lakehouse.sources.parse.csv_records import Dialect, Record, line_end_at, scan_record
from lakehouse.sources.parse.plan import ParsePlan
from lakehouse.sources.parse.reasons import Code, FileRejected
from lakehouse.sources.parse.rows import NamedColumns, Parsed, RejectedRow, null_where
from lakehouse.sources.parse.text import decode, decompress

_SMALLEST_BLOCK = 16 * 1024
_FIRST_BLOCK = 1024**2
_LARGEST_BLOCK = 8 * 1024**2
_TRIMMED = " \t"
_USUAL_DELIMITERS = ",;\t|"


def read_csv(content: bytes, plan: ParsePlan, declared: CsvFormat) -> Parsed:
    """All records of the file; FileRejected if it cannot be read as a whole."""
    text, encoding = decode(decompress(content, declared.compression, plan.max_bytes), declared.encoding)
    file = _CsvFile(text, encoding, plan, declared)
    file.read()
    return file.parsed


@dataclass
class _CsvFile:
    """The reading of one file: `position` moves through the text, `parsed` grows."""

    text: bytes
    encoding: str
    plan: ParsePlan
    declared: CsvFormat
    position: int = 0
    records: int = 0
    line_ends: set[bytes] = field(default_factory=set)
    has_blank_lines: bool = False
    pending: list[tuple[bytes, Positions]] = field(default_factory=list)
    pending_bytes: int = 0
    parsed: Parsed = field(default_factory=Parsed)

    def read(self) -> None:
        dialect = Dialect.of(self.declared, self.plan.max_row_bytes)
        names = self._header(dialect) if self.declared.header else [column.path for column in self.plan.columns]
        columns = NamedColumns(self.plan, names)
        self.parsed.notices.update(columns.notices())
        size = _FIRST_BLOCK
        while self.position < len(self.text):
            block = take_block(self.text, self.position, size, dialect, len(names))
            self._add_block(block)
            if block.broken:
                self._add_record(scan_record(self.text, self.position, dialect, len(names)))
                # What was looked at beyond the broken record is looked at again, so begin small: the cost stays linear.
                size = _SMALLEST_BLOCK
            else:
                size = min(size * 2, _LARGEST_BLOCK) if block.records else size * 2
            if self.pending_bytes >= _LARGEST_BLOCK or self.position == len(self.text):
                self._flush(columns)
        self._notice()

    def _header(self, dialect: Dialect) -> list[str]:
        while line_end := line_end_at(self.text, self.position):
            self._skip(line_end)
            self.has_blank_lines = True
        if self.position == len(self.text):
            raise FileRejected(Code.EMPTY_FILE)
        header = scan_record(self.text, self.position, dialect, width=None)
        if header.code:
            raise FileRejected(Code.BROKEN_HEADER, header.code)
        self.position = header.end
        self._skip(header.line_end)
        names = self._names(header)
        declared = {column.path for column in self.plan.columns}
        if declared and declared.isdisjoint(names):
            for other in _USUAL_DELIMITERS:
                split = scan_record(self.text, header.start, replace(dialect, delimiter=other.encode()), width=None)
                if not declared.isdisjoint(self._names(split)):
                    raise FileRejected(Code.WRONG_HEADER, f"its delimiter looks like {other!r}")
        return names

    def _names(self, header: Record) -> list[str]:
        names = [name.decode() for name in header.fields]
        return [name.strip(_TRIMMED) for name in names] if self.declared.trim else names

    def _skip(self, line_end: bytes) -> None:
        self.position += len(line_end)
        if line_end:
            self.line_ends.add(line_end)

    def _add_block(self, block: Block) -> None:
        self._add_clean(block.clean, block.orders + self.records)
        for line in block.wrong:
            raw = self.text[line.start : line.end]
            self.parsed.rejected.append(RejectedRow(self.records + line.order, line.code, self._exact(raw)))
        self.position = block.end
        self.records += block.records
        self.line_ends |= block.line_ends
        self.has_blank_lines |= block.has_blank_lines

    def _add_record(self, record: Record) -> None:
        self.records += 1
        if record.code:
            line = self.text[record.start : record.end]
            raw = self._exact(line) if len(line) <= self.plan.max_row_bytes else None
            self.parsed.rejected.append(RejectedRow(self.records, record.code, raw))
        else:
            self._add_clean(self.text[record.start : record.next], np.array([self.records]))
        self.position = record.end
        self._skip(record.line_end)

    def _add_clean(self, text: bytes, row_numbers: Positions) -> None:
        self.pending.append((text, row_numbers))
        self.pending_bytes += len(text)

    def _flush(self, columns: NamedColumns) -> None:
        """Splits the clean records so far into cells; in large pieces, because every piece has a fixed cost."""
        texts, row_numbers = zip(*self.pending, strict=True)
        if clean := b"".join(texts):
            cells = [_clean(column, self.declared) for column in _split(clean, self.declared, columns.width)]
            self.parsed.batches.append(columns.batch(cells, pa.array(np.concatenate(row_numbers))))
        self.pending, self.pending_bytes = [], 0

    def _exact(self, text: bytes) -> bytes:
        return text if self.encoding == "utf-8" else text.decode().encode(self.encoding)

    def _notice(self) -> None:
        if self.text[-1:] not in (b"\n", b"\r"):
            if self.declared.final_newline == "required":
                raise FileRejected(Code.NO_FINAL_NEWLINE)
            self.parsed.note_missing_line_end(self.records)
        if self.has_blank_lines:
            self.parsed.notices[Code.BLANK_LINES] = ""
        if len(self.line_ends) > 1:
            self.parsed.notices[Code.MIXED_LINE_ENDS] = ""
        elif self.line_ends == {b"\r"}:
            self.parsed.notices[Code.CR_LINE_ENDS] = ""


def _split(clean: bytes, declared: CsvFormat, width: int) -> list[pa.Array]:
    """The columns of records that are known to be clean, as they stand."""
    names = [str(position) for position in range(width)]
    table = pa_csv.read_csv(
        pa.py_buffer(clean),
        # One block, so that no record straddles two.
        read_options=pa_csv.ReadOptions(column_names=names, block_size=len(clean) + 1, use_threads=False),
        parse_options=pa_csv.ParseOptions(
            delimiter=declared.delimiter,
            quote_char=declared.quote or False,
            double_quote=True,
            escape_char=False,
            newlines_in_values=True,
            ignore_empty_lines=False,
        ),
        convert_options=pa_csv.ConvertOptions(
            check_utf8=False, column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )
    return [column.chunk(0) if column.num_chunks == 1 else column.combine_chunks() for column in table.columns]


def _clean(cells: pa.Array, declared: CsvFormat) -> pa.Array:
    """Trimmed if the format says so, and null where the whole text is one of its null values."""
    if declared.trim:
        cells = pc.ascii_trim(cells, characters=_TRIMMED)
    return null_where(cells, declared.null_values)
