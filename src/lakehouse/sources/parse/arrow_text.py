"""Every Arrow value as its exact text: numbers in plain notation, timestamps in ISO 8601, nested values as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from lakehouse.sources.parse.json_values import Number, compact

_FINITE = r"^-?[0-9.]+$"


class UnsupportedType(Exception):  # noqa: N818 - a verdict about a column, turned into a reject by the caller
    """A type that has no exact text; the message is its name."""


def text_of(column: pa.Array) -> pa.Array:
    """The column as strings; null stays null. Raises UnsupportedType.

    Decimals keep their scale and floats their shortest exact digits, both without an exponent; a zoned timestamp is
    in UTC and ends with Z; binary is lower-case hexadecimal; lists, structs and maps are compact JSON.
    """
    for is_of_kind, convert in _CONVERSIONS:
        if is_of_kind(column.type):
            return convert(column)
    raise UnsupportedType(str(column.type))


def _cast(column: pa.Array) -> pa.Array:
    return column.cast(pa.string())


def _number(column: pa.Array) -> pa.Array:
    texts = column.cast(pa.float32()).cast(pa.string()) if pt.is_float16(column.type) else column.cast(pa.string())
    has_exponent = pc.match_substring(texts, "e", ignore_case=True)
    if not pc.any(has_exponent).as_py():
        return texts
    plain = [text if text is None or "e" not in text.lower() else f"{Decimal(text):f}" for text in texts.to_pylist()]
    return pa.array(plain, pa.string())


def _timestamp(column: pa.Array) -> pa.Array:
    # A zone is how to show an instant; the instant itself is stored in UTC.
    in_utc = column.cast(pa.timestamp(column.type.unit, "UTC")) if column.type.tz else column
    return pc.replace_substring(in_utc.cast(pa.string()), " ", "T")


def _date(column: pa.Array) -> pa.Array:
    return column.cast(pa.date32()).cast(pa.string())


def _binary(column: pa.Array) -> pa.Array:
    return pa.array([None if cell is None else cell.hex() for cell in column.to_pylist()], pa.string())


def _dictionary(column: pa.Array) -> pa.Array:
    return text_of(column.dictionary_decode())


def _nested(column: pa.Array) -> pa.Array:
    return pa.array([None if value is None else compact(value) for value in _json_values(column)], pa.string())


def _json_values(column: pa.Array) -> list[Any]:
    """The values as `json_values` has them, numbers as literals."""
    if pt.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pt.is_struct(kind):
        fields = [_json_values(pc.struct_field(column, [at])) for at in range(kind.num_fields)]
        names = [field.name for field in kind]
        rows: Iterable[tuple[Any, ...]] = zip(*fields, strict=True) if fields else [()] * len(column)
        return _where_valid(column, [dict(zip(names, row, strict=True)) for row in rows])
    if pt.is_map(kind):
        items = column.cast(pa.list_(pa.struct([("key", kind.key_type), ("value", kind.item_type)])))
        return [None if rows is None else _map(rows) for rows in _json_values(items)]
    if _is_list(kind):
        return _lists(column)
    if pt.is_boolean(kind):
        return list(column.to_pylist())
    texts = text_of(column)
    if _is_number(kind):
        finite = pc.match_substring_regex(texts, _FINITE).to_pylist()
        return [Number(text) if ok else text for text, ok in zip(texts.to_pylist(), finite, strict=True)]
    return list(texts.to_pylist())


def _map(items: list[dict[str, Any]]) -> dict[str, Any] | list[list[Any]]:
    """An object; pairs where a key is no string or comes twice."""
    found = {item["key"]: item["value"] for item in items}
    is_object = len(found) == len(items) and all(type(key) is str for key in found)
    return found if is_object else [[item["key"], item["value"]] for item in items]


def _lists(column: pa.Array) -> list[Any]:
    values = _json_values(column.flatten())
    rows: list[Any] = []
    position = 0
    for length in pc.list_value_length(column).to_pylist():
        rows.append(None if length is None else values[position : position + length])
        position += length or 0
    return rows


def _where_valid(column: pa.Array, values: list[Any]) -> list[Any]:
    return [value if valid else None for value, valid in zip(values, column.is_valid().to_pylist(), strict=True)]


def _is_text(kind: pa.DataType) -> bool:
    return any(check(kind) for check in (pt.is_string, pt.is_large_string, pt.is_boolean, pt.is_null, pt.is_time))


def _is_number(kind: pa.DataType) -> bool:
    return any(check(kind) for check in (pt.is_integer, pt.is_floating, pt.is_decimal))


def _is_binary(kind: pa.DataType) -> bool:
    return any(check(kind) for check in (pt.is_binary, pt.is_large_binary, pt.is_fixed_size_binary))


def _is_list(kind: pa.DataType) -> bool:
    return any(check(kind) for check in (pt.is_list, pt.is_large_list, pt.is_fixed_size_list))


def _is_nested(kind: pa.DataType) -> bool:
    return pt.is_struct(kind) or pt.is_map(kind) or _is_list(kind)


_CONVERSIONS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.Array], pa.Array]], ...] = (
    (_is_text, _cast),
    (_is_number, _number),
    (pt.is_timestamp, _timestamp),
    (pt.is_date, _date),
    (_is_binary, _binary),
    (pt.is_dictionary, _dictionary),
    (_is_nested, _nested),
)
