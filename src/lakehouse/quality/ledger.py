"""What was delivered: every file version ever read, and what became of each of its records."""

from __future__ import annotations

from enum import StrEnum

from lakehouse.table import BIGINT, DATE, STRING, TIMESTAMP, Expectation, Field, Layer, Table


class FileState(StrEnum):
    """`DEFERRED` files could not be read this time and are tried again by the next run."""

    LOADED = "loaded"
    QUARANTINED = "quarantined"
    DEFERRED = "deferred"


OBJECTS = Table(
    layer=Layer.RUNS,
    name="objects",
    grain="One row per run, file version and source object that the run read from it.",
    fields=(
        Field("object_id", STRING, "File version: SHA-256 of its path and content hash."),
        Field("source", STRING, "Source that delivered it."),
        Field("object_name", STRING, "Object of the source that was read."),
        Field("source_file", STRING, "Location of the file."),
        Field(
            "landing_path",
            STRING,
            "Its path below the landing folder of the run; null for what was read before that was kept.",
            nullable=True,
        ),
        Field("content_sha256", STRING, "SHA-256 of its bytes; null where it could not be read.", nullable=True),
        Field("size_bytes", BIGINT, "Size as listed."),
        Field("modified_at", TIMESTAMP, "Modification time as listed, UTC."),
        Field("state", STRING, "What became of it.", values=tuple(FileState)),
        Field("reason", STRING, "Why it was not loaded.", nullable=True),
        Field("record_count", BIGINT, "Records in it."),
        Field("rejected_count", BIGINT, "Records that could not be read."),
        Field("notices", STRING, "What was odd about it though it was read, separated by semicolons.", nullable=True),
        Field("_run_id", STRING, "Run that read it."),
    ),
    primary_key=("object_id", "source", "object_name", "_run_id"),
    partition_by=("_run_id",),
)

BALANCES = Table(
    layer=Layer.RUNS,
    name="balances",
    grain="One row per run, file version, source object and silver entity.",
    fields=(
        Field("object_id", STRING, "File version."),
        Field("source", STRING, "Source that delivered it."),
        Field("object_name", STRING, "Object of the source."),
        Field("entity", STRING, "Silver entity."),
        Field("row_count", BIGINT, "Readable records of the file."),
        Field("filtered_count", BIGINT, "Records that the source's definition does not map to the entity."),
        Field("loaded_count", BIGINT, "New keys and newer versions."),
        Field("unchanged_count", BIGINT, "Versions that were there already."),
        Field("stale_count", BIGINT, "Versions older than one known."),
        Field("duplicate_count", BIGINT, "Exact repeats within the delivery."),
        Field("quarantined_count", BIGINT, "Records set aside with a reason."),
        Field("_run_id", STRING, "Run that loaded it."),
    ),
    primary_key=("object_id", "source", "object_name", "entity", "_run_id"),
    partition_by=("_run_id",),
    expectations=(
        Expectation(
            "every_record_is_accounted_for",
            "row_count = filtered_count + loaded_count + unchanged_count + stale_count + duplicate_count "
            "+ quarantined_count",
        ),
    ),
)

DELIVERIES = Table(
    layer=Layer.RUNS,
    name="deliveries",
    grain="One row per source object, silver entity that it fills, and day that a file of it is or ought to be for.",
    fields=(
        Field("source", STRING, "Source that delivered it."),
        Field("object_name", STRING, "Object of the source."),
        Field("entity", STRING, "Silver entity that the object fills."),
        Field("delivery_date", DATE, "Day in the path of a file that came, and was not written before that day."),
        Field(
            "record_count",
            BIGINT,
            "Records in the files for this day, zero where they were delivered empty; null where none was loaded: "
            "what came was set aside, or the source delivered for this day and no file of this required object came.",
            nullable=True,
        ),
        Field(
            "damaged_files",
            STRING,
            "Files for this day that were set aside or cut off when last they came: their paths below landing, one a "
            "line; null where there is none.",
            nullable=True,
        ),
    ),
    primary_key=("source", "object_name", "entity", "delivery_date"),
)
