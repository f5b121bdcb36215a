"""Strict JSON with the literals kept: 199.00 stays 199.00, a long integer stays exact, nothing is repaired."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import numpy as np

from lakehouse.sources.parse.reasons import Code

MAX_DEPTH = 100

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89abAB-F][0-9a-fA-F]{2}")

# A JSON value: dict, list, str, Number, bool or None. Its nesting cannot be said in a type that mypy would follow.
Json = Any


class Number(str):
    """A number as the document spells it."""

    __slots__ = ()


class InvalidJson(Exception):  # noqa: N818 - a verdict about the text, turned into a reject by the caller
    """The text cannot be taken as JSON; `place` is a line and column, never content."""

    def __init__(self, code: Code, place: str = "") -> None:
        self.code = code
        self.place = place


def loads(text: bytes) -> Json:
    """The value of one UTF-8 document. Raises InvalidJson, also for duplicate keys, NaN and too deep nesting."""
    if _depth(text) > MAX_DEPTH:
        raise InvalidJson(Code.TOO_DEEP)
    try:
        value = _DECODER.decode(text.decode())
    except json.JSONDecodeError as error:
        raise InvalidJson(Code.INVALID_JSON, f"line {error.lineno} column {error.colno}") from None
    if _SURROGATE_ESCAPE.search(text):
        _check_characters(value)
    return value


def compact(value: Json) -> str:
    """JSON text without spaces; numbers as they were spelled, keys in their order."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Number():
            return str(value)
        case str():
            return json.dumps(value, ensure_ascii=False)
        case list():
            return "[" + ",".join(map(compact, value)) + "]"
        case _:
            return "{" + ",".join(f"{compact(key)}:{compact(item)}" for key, item in value.items()) + "}"


def cell_text(value: Json) -> str | None:
    """A value as the text of a cell: strings bare, numbers as spelled, objects and arrays as compact JSON."""
    if value is None:
        return None
    return str(value) if isinstance(value, str) else compact(value)


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise InvalidJson(Code.DUPLICATE_KEY)
    return found


def _refuse_constant(_name: str) -> NoReturn:
    raise InvalidJson(Code.NON_FINITE_NUMBER)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=Number, parse_int=Number, parse_constant=_refuse_constant
)


def _depth(text: bytes) -> int:
    """How deeply brackets nest outside strings, so that no document can exhaust the parser's stack."""
    if text.count(b"[") + text.count(b"{") <= MAX_DEPTH:
        return 0
    signs = np.frombuffer(_STRING.sub(b"", text), np.uint8)
    opened = (signs == ord("[")) | (signs == ord("{"))
    closed = (signs == ord("]")) | (signs == ord("}"))
    return int(np.cumsum(opened.astype(np.int64) - closed).max())


def _check_characters(value: Json) -> None:
    """Half a surrogate pair is a str in Python but no character, and no UTF-8 can hold it."""
    try:
        compact(value).encode()
    except UnicodeEncodeError:
        raise InvalidJson(Code.INVALID_UNICODE) from None
