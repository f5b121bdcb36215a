"""Objects in, bronze rows out: the function that `mapInArrow` runs over the list of landing files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.sources.parse.parse import parse, parse_schema
from lakehouse.sources.parse.plan import ParsePlan
from lakehouse.sources.parse.reasons import Code
from lakehouse.sources.parse.rows import file_reject_batch, reason_batch

OBJECT_SCHEMA = pa.schema([("uri", pa.string()), ("size", pa.int64()), ("modified_at", pa.timestamp("us", "UTC"))])
"""The columns of the list of objects."""

_UTC_MICROSECONDS = pa.timestamp("us", "UTC")


def bronze_schema(plan: ParsePlan) -> pa.Schema:
    """The schema of every batch that an `ObjectReader` yields."""
    return pa.schema(
        [
            *parse_schema(plan),
            pa.field("_source_file", pa.string()),
            pa.field("_object_id", pa.string()),
            pa.field("_modified_at", _UTC_MICROSECONDS),
            pa.field("_ingested_at", _UTC_MICROSECONDS),
            pa.field("_run_id", pa.string()),
        ]
    )


def object_id(uri: str, content_sha256: str) -> str:
    """What a delivered object is known by: its place and its content."""
    return hashlib.sha256(f"{uri}\n{content_sha256}".encode()).hexdigest()


@dataclass(frozen=True)
class ObjectReader:
    """Reads every listed object through `read_bytes`, parses it, and adds what bronze knows of its origin.

    After an object's rows comes its account, one row whose `_reject_reason` is
    `object:<sha256 of the content>:<size>:<records in>:<records rejected>`. An object that could not be read at rest
    gives one `file:…` row, no account, and no `_object_id`. One object's failure never loses another's rows.
    """

    plan: ParsePlan
    read_bytes: Callable[[str], bytes]
    run_id: str
    ingested_at: datetime

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Takes batches of `OBJECT_SCHEMA`, yields batches of `bronze_schema(plan)`."""
        for batch in batches:
            for listed in batch.select(OBJECT_SCHEMA.names).to_pylist():
                for rows, identity in self._read(listed["uri"], listed["size"]):
                    yield self._with_origin(rows, listed["uri"], identity, listed["modified_at"])

    def _read(self, uri: str, listed_size: int) -> Iterator[tuple[pa.RecordBatch, str | None]]:
        """The object's rows as parsed, and what it is known by once its content is known."""
        if listed_size > self.plan.max_bytes:
            yield self._unread(Code.TOO_LARGE, f"more than {self.plan.max_bytes} bytes")
            return
        try:
            content = self.read_bytes(uri)
        except Exception as error:
            yield self._unread(Code.UNREADABLE, type(error.__cause__ or error).__name__)
            return
        if len(content) != listed_size:
            yield self._unread(Code.CHANGED_WHILE_READING)
            return
        digest = hashlib.sha256(content).hexdigest()
        records = rejected = 0
        for batch in self._parse(uri, content):
            records += batch.num_rows - batch.column("_row_number").null_count
            rejected += _rejected_records(batch)
            yield batch, object_id(uri, digest)
        account = f"object:{digest}:{len(content)}:{records}:{rejected}"
        yield reason_batch(self.plan, [account], [None], [None]), object_id(uri, digest)

    def _parse(self, uri: str, content: bytes) -> list[pa.RecordBatch]:
        """All batches or, should the parser itself fail, one reject: never a part of the file."""
        try:
            return list(parse(uri, content, self.plan))
        except Exception as error:
            return [file_reject_batch(self.plan, Code.PARSER_ERROR, type(error).__name__)]

    def _unread(self, code: Code, detail: str = "") -> tuple[pa.RecordBatch, None]:
        return file_reject_batch(self.plan, code, detail), None

    def _with_origin(
        self, batch: pa.RecordBatch, uri: str, identity: str | None, modified_at: datetime
    ) -> pa.RecordBatch:
        origin = (
            pa.scalar(uri, pa.string()),
            pa.scalar(identity, pa.string()),
            pa.scalar(modified_at, _UTC_MICROSECONDS),
            pa.scalar(self.ingested_at, _UTC_MICROSECONDS),
            pa.scalar(self.run_id, pa.string()),
        )
        columns = [*batch.columns, *(pa.repeat(value, batch.num_rows) for value in origin)]
        return pa.RecordBatch.from_arrays(columns, schema=bronze_schema(self.plan))


def _rejected_records(batch: pa.RecordBatch) -> int:
    is_rejected = pc.and_(pc.is_valid(batch.column("_row_number")), pc.is_valid(batch.column("_reject_reason")))
    return pc.sum(is_rejected).as_py() or 0
