"""A table's declaration as the Spark SQL statement that creates it."""

from __future__ import annotations

from lakehouse.derive.properties import table_properties
from lakehouse.table import Field, Table

_ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\u0000"})


def create_table(table: Table, location: str) -> str:
    """`CREATE TABLE IF NOT EXISTS <layer>.<name> …` of an external Delta table at `location`.

    Types, nullability, comments, partitioning and properties are as declared. Whatever a description or the location
    holds stays within its literal.
    """
    columns = ",\n".join(f"  {_column(field)}" for field in table.fields)
    partitions = ", ".join(map(identifier, table.partition_by))
    properties = ", ".join(f"{literal(name)} = {literal(value)}" for name, value in table_properties(table).items())
    clauses = [
        f"CREATE TABLE IF NOT EXISTS {identifier(table.layer)}.{identifier(table.name)} (\n{columns}\n)",
        "USING delta",
        *([f"PARTITIONED BY ({partitions})"] if partitions else []),
        f"LOCATION {literal(location)}",
        f"COMMENT {literal(table.grain)}",
        f"TBLPROPERTIES ({properties})",
    ]
    return "\n".join(clauses)


def literal(text: str) -> str:
    """A Spark SQL string literal of exactly that text."""
    # Spark replaces `${name}` by a setting's value before it parses, inside of literals too.
    return "'" + text.translate(_ESCAPES).replace("${", "\\u0024{") + "'"


def identifier(name: str) -> str:
    """A quoted name."""
    return "`" + name.replace("`", "``") + "`"


def _column(field: Field) -> str:
    required = "" if field.nullable else " NOT NULL"
    return f"{identifier(field.name)} {field.type}{required} COMMENT {literal(field.description)}"
