"""Rows for tests: a frame as its table declares it, of which only the fields that matter are given.

Everything else is filled in by rules that a reader can guess: a nullable field is null, a field with a default has it,
a closed vocabulary gives its first word, a key is `<field>-<n>` in the n-th row, and the rest is plain (see `_PLAIN`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from lakehouse import verbs
from lakehouse.derive.schema import arrow_schema
from lakehouse.errors import nearest
from lakehouse.table import Field, Table

DAY = date(2024, 1, 1)
MOMENT = datetime(2024, 1, 1, 12, tzinfo=UTC)

_PLAIN: Mapping[str, Any] = {
    "binary": b"",
    "boolean": False,
    "int": 1,
    "bigint": 1,
    "date": DAY,
    "timestamp": MOMENT,
    "array<string>": [],
}
_BY_NAME: Mapping[str, Any] = {
    "currency_code": "EUR",
    "exchange_rate": Decimal(1),
    "quantity": Decimal(1),
    "status": "placed",
}
_READERS: Mapping[str, Callable[[str], Any]] = {
    "binary": str.encode,
    "boolean": {"true": True, "false": False}.__getitem__,
    "int": int,
    "bigint": int,
    "date": date.fromisoformat,
    "timestamp": lambda text: _in_utc(datetime.fromisoformat(text)),
}


def rows(spark: SparkSession, table: Table, *given: Mapping[str, Any]) -> DataFrame:
    """One row per mapping; none gives an empty frame. Numbers, dates and UTC times may be given as text.

    `rows(spark, ORDERS, {"order_id": "a", "ordered_at": "2024-03-01T09:30"}, {"order_id": "b", "shipping_amount": 5})`
    """
    return verbs.from_arrow(spark, arrow_rows(table, *given))


def arrow_rows(table: Table, *given: Mapping[str, Any]) -> pa.Table:
    """The same without a session."""
    filled = [_filled(table, row, number) for number, row in enumerate(given, start=1)]
    return pa.Table.from_pylist(filled, schema=arrow_schema(table))


def _filled(table: Table, given: Mapping[str, Any], number: int) -> dict[str, Any]:
    for name, value in given.items():
        if name not in table.field_names:
            raise KeyError(f"{table} has no field {name!r}; is it {nearest(name, table.field_names)!r}?")
        if value is None and not table.field(name).nullable:
            raise ValueError(f"{table}.{name} is never null, so no transform sees it null")
    return {
        field.name: _read(given[field.name], field.type) if field.name in given else _default(table, field, number)
        for field in table.fields
    }


def _default(table: Table, field: Field, number: int) -> Any:
    if field.nullable:
        return None
    if field.default is not None:
        return _read(field.default.strip("'"), field.type)
    if field.name in _BY_NAME and (not field.values or _BY_NAME[field.name] in field.values):
        return _BY_NAME[field.name]
    if field.values:
        return field.values[0]
    is_own = field.name in {*table.primary_key, "_row_hash", "_row_number"}
    if field.type == "string":
        return f"{field.name}-{number if is_own else 1}"
    return number if is_own and field.type == "bigint" else _PLAIN.get(field.type, Decimal(0))


def _read(value: Any, type_name: str) -> Any:
    """`value` as the type has it: text is read, a number of a decimal field is exact."""
    if value is not None and type_name.startswith("decimal"):
        return Decimal(str(value))
    if isinstance(value, str) and type_name in _READERS:
        return _READERS[type_name](value)
    return value


def _in_utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
