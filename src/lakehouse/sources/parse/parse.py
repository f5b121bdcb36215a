"""The entry: one file's bytes in, Arrow batches of a fixed schema out."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from lakehouse.sources.formats import CsvFormat, JsonFormat, JsonLinesFormat, ParquetFormat
from lakehouse.sources.parse.csv_file import read_csv
from lakehouse.sources.parse.json_file import read_json, read_json_lines
from lakehouse.sources.parse.parquet_file import read_parquet
from lakehouse.sources.parse.plan import ParsePlan
from lakehouse.sources.parse.reasons import Code, FileRejected
from lakehouse.sources.parse.rows import (
    Parsed,
    even_batches,
    file_reject_batch,
    notice_batch,
    parse_schema,
    rejected_batches,
)

__all__ = ["parse", "parse_schema"]


def parse(uri: str, content: bytes, plan: ParsePlan) -> Iterator[pa.RecordBatch]:  # noqa: ARG001
    """Every record of the file, as batches of `parse_schema(plan)`.

    First the good rows in the file's order, then the rejected records, then the notices. A file that is rejected as a
    whole gives one row and nothing else: nothing is yielded before all of it has been read.
    """
    try:
        parsed = _read(content, plan)
        _check_share(parsed, plan)
    except FileRejected as verdict:
        yield file_reject_batch(plan, verdict.code, verdict.detail)
        return
    yield from even_batches(parsed.batches)
    yield from rejected_batches(plan, parsed.rejected)
    if parsed.notices:
        yield notice_batch(plan, parsed.notices)


def _read(content: bytes, plan: ParsePlan) -> Parsed:
    match plan.format:
        case CsvFormat():
            return read_csv(content, plan, plan.format)
        case JsonLinesFormat():
            return read_json_lines(content, plan, plan.format)
        case JsonFormat():
            return read_json(content, plan, plan.format)
        case ParquetFormat():
            return read_parquet(content, plan, plan.format)


def _check_share(parsed: Parsed, plan: ParsePlan) -> None:
    bad = len(parsed.rejected)
    total = parsed.good + bad
    if bad > plan.max_rejected_share * total:
        raise FileRejected(Code.TOO_MANY_BAD_ROWS, f"{bad} of {total}")
