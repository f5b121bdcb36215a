"""The staged rows of an entity: what a run read for it, with the outcome of every row."""

from __future__ import annotations

from dataclasses import replace

from lakehouse.table import BIGINT, BOOLEAN, STRING, Field, Layer, Table

_MARKS = (
    Field("_object_name", STRING, "Source object that the row came in."),
    Field("_row_count", BIGINT, "Delivered records that the row stands for."),
    Field("_parent", STRING, "Parent whose rows are delivered all together.", nullable=True),
    Field("_is_filtered", BOOLEAN, "Whether the source's definition does not map the row to the entity."),
    Field("_reasons", STRING, "Why the row is set aside, separated by semicolons; empty for a good row."),
    Field("_outcome", STRING, "What became of the row."),
    Field("_is_written", BOOLEAN, "Whether the row goes into the silver table."),
)


def staged_table(entity: Table) -> Table:
    """`runs.staged_<entity>`: overwritten by every run that has rows for the entity."""
    return Table(
        layer=Layer.RUNS,
        name=f"staged_{entity.name}",
        grain="One row per record that this run read for the entity, and per row that it retires.",
        fields=(*(replace(field, nullable=True, references=None) for field in entity.fields), *_MARKS),
        primary_key=(),
    )
