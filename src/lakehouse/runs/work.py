"""What a run was planned to do and what it did, table by table, as its manifest keeps it."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from lakehouse.settings import Frozen


class Amount(Frozen):
    """What is read for a table, and what is written of it.

    Read are the replaced files, and what its inputs wrote; all of its inputs where a table is made as a whole.
    """

    partitions: int
    rows: int
    bytes: int
    read_bytes: int


NOTHING = Amount(partitions=0, rows=0, bytes=0, read_bytes=0)


class Estimate(Frozen):
    """How long a run takes where it is asked to run, and what it costs as a job on AWS Glue."""

    seconds: float
    correction: float = Field(description="What the model's seconds were multiplied by, as earlier runs showed.")
    glue_seconds: float
    dpu_seconds: float
    dollars: float


class TableWork(Frozen):
    """A table's work; what was not planned or not written is None. `seconds` are those of the steps of its name."""

    is_whole: bool
    planned: Amount | None
    actual: Amount | None
    seconds: float | None = None


class Work(Frozen):
    """A run's work. What a run costs is known where it is a job on AWS Glue."""

    files: int
    rows: int
    bytes: int
    estimate: Estimate
    dpu_seconds: float | None = None
    dollars: float | None = None
    tables: Mapping[str, TableWork]
