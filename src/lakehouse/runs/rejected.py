"""Records that were rejected, with what was delivered: from the quarantine where it is, else from bronze."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.dataset as ds

from lakehouse.bronze.table import ORIGIN, bronze_table
from lakehouse.quality.quarantine import REJECTS
from lakehouse.runs.snapshot import Snapshot

_SELECTED = """
select * from rejects where contains(reasons, $reason) order by source, object_name, source_file, row_number, entity
"""
_ORIGIN = {field.name for field in ORIGIN} - {"_extra"}

Record = Mapping[str, str | None]


@dataclass(frozen=True)
class Rejected:
    """A rejected record or file, and why.

    Its content is `raw`, the text as delivered, where it could not be read; else `record`, its columns as sent. A file
    as a whole has neither.
    """

    source: str
    object_name: str
    entity: str | None
    source_file: str
    row_number: int | None
    reasons: str
    raw: str | None
    record: Record | None


def rejected(snapshot: Snapshot, reason: str = "", limit: int | None = None) -> list[Rejected]:
    """The rejected records and files whose reasons contain a text, in order of their place; `limit` at most."""
    found = snapshot.query(_SELECTED, [str(REJECTS)], {"reason": reason}).slice(0, limit).to_pylist()
    records = _records(snapshot, [row for row in found if row["raw"] is None and row["row_number"] is not None])
    return [
        Rejected(
            source=row["source"],
            object_name=row["object_name"],
            entity=row["entity"],
            source_file=row["source_file"],
            row_number=row["row_number"],
            reasons=row["reasons"],
            raw=None if row["raw"] is None else row["raw"].decode("utf-8", "backslashreplace"),
            record=records.get((row["object_id"], row["object_name"], row["row_number"])),
        )
        for row in found
    ]


def _records(snapshot: Snapshot, rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str, int], Record]:
    """The columns that were sent, by file version, object and record number."""
    wanted = defaultdict(list)
    for row in rows:
        wanted[row["source"], row["object_name"]].append(row)
    found: dict[tuple[str, str, int], Record] = {}
    for (source, object_name), places in wanted.items():
        bronze = snapshot.dataset(str(bronze_table(source, object_name, ())))
        of_files = ds.field("_object_id").isin([place["object_id"] for place in places])
        of_rows = ds.field("_row_number").isin([place["row_number"] for place in places])
        for sent in bronze.to_table(filter=of_files & of_rows).to_pylist():
            columns = {name: value for name, value in sent.items() if name not in _ORIGIN}
            found[sent["_object_id"], object_name, sent["_row_number"]] = columns
    return found
