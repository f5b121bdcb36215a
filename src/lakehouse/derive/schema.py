"""A table's declaration as Arrow schema and as Spark DDL string."""

from __future__ import annotations

import re

import pyarrow as pa

from lakehouse.table import Field, Table

_ARROW = {
    "string": pa.string(),
    "binary": pa.binary(),
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "array<string>": pa.list_(pa.string()),
}
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")


def arrow_type(type_name: str) -> pa.DataType:
    """The Arrow type of a declared type name."""
    if match := _DECIMAL.fullmatch(type_name):
        return pa.decimal128(int(match[1]), int(match[2]))
    return _ARROW[type_name]


def arrow_schema(table: Table) -> pa.Schema:
    """Arrow schema with nullability as declared and each description as the field's `comment`."""
    return pa.schema([_arrow_field(field) for field in table.fields])


def without_comments(schema: pa.Schema) -> pa.Schema:
    """The same fields, for whoever takes fields of other comments for other fields."""
    return pa.schema([field.remove_metadata() for field in schema])


def spark_ddl(table: Table) -> str:
    """`name type, …`: the schema string that PySpark's readers and `mapInArrow` take."""
    return ", ".join(f"`{field.name}` {field.type}" for field in table.fields)


def _arrow_field(field: Field) -> pa.Field[pa.DataType]:
    return pa.field(field.name, arrow_type(field.type), field.nullable, {"comment": field.description})
