"""Where rows wait that could not be loaded, or that can not count yet; each with its reason."""

from __future__ import annotations

from lakehouse.table import BIGINT, BINARY, STRING, Field, Layer, Privacy, Table

REJECTS = Table(
    layer=Layer.QUARANTINE,
    name="rejects",
    grain="One row per delivered record or file that was rejected, and per entity that rejected it.",
    fields=(
        Field("reject_id", STRING, "Surrogate key of the rejection."),
        Field("source", STRING, "Source that delivered it."),
        Field("object_name", STRING, "Object of the source."),
        Field(
            "entity", STRING, "Silver entity that rejected the record; null where it could not be read.", nullable=True
        ),
        Field("source_file", STRING, "File it came in."),
        Field("object_id", STRING, "File version."),
        Field("row_number", BIGINT, "Record number within the file; null for a file as a whole.", nullable=True),
        Field("reasons", STRING, "Why: codes, each with the field it is about, separated by semicolons."),
        Field("raw", BINARY, "Record byte for byte, where it could not be read.", True, privacy=Privacy.PII_DIRECT),
        Field("_run_id", STRING, "Run that rejected it."),
    ),
    primary_key=("reject_id",),
    partition_by=("_run_id",),
)

SET_ASIDE = Table(
    layer=Layer.QUARANTINE,
    name="set_aside",
    grain="One row per silver row that a fact can not count as things stand.",
    fields=(
        Field("table_name", STRING, "Fact that would count the row."),
        Field("row_id", STRING, "Natural key of the row in silver."),
        Field("reason", STRING, "What is missing; the row counts as soon as it is delivered."),
    ),
    primary_key=("table_name", "row_id"),
    partition_by=("table_name",),
)
