"""About how many records new files have: by the ledger's records per byte, else by one of the files, which is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.quality.ledger import OBJECTS, FileState
from lakehouse.runs.arrivals import Arrival
from lakehouse.runs.manifest import Manifest
from lakehouse.settings import Storage
from lakehouse.sources.definition import Source
from lakehouse.sources.parse.object_reader import OBJECT_SCHEMA, ObjectReader
from lakehouse.storage.lake import Lake
from lakehouse.storage.objects import ReadBytes, StoredObject

LARGEST_SAMPLE = 16_000_000
"""Bytes of the largest file that is read to estimate by."""


@dataclass(frozen=True)
class Density:
    """What was loaded of an object: files, bytes and records."""

    files: int
    bytes: int
    records: int


@dataclass(frozen=True)
class RecordCount:
    """About how many records there are, and how that is known."""

    records: int
    basis: str


def densities(lake: Lake, base: Manifest | None) -> Mapping[tuple[str, str], Density]:
    """What the published ledger knows of each source's objects."""
    pinned = base.tables.get(str(OBJECTS)) if base else None
    if pinned is None:
        return {}
    columns = ["source", "object_name", "size_bytes", "record_count", "state"]
    ledger = lake.stored(OBJECTS, pinned.version).delta.to_pyarrow_table(columns=columns)
    loaded = ledger.filter(pc.equal(ledger["state"], FileState.LOADED.value))
    sums = loaded.group_by(["source", "object_name"]).aggregate(
        [("size_bytes", "sum"), ("record_count", "sum"), ("record_count", "count")]
    )
    return {
        (row["source"], row["object_name"]): Density(
            row["record_count_count"], row["size_bytes_sum"], row["record_count_sum"]
        )
        for row in sums.to_pylist()
    }


def about_records(arrival: Arrival, source: Source, known: Density | None, storage: Storage) -> RecordCount:
    """The records of an object's new files; `known` is what was loaded of the object before."""
    arriving = sum(file.size for file in arrival.files)
    if known is not None and known.bytes:
        return RecordCount(
            round(arriving * known.records / known.bytes),
            f"{known.records / known.bytes * 1000:.3g} records a kB, as in {known.files:,} files before",
        )
    small = [file for file in arrival.files if file.size <= LARGEST_SAMPLE]
    if not small or not arriving:
        return RecordCount(0, "empty" if not arriving else "unknown: each file is too large to look into")
    sample = max(small, key=lambda file: (file.size, file.uri))
    records = _records(sample, source, arrival.object_name, storage)
    if len(arrival.files) == 1:
        return RecordCount(records, "read")
    return RecordCount(round(records * arriving / sample.size), "by size, after one file that was read")


def _records(file: StoredObject, source: Source, object_name: str, storage: Storage) -> int:
    reader = ObjectReader(source.object(object_name).plan(), ReadBytes(storage), "plan", datetime.now(UTC))
    listed = {"uri": file.uri, "size": file.size, "modified_at": file.modified_at}
    batch = pa.RecordBatch.from_pylist([listed], schema=OBJECT_SCHEMA)
    return sum(rows.num_rows - rows["_row_number"].null_count for rows in reader([batch]))
