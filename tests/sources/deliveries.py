"""Files as bronze rows, by the strict parser and without storage."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from lakehouse import verbs
from lakehouse.sources.definition import Source
from lakehouse.sources.parse.object_reader import OBJECT_SCHEMA, ObjectReader, bronze_schema

MODIFIED_AT = datetime(2026, 1, 1, tzinfo=UTC)
INGESTED_AT = datetime(2026, 1, 2, tzinfo=UTC)


def bronze(spark: SparkSession, source: Source, object_name: str, files: Iterable[Path]) -> DataFrame:
    """The bronze rows of an object's files, as a run would have written them."""
    plan = source.object(object_name).plan()
    listed = [{"uri": str(file), "size": file.stat().st_size, "modified_at": MODIFIED_AT} for file in sorted(files)]
    reader = ObjectReader(plan, read_bytes=lambda uri: Path(uri).read_bytes(), run_id="run-1", ingested_at=INGESTED_AT)
    batches = reader(pa.Table.from_pylist(listed, schema=OBJECT_SCHEMA).to_batches())
    return verbs.from_arrow(spark, pa.Table.from_batches(batches, bronze_schema(plan)))


def found(source: Source, object_name: str, folder: Path) -> list[Path]:
    """The files of a folder that an object's patterns match."""
    return sorted({file for glob in source.object(object_name).globs for file in folder.glob(glob)})
