"""The rows that a run reads for an entity: its candidates, and the staged rows with the outcome of each."""

from __future__ import annotations

from dataclasses import replace

from lakehouse.table import BIGINT, BOOLEAN, INTEGER, STRING, Field, Layer, Table

_MARKS = (
    Field("_object_name", STRING, "Source object that the row came in."),
    Field("_mapping", INTEGER, "Number of the mapping that made the row; a record can be mapped several times."),
    Field("_row_count", BIGINT, "Delivered records that the row stands for."),
    Field("_parent", STRING, "Parent whose rows are delivered all together.", nullable=True),
    Field("_is_filtered", BOOLEAN, "Whether the source's definition does not map the row to the entity."),
    Field("_reasons", STRING, "Why the row is set aside, separated by semicolons; empty for a good row."),
)
_VERDICTS = (
    Field("_outcome", STRING, "What became of the row."),
    Field("_is_written", BOOLEAN, "Whether the row goes into the silver table."),
)


def candidates_table(entity: Table) -> Table:
    """`runs.candidates_<entity>`: the mapped rows of a run, before they are judged, that are too many for memory."""
    return Table(
        layer=Layer.RUNS,
        name=f"candidates_{entity.name}",
        grain="One row per record that the last run of many read for the entity.",
        fields=(*_loosened(entity), *_MARKS),
        primary_key=(),
    )


def staged_table(entity: Table) -> Table:
    """`runs.staged_<entity>`: overwritten by every run that has more rows for the entity than are held in memory."""
    return Table(
        layer=Layer.RUNS,
        name=f"staged_{entity.name}",
        grain="One row per record that the last run of many read for the entity, and per row that it retires.",
        fields=(*_loosened(entity), *_MARKS, *_VERDICTS),
        primary_key=(),
    )


def _loosened(entity: Table) -> tuple[Field, ...]:
    return tuple(replace(field, nullable=True, references=None) for field in entity.fields)
