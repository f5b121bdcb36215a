"""From cells to Arrow: the fixed schema, cleaned columns, `_extra`, rejected records, notices, batches of even size."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.errors import nearest
from lakehouse.sources.parse.plan import ParsePlan
from lakehouse.sources.parse.reasons import Code, FileRejected, file_reason, name_list, notice, row_reason

BATCH_ROWS = 65_536
BATCH_BYTES = 64 * 1024**2
MAX_COLUMNS = 10_000

_NEEDS_ESCAPE = r'["\\\x00-\x1f]'

_BROKEN_OFF = (Code.TOO_FEW_FIELDS, Code.BROKEN_QUOTES, Code.INVALID_JSON)
"""What a record is that ends before its end."""


@dataclass(frozen=True)
class RejectedRow:
    """One record that is set aside; `raw` is None only where it is too long to be kept."""

    number: int
    code: Code
    raw: bytes | None


@dataclass
class Parsed:
    """All that one file gave: good rows in the file's order, rejected records, and warnings with their details."""

    batches: list[pa.RecordBatch] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)
    notices: dict[Code, str] = field(default_factory=dict)

    @property
    def good(self) -> int:
        return sum(batch.num_rows for batch in self.batches)

    def note_missing_line_end(self, records: int) -> None:
        """Say that the last of the file's records has no line end, and whether it is broken as by a cut."""
        last = self.rejected[-1] if self.rejected else None
        is_broken = last is not None and last.number == records and last.code in _BROKEN_OFF
        self.notices[Code.CUT_OFF if is_broken else Code.NO_FINAL_NEWLINE] = ""


def parse_schema(plan: ParsePlan) -> pa.Schema:
    """The schema of every batch that `parse` yields for this plan."""
    return pa.schema(
        [
            *(pa.field(column.name, pa.string()) for column in plan.columns),
            pa.field("_extra", pa.string()),
            pa.field("_row_number", pa.int64()),
            pa.field("_reject_reason", pa.string()),
            pa.field("_raw", pa.binary()),
        ]
    )


def good_batch(plan: ParsePlan, columns: Sequence[pa.Array], extra: pa.Array, row_numbers: pa.Array) -> pa.RecordBatch:
    """Rows without a reason to reject them; `columns` in the plan's order."""
    size = len(row_numbers)
    return pa.RecordBatch.from_arrays(
        [*columns, extra, row_numbers, pa.nulls(size, pa.string()), pa.nulls(size, pa.binary())],
        schema=parse_schema(plan),
    )


def reason_batch(
    plan: ParsePlan, reasons: Sequence[str], numbers: Sequence[int | None], raws: Sequence[bytes | None]
) -> pa.RecordBatch:
    """Rows that hold no cells, only why something was set aside or what is worth knowing."""
    nothing = pa.nulls(len(reasons), pa.string())
    return pa.RecordBatch.from_arrays(
        [
            *(nothing for _ in plan.columns),
            nothing,
            pa.array(numbers, pa.int64()),
            pa.array(reasons, pa.string()),
            pa.array(raws, pa.binary()),
        ],
        schema=parse_schema(plan),
    )


def file_reject_batch(plan: ParsePlan, code: Code, detail: str = "") -> pa.RecordBatch:
    return reason_batch(plan, [file_reason(code, detail)], [None], [None])


def notice_batch(plan: ParsePlan, notices: Mapping[Code, str]) -> pa.RecordBatch:
    reasons = [notice(code, notices[code]) for code in sorted(notices)]
    return reason_batch(plan, reasons, [None] * len(reasons), [None] * len(reasons))


def rejected_batches(plan: ParsePlan, rejected: Iterable[RejectedRow]) -> Iterator[pa.RecordBatch]:
    """The rejected records, in batches bounded by rows and by bytes."""
    pending: list[RejectedRow] = []
    size = 0
    for row in rejected:
        pending.append(row)
        size += len(row.raw or b"")
        if len(pending) >= BATCH_ROWS or size >= BATCH_BYTES:
            yield _rejected_batch(plan, pending)
            pending, size = [], 0
    if pending:
        yield _rejected_batch(plan, pending)


def _rejected_batch(plan: ParsePlan, rows: Sequence[RejectedRow]) -> pa.RecordBatch:
    return reason_batch(plan, [row_reason(r.code) for r in rows], [r.number for r in rows], [r.raw for r in rows])


def even_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of `BATCH_ROWS`, or fewer where rows are long; many small ones become few."""
    pending: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in batches:
        for start in range(0, batch.num_rows, BATCH_ROWS):
            part = batch.slice(start, BATCH_ROWS)
            if pending and (rows + part.num_rows > BATCH_ROWS or size + part.nbytes > BATCH_BYTES):
                yield _joined(pending)
                pending, rows, size = [], 0, 0
            pending.append(part)
            rows += part.num_rows
            size += part.nbytes
    if pending:
        yield _joined(pending)


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    if len(batches) == 1:
        return batches[0]
    return pa.Table.from_batches(batches).combine_chunks().to_batches()[0]


def null_where(cells: pa.Array, null_values: Sequence[str]) -> pa.Array:
    """The cells, null where the whole text is one of the null values."""
    if not null_values:
        return cells
    is_null = pc.is_in(cells, value_set=pa.array(null_values, pa.string()))
    return pc.if_else(is_null, pa.scalar(None, pa.string()), cells) if pc.any(is_null).as_py() else cells


class NamedColumns:
    """How a file's columns, known by name, become the plan's: checked once, applied to every batch of the file."""

    def __init__(self, plan: ParsePlan, names: Sequence[str]) -> None:
        self._plan = plan
        self.width = len(names)
        self._positions = {name: position for position, name in enumerate(names)}
        self._extras = sorted(set(names) - {column.path for column in plan.columns})
        self._check(names)

    def _check(self, names: Sequence[str]) -> None:
        if len(names) > MAX_COLUMNS:
            raise FileRejected(Code.TOO_MANY_COLUMNS, str(len(names)))
        if self._plan.columns and not any(column.path in self._positions for column in self._plan.columns):
            # Names are not told here: without a header the first line is data.
            raise FileRejected(Code.WRONG_HEADER)
        times = Counter(name.casefold() for name in names)
        if repeated := {name for name in names if times[name.casefold()] > 1}:
            raise FileRejected(Code.DUPLICATE_COLUMNS, name_list(repeated))
        absent = [column for column in self._plan.columns if column.path not in self._positions]
        if missing := [column.path for column in absent if column.required]:
            raise FileRejected(Code.MISSING_COLUMNS, missing_detail(missing, self._extras))

    def notices(self) -> dict[Code, str]:
        notices = {}
        if self._extras:
            notices[Code.UNDECLARED_COLUMNS] = name_list(self._extras)
        if absent := [column.path for column in self._plan.columns if column.path not in self._positions]:
            notices[Code.MISSING_OPTIONAL_COLUMNS] = name_list(absent)
        return notices

    def batch(self, cells: Sequence[pa.Array], row_numbers: pa.Array) -> pa.RecordBatch:
        """`cells` in the file's order of columns."""
        size = len(row_numbers)
        columns = [
            cells[self._positions[column.path]] if column.path in self._positions else pa.nulls(size, pa.string())
            for column in self._plan.columns
        ]
        extras = {name: cells[self._positions[name]] for name in self._extras}
        return good_batch(self._plan, columns, json_objects(extras, size), row_numbers)


def missing_detail(missing: Iterable[str], present: Sequence[str]) -> str:
    """The missing names, each with the nearest one that is there."""
    parts = []
    for name in sorted(missing):
        close = nearest(name, present)
        parts.append(name_list([name]) + (f" (nearest: {name_list([close])})" if close else ""))
    return ", ".join(parts)


def json_objects(columns: Mapping[str, pa.Array], size: int) -> pa.Array:
    """One JSON object of strings (or null) per row, its keys in the mapping's order; null if there are no columns."""
    if not columns:
        return pa.nulls(size, pa.string())
    pieces: list[object] = []
    for position, (name, cells) in enumerate(columns.items()):
        pieces += [("," if position else "{") + json.dumps(name, ensure_ascii=False) + ":", _json_strings(cells)]
    return pc.binary_join_element_wise(*(pa.scalar(p) if isinstance(p, str) else p for p in pieces), "}", "")


def _json_strings(cells: pa.Array) -> pa.Array:
    if pc.any(pc.match_substring_regex(cells, _NEEDS_ESCAPE)).as_py():
        texts = [json.dumps(cell, ensure_ascii=False) for cell in cells.to_pylist()]
        return pa.array(texts, pa.string())
    return pc.fill_null(pc.binary_join_element_wise('"', cells, '"', ""), "null")
