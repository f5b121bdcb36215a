"""The technical columns of silver tables: which delivered row a row is, which version of its key, and its month."""

from __future__ import annotations

from lakehouse.spark import Column, F
from lakehouse.table import BIGINT, BOOLEAN, DATE, STRING, Field, Privacy

PROVENANCE = (
    Field("_source", STRING, "Source that delivered the row.", privacy=Privacy.PUBLIC),
    Field("_object_id", STRING, "File version (path and content hash) that the row came in.", privacy=Privacy.PUBLIC),
    Field("_row_number", BIGINT, "Record number within that file.", privacy=Privacy.PUBLIC),
    Field("_version", BIGINT, "Version of the key; the greatest (version, row hash) is the row that counts."),
    Field("_row_hash", STRING, "SHA-256 of the row's business values; decides between equal versions."),
    Field("_is_deleted", BOOLEAN, "Whether this version says that the key is gone."),
    Field("_run_id", STRING, "Run that wrote the row.", privacy=Privacy.PUBLIC),
)

MONTH = Field(
    "_month", DATE, "Month that the row is stored under, UTC; it has no other meaning.", privacy=Privacy.PUBLIC
)

_LAST_MICROSECOND = 253_402_300_799_999_999
_NO_MONTH = "1970-01-01"


def stored_month(*moments: Column) -> Column:
    """The month of the first of the moments that is known, else of the version, where that is a time."""
    known = F.coalesce(*moments, _version_moment())
    return F.coalesce(F.trunc(known.cast("date"), "month"), F.lit(_NO_MONTH).cast("date"))


def version_month() -> Column:
    """The month of the version: the same for every row of one key and version."""
    return stored_month()


def _version_moment() -> Column:
    """Versions can be any numbers; those that are times are microseconds."""
    version = F.col("_version")
    return F.when(version.between(0, _LAST_MICROSECOND), F.timestamp_micros(version))
