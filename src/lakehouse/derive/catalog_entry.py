"""A table's entry in the AWS Glue Data Catalog: of its Delta table, in the shape that Athena itself writes, and of one
version of it.

Athena, QuickSight and Lake Formation take the columns from the entry, and Spark takes the schema from its parameters;
all must equal the Delta log, so the entry is written anew after every commit that changes a schema.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from lakehouse.table import Field, Table

PART_LENGTH = 4000
"""Spark splits a schema into parts of this many characters, as long as a Hive parameter may be."""

COMMENT_LENGTH = 255
"""Glue takes no longer comment of a column."""

OWNER = "lakehouse"
"""Trino reads no view without an owner."""

_TRINO_NAMES = {
    "string": "varchar",
    "int": "integer",
    "binary": "varbinary",
    "timestamp": "timestamp(3)",
    "array<string>": "array(varchar)",
}
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


def version_input(table: Table, name: str, location: str, weeks: tuple[date, date] | None) -> dict[str, Any]:
    """The `TableInput` of one version of a table, as a list of its data files, which Hive calls a symlink table.

    Athena reads no older version of a Delta table, but such a list. Below `location` is a folder for each week that the
    table is partitioned by, with the file that lists its data files; `weeks` are the first and the last, which
    differ: Trino takes no range of one.
    """
    parameters = {"EXTERNAL": "TRUE", "classification": "parquet"}
    partitions = list(table.partition_by)
    if partitions:
        (week,) = partitions
        if weeks is None:
            raise ValueError(f"{table} is partitioned: its weeks are needed")
        first, last = weeks
        parameters |= {
            # Which partitions there are is reckoned, so that nobody has to tell the catalog.
            "projection.enabled": "true",
            f"projection.{week}.type": "date",
            f"projection.{week}.format": "yyyy-MM-dd",
            f"projection.{week}.range": f"{first},{last}",
            f"projection.{week}.interval": "7",
            f"projection.{week}.interval.unit": "DAYS",
            "storage.location.template": f"{location}/{week}=${{{week}}}",
        }
    return {
        "Name": name,
        "Description": table.grain,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [_column(table.field(name)) for name in partitions],
        "Parameters": parameters,
        "StorageDescriptor": {
            "Columns": [_column(field) for field in table.fields if field.name not in partitions],
            "Location": location,
            "InputFormat": "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
        },
    }


def view_input(
    name: str, description: str, columns: Mapping[str, tuple[str, str]], sql: str, database: str
) -> dict[str, Any]:
    """The `TableInput` of a view that Athena reads; `columns` are a type and a description by name, in order.

    The shape is that of Trino's views in a Hive catalog, which says each column twice: in both languages' types.
    Tables that `sql` calls by their plain names are those of the database.
    """
    told = {
        "originalSql": sql,
        "catalog": "awsdatacatalog",
        "schema": database,
        "columns": [{"name": column, "type": _trino_type(type_name)} for column, (type_name, _) in columns.items()],
        "owner": OWNER,
        "runAsInvoker": False,
        "properties": {},
    }
    text = base64.b64encode(json.dumps(told, ensure_ascii=False).encode()).decode()
    return {
        "Name": name,
        "Owner": OWNER,
        "TableType": "VIRTUAL_VIEW",
        "PartitionKeys": [],
        # Trino takes an entry's own description for its comment, and knows a view by this one.
        "Parameters": {"presto_view": "true", "comment": "Presto View", "description": description},
        "ViewOriginalText": f"/* Presto View: {text} */",
        "ViewExpandedText": "/* Presto View */",
        "StorageDescriptor": {
            "Columns": [
                {"Name": column, "Type": type_name, "Comment": _comment(said)}
                for column, (type_name, said) in columns.items()
            ],
            "Location": "",
            "SerdeInfo": {},
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


def _trino_type(type_name: str) -> str:
    return _TRINO_NAMES.get(type_name, type_name)


def _spark_type(type_name: str) -> str | dict[str, object]:
    if type_name == "array<string>":
        return {"type": "array", "elementType": "string", "containsNull": True}
    return _SPARK_NAMES.get(type_name, type_name)
