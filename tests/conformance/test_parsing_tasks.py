"""Files parsed by an engine's tasks give the rows that they give when they are parsed here."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
from pyspark.sql import SparkSession

from lakehouse import verbs
from lakehouse.settings import Storage
from lakehouse.sources.parse.object_reader import OBJECT_SCHEMA, ObjectReader, bronze_schema
from lakehouse.storage.objects import ReadBytes
from tests.sources.parse.reading import csv_plan

NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
CONTENTS = (b"a,b\n1,2\n3\n", b"x,y\n1,2\n", b"a,b\n", b"b,a\n\xff,1\nlast,2\n", b"")


def test_the_same_rows(spark: SparkSession, tmp_path: Path) -> None:
    listed = []
    for number in range(40):
        file = tmp_path / f"{number}.csv"
        file.write_bytes(CONTENTS[number % len(CONTENTS)])
        listed.append({"uri": str(file), "size": file.stat().st_size, "modified_at": NOW})
    objects = pa.Table.from_pylist(listed, schema=OBJECT_SCHEMA)
    reader = ObjectReader(csv_plan("a", "b"), ReadBytes(Storage()), "run-1", NOW)
    by_tasks = verbs.from_arrow(spark, objects).repartition(3).mapInArrow(reader, _ddl(spark, reader))
    here = pa.Table.from_batches(reader(objects.to_batches()), bronze_schema(reader.plan))
    assert _sorted(verbs.to_arrow(by_tasks)) == _sorted(here)
    assert here.num_rows > len(listed)


def _ddl(spark: SparkSession, reader: ObjectReader) -> str:
    frame = verbs.from_arrow(spark, bronze_schema(reader.plan).empty_table())
    return ", ".join(f"`{field.name}` {field.dataType.simpleString()}" for field in frame.schema.fields)


def _sorted(table: pa.Table) -> list[tuple[object, ...]]:
    return sorted((tuple(row.values()) for row in table.to_pylist()), key=repr)
