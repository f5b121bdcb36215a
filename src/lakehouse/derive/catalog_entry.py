"""A table's entry in the AWS Glue Data Catalog, in the shape that Athena itself writes for a Delta table.

Athena, QuickSight and Lake Formation take the columns from the entry, and Spark takes the schema from its parameters;
all must equal the Delta log, so the entry is written anew after every commit that changes a schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from lakehouse.table import Field, Table

PART_LENGTH = 4000
"""Spark splits a schema into parts of this many characters, as long as a Hive parameter may be."""

COMMENT_LENGTH = 255
"""Glue takes no longer comment of a column."""

_SPARK_NAMES = {"int": "integer", "bigint": "long"}


def table_input(table: Table, location: str, *, version: int, committed_at: datetime) -> dict[str, Any]:
    """The `TableInput` of Glue's CreateTable and UpdateTable.

    `location` is the table's s3:// prefix; `version` and `committed_at` are those of the Delta commit it describes.
    Delta tables have no partition keys in the catalog: partition fields are columns like all others.
    """
    path = location.rstrip("/") + "/"
    return {
        "Name": table.name,
        "Description": table.grain,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [],
        "Parameters": {
            "EXTERNAL": "TRUE",
            "table_type": "delta",
            "spark.sql.sources.provider": "delta",
            "spark.sql.partitionProvider": "catalog",
            "delta.lastUpdateVersion": str(version),
            "delta.lastCommitTimestamp": str(int(committed_at.timestamp() * 1000)),
            **_schema_parts(table),
        },
        "StorageDescriptor": {
            "Columns": [_column(field) for field in table.fields],
            "Location": path,
            "InputFormat": "org.apache.hadoop.mapred.SequenceFileInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat",
            "SerdeInfo": {
                "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                # Without the path Athena finds no Delta table.
                "Parameters": {"path": path, "serialization.format": "1"},
            },
        },
    }


def schema_json(table: Table) -> str:
    """The schema as Spark writes it: compact JSON with each description as the field's comment."""
    fields = [
        {
            "name": field.name,
            "type": _spark_type(field.type),
            "nullable": field.nullable,
            "metadata": {"comment": field.description},
        }
        for field in table.fields
    ]
    return json.dumps({"type": "struct", "fields": fields}, separators=(",", ":"), ensure_ascii=False)


def _schema_parts(table: Table) -> Mapping[str, str]:
    parts = list(_split(schema_json(table)))
    numbered = {f"spark.sql.sources.schema.part.{number}": part for number, part in enumerate(parts)}
    return {"spark.sql.sources.schema.numParts": str(len(parts)), **numbered}


def _split(text: str) -> Iterator[str]:
    return (text[start : start + PART_LENGTH] for start in range(0, len(text), PART_LENGTH))


def _column(field: Field) -> dict[str, str]:
    return {"Name": field.name, "Type": field.type, "Comment": _comment(field.description)}


def _comment(description: str) -> str:
    """One line, cut after a whole word."""
    line = " ".join(description.split())
    if len(line) <= COMMENT_LENGTH:
        return line
    return line[: COMMENT_LENGTH - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def _spark_type(type_name: str) -> str | dict[str, object]:
    if type_name == "array<string>":
        return {"type": "array", "elementType": "string", "containsNull": True}
    return _SPARK_NAMES.get(type_name, type_name)
