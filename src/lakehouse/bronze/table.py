"""The bronze table of a source object: every column as it was sent, and where each row came from."""

from __future__ import annotations

from collections.abc import Sequence

from lakehouse.table import BIGINT, BINARY, STRING, TIMESTAMP, Field, Layer, Privacy, Table

ORIGIN = (
    Field("_extra", STRING, "Columns the source does not declare, as JSON.", nullable=True, privacy=Privacy.PII_DIRECT),
    Field("_row_number", BIGINT, "Record number within the file; null in a row about the file.", nullable=True),
    Field("_reject_reason", STRING, "Why the record or file was rejected; null for a good row.", nullable=True),
    Field("_raw", BINARY, "Rejected record, byte for byte.", nullable=True, privacy=Privacy.PII_DIRECT),
    Field("_source_file", STRING, "File the row came in."),
    Field("_object_id", STRING, "File version: SHA-256 of path and content hash; null if unreadable.", nullable=True),
    Field("_modified_at", TIMESTAMP, "Modification time of the file as listed, UTC."),
    Field("_ingested_at", TIMESTAMP, "When the run that read it began, UTC."),
    Field("_run_id", STRING, "Run that read it."),
)


def bronze_table(source: str, object_name: str, columns: Sequence[str]) -> Table:
    """`bronze.<source>__<object>`: append-only, one partition per run."""
    return Table(
        layer=Layer.BRONZE,
        name=f"{source}__{object_name}",
        grain="One row per delivered record, and one row about each delivered file.",
        fields=(
            *(Field(name, STRING, "As sent.", nullable=True, privacy=Privacy.PII_DIRECT) for name in columns),
            *ORIGIN,
        ),
        primary_key=(),
        partition_by=("_run_id",),
    )
