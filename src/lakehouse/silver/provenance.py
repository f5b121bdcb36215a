"""The technical columns of every silver table: which delivered row a row is, and which version of its key."""

from __future__ import annotations

from lakehouse.table import BIGINT, BOOLEAN, STRING, Field, Privacy

PROVENANCE = (
    Field("_source", STRING, "Source that delivered the row.", privacy=Privacy.PUBLIC),
    Field("_object_id", STRING, "File version (path and content hash) that the row came in.", privacy=Privacy.PUBLIC),
    Field("_row_number", BIGINT, "Record number within that file.", privacy=Privacy.PUBLIC),
    Field("_version", BIGINT, "Version of the key; the greatest (version, row hash) is the row that counts."),
    Field("_row_hash", STRING, "SHA-256 of the row's business values; decides between equal versions."),
    Field("_is_deleted", BOOLEAN, "Whether this version says that the key is gone."),
    Field("_run_id", STRING, "Run that wrote the row.", privacy=Privacy.PUBLIC),
)
