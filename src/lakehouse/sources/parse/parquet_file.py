"""Parquet files: every value becomes its exact text."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lakehouse.sources.formats import ParquetFormat
from lakehouse.sources.parse.arrow_text import UnsupportedType, text_of
from lakehouse.sources.parse.plan import ParsePlan
from lakehouse.sources.parse.reasons import Code, FileRejected, name_list
from lakehouse.sources.parse.rows import BATCH_ROWS, NamedColumns, Parsed, null_where

_OFFSET_BYTES = 4


def read_parquet(content: bytes, plan: ParsePlan, declared: ParquetFormat) -> Parsed:
    """All rows of the file; FileRejected if any part of it cannot be read."""
    if not content:
        raise FileRejected(Code.EMPTY_FILE)
    try:
        return _read(content, plan, declared)
    except (pa.ArrowException, OSError):
        raise FileRejected(Code.CORRUPT_PARQUET) from None


def _read(content: bytes, plan: ParsePlan, declared: ParquetFormat) -> Parsed:
    file = pq.ParquetFile(
        pa.BufferReader(content),
        page_checksum_verification=True,
        # The old 96-bit timestamps wrap around outside 1677–2262 if they are read as nanoseconds.
        coerce_int96_timestamp_unit="us",
    )
    _check_size(content, file.metadata, plan)
    names = file.schema_arrow.names
    columns = NamedColumns(plan, names)
    parsed = Parsed(notices=columns.notices())
    row_number = unpacked = 0
    for batch in file.iter_batches(batch_size=BATCH_ROWS, use_threads=False):
        cells = [
            null_where(_text(name, column), declared.null_values)
            for name, column in zip(names, batch.columns, strict=True)
        ]
        unpacked += sum(cell.nbytes for cell in cells)
        if unpacked > plan.max_bytes:
            raise FileRejected(Code.TOO_LARGE, f"more than {plan.max_bytes} bytes unpacked")
        numbers = pa.array(np.arange(row_number + 1, row_number + batch.num_rows + 1, dtype=np.int64))
        parsed.batches.append(columns.batch(cells, numbers))
        row_number += batch.num_rows
    if row_number != file.metadata.num_rows:
        raise FileRejected(Code.CORRUPT_PARQUET, f"{row_number} of {file.metadata.num_rows} rows")
    return parsed


def _check_size(content: bytes, metadata: pq.FileMetaData, plan: ParsePlan) -> None:
    unpacked = sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
    # A run of equal values takes next to nothing in the file, but every cell takes an offset in memory.
    offsets = metadata.num_rows * metadata.num_columns * _OFFSET_BYTES
    if max(len(content), unpacked, offsets) > plan.max_bytes:
        raise FileRejected(Code.TOO_LARGE, f"more than {plan.max_bytes} bytes unpacked")


def _text(name: str, column: pa.Array) -> pa.Array:
    try:
        # Parquet only claims that its strings are UTF-8.
        column.validate(full=True)
    except pa.ArrowInvalid:
        raise FileRejected(Code.WRONG_ENCODING, name_list([name])) from None
    try:
        return text_of(column)
    except UnsupportedType as unsupported:
        raise FileRejected(Code.UNSUPPORTED_TYPE, f"{name_list([name])}: {unsupported}") from None
