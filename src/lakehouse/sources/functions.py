"""The functions that a source's expressions may call: what they take, what they give, and what they are for.

This table is the whole allow-list: the checker, the compiler and the documentation page read it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from zoneinfo import available_timezones

from lakehouse.errors import nearest
from lakehouse.verbs import Pattern


class ValueType(StrEnum):
    """What an expression gives. A reference is an identifier that already names its source."""

    STRING = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    DATE = "date"
    REFERENCE = "reference"
    NULL = "null"
    UNKNOWN = "unknown"

    @property
    def spoken(self) -> str:
        article = "an" if self[0] in "aeiou" else "a"
        return "text" if self is ValueType.STRING else f"{article} {self}"


TEXT = frozenset({ValueType.STRING})
CONDITION = frozenset({ValueType.BOOLEAN})
NUMBER = frozenset({ValueType.INTEGER, ValueType.DECIMAL})
TEXT_OR_INTEGER = frozenset({ValueType.STRING, ValueType.INTEGER})
ORDERED = frozenset({*TEXT, *NUMBER, ValueType.TIMESTAMP, ValueType.DATE})
ANY = frozenset({*ORDERED, ValueType.BOOLEAN, ValueType.REFERENCE})


@dataclass(frozen=True)
class Bad:
    """What is wrong with a literal, and what it may have been meant to be."""

    message: str
    suggestion: str | None = None


@dataclass(frozen=True)
class Parameter:
    """An argument; `check` says what is wrong with a literal (given the literals before it), if it must be one."""

    name: str
    types: frozenset[ValueType]
    is_optional: bool = False
    is_repeated: bool = False
    check: Callable[[str], Bad | None] | None = None

    @property
    def must_be_literal(self) -> bool:
        return self.check is not None


@dataclass(frozen=True)
class Function:
    """A function of the language; `result` None means the type that its arguments have in common."""

    name: str
    parameters: tuple[Parameter, ...]
    result: ValueType | None
    description: str
    example: str
    is_aggregate: bool = False

    @property
    def signature(self) -> str:
        shown = ""
        for position, parameter in enumerate(self.parameters):
            comma = ", " if position else ""
            name = parameter.name + (", …" if parameter.is_repeated else "")
            shown += f"[{comma}{name}]" if parameter.is_optional else f"{comma}{name}"
        return f"{self.name}({shown})"


# ── what a literal must be ────────────────────────────────────────────────────────────────────────────────────────────

_UNPORTABLE = re.compile(r"\(\?(?!:)|\\[1-9dDsSwWbB]|[*+?}]\+")


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def bad_pattern(text: str) -> Bad | None:
    try:
        Pattern.parse(text)
    except ValueError as error:
        return Bad(str(error))
    return None


def bad_zone(text: str) -> Bad | None:
    return None if text in _zones() else Bad(f"unknown time zone '{text}'", nearest(text, _zones()))


def bad_regular_expression(text: str) -> Bad | None:
    if match := _UNPORTABLE.search(text):
        return Bad(
            f"'{match[0]}' does not mean the same on every engine: write out the characters, like [0-9] or [A-Za-z]"
        )
    try:
        re.compile(text)
    except re.error as error:
        return Bad(f"not a regular expression: {error}")
    return None


def bad_separator(text: str) -> Bad | None:
    return (
        None if len(text) == 1 and not text.isalnum() and text not in "+-" else Bad("a separator is one sign, like ','")
    )


def anything(_: str) -> Bad | None:
    return None


def bad_position(text: str) -> Bad | None:
    return None if text.isdecimal() and int(text) > 0 else Bad("must be a whole number from 1")


def bad_digits(text: str) -> Bad | None:
    return None if text.isdecimal() and int(text) <= 8 else Bad("must be a whole number from 0 to 8")


def _text(name: str, check: Callable[[str], Bad | None] | None = None, *, optional: bool = False) -> Parameter:
    return Parameter(name, TEXT, is_optional=optional, check=check)


def _whole(name: str, check: Callable[[str], Bad | None], *, optional: bool = False) -> Parameter:
    return Parameter(name, frozenset({ValueType.INTEGER}), is_optional=optional, check=check)


_X = _text("x")
_T = ValueType

_FUNCTIONS = (
    # typed reading
    Function(
        "decimal",
        (
            _X,
            _text("decimal_separator", bad_separator, optional=True),
            _text("group_separator", bad_separator, optional=True),
        ),
        _T.DECIMAL,
        "The number written in plain digits, exactly; the separators default to '.' and none.",
        "decimal(preis, ',', '.')",
    ),
    Function("integer", (_X,), _T.INTEGER, "The whole number written in plain digits.", "integer(qty)"),
    Function(
        "cents",
        (_X,),
        _T.DECIMAL,
        "An amount delivered in hundredths of its currency: '1999' is 19.99.",
        "cents(amount)",
    ),
    Function(
        "minor_units",
        (_X, _text("currency")),
        _T.DECIMAL,
        "An amount delivered in the smallest unit of its currency (ISO 4217): 1999 is 19.99 USD, but 1999 JPY and "
        "1.999 KWD.",
        "minor_units(amount, currency)",
    ),
    Function(
        "boolean",
        (_X, _text("true_value", anything, optional=True), _text("false_value", anything, optional=True)),
        _T.BOOLEAN,
        "True or false, without regard to case; by default true, t, yes, y, 1 and false, f, no, n, 0.",
        "boolean(newsletter, 'ja', 'nein')",
    ),
    Function(
        "timestamp",
        (_X, _text("pattern", bad_pattern, optional=True), _text("zone", bad_zone, optional=True)),
        _T.TIMESTAMP,
        "The instant written in ISO 8601, or in the pattern given. A time without offset is local time of the zone "
        "given, or else of the source.",
        "timestamp(order_date, 'dd.MM.yyyy HH:mm', 'Europe/Berlin')",
    ),
    Function(
        "date",
        (_X, _text("pattern", bad_pattern, optional=True)),
        _T.DATE,
        "The day written as yyyy-MM-dd, or in the pattern given.",
        "date(geburtstag, 'd.M.yyyy')",
    ),
    Function("epoch_seconds", (_X,), _T.TIMESTAMP, "The instant so many seconds after 1970.", "epoch_seconds(created)"),
    Function("epoch_millis", (_X,), _T.TIMESTAMP, "The instant so many milliseconds after 1970.", "epoch_millis(ts)"),
    Function(
        "lookup",
        (_X, _text("vocabulary", anything)),
        _T.STRING,
        "What the vocabulary says for this text; a text that it does not have sets the row aside.",
        "lookup(status, 'order_status')",
    ),
    # identifiers and places
    Function(
        "ref",
        (_text("source", anything), Parameter("x", TEXT_OR_INTEGER)),
        _T.REFERENCE,
        "An identifier of another source.",
        "ref('shop', order_reference)",
    ),
    Function(
        "sequence_within",
        (Parameter("column", TEXT, is_repeated=True),),
        _T.INTEGER,
        "Position of the row, from 1, among the rows of its file with the same values of these columns.",
        "sequence_within(invoice_no)",
    ),
    Function("row_number", (), _T.INTEGER, "Number of the row within its file, from 1.", "row_number()"),
    Function("file_name", (), _T.STRING, "Name of the file, without its folder.", "file_name()"),
    # text
    Function("lower", (_X,), _T.STRING, "In lower case.", "lower(email)"),
    Function("upper", (_X,), _T.STRING, "In upper case.", "upper(currency)"),
    Function("trim", (_X,), _T.STRING, "Without blanks at both ends.", "trim(name)"),
    Function("length", (_X,), _T.INTEGER, "Number of characters.", "length(code)"),
    Function(
        "substring",
        (_X, _whole("start", bad_position), _whole("length", bad_position, optional=True)),
        _T.STRING,
        "The part from a position (the first is 1), to the end or so many characters long.",
        "substring(sku, 1, 3)",
    ),
    Function(
        "replace",
        (_X, _text("old", anything), _text("new", anything)),
        _T.STRING,
        "With every occurrence of one text replaced by another.",
        "replace(price, '€', '')",
    ),
    Function(
        "split_part",
        (_X, _text("separator", anything), _whole("number", bad_position)),
        _T.STRING,
        "One of the parts between separators, counted from 1; empty if there are not so many.",
        "split_part(full_name, ' ', 1)",
    ),
    Function(
        "concat",
        (Parameter("x", TEXT_OR_INTEGER, is_repeated=True),),
        _T.STRING,
        "One after the other, like x || y; null if any of them is.",
        "concat(invoice_no, '-', row_number())",
    ),
    Function(
        "regexp_like",
        (_X, _text("expression", bad_regular_expression)),
        _T.BOOLEAN,
        "Whether the regular expression is found in the text.",
        "regexp_like(invoice_no, '^[0-9]+$')",
    ),
    Function(
        "regexp_extract",
        (_X, _text("expression", bad_regular_expression), _whole("group", bad_digits, optional=True)),
        _T.STRING,
        "What a group of the regular expression (the first by default, 0 for all of it) matched; null if nothing.",
        "regexp_extract(file_name(), '_([A-Z]{2})[.]csv', 1)",
    ),
    # numbers and choices
    Function("abs", (Parameter("x", NUMBER),), None, "Without its sign.", "abs(decimal(amount))"),
    Function(
        "round",
        (Parameter("x", NUMBER), _whole("digits", bad_digits)),
        _T.DECIMAL,
        "Rounded half up to so many digits after the point.",
        "round(decimal(price) * decimal(quantity), 2)",
    ),
    Function(
        "coalesce",
        (Parameter("x", ANY, is_repeated=True),),
        None,
        "The first that is not null.",
        "coalesce(a, b, 'none')",
    ),
    Function(
        "nullif",
        (Parameter("x", ANY), Parameter("y", ANY)),
        None,
        "The first, or null if both are equal.",
        "nullif(city, '-')",
    ),
    # aggregates
    Function(
        "min", (Parameter("x", ORDERED),), None, "The least of the group.", "min(timestamp(paid_at))", is_aggregate=True
    ),
    Function(
        "max", (Parameter("x", ORDERED),), None, "The greatest of the group.", "max(decimal(price))", is_aggregate=True
    ),
    Function(
        "sum", (Parameter("x", NUMBER),), None, "The sum over the group.", "sum(decimal(discount))", is_aggregate=True
    ),
    Function("count", (Parameter("x", ANY),), _T.INTEGER, "How many are not null.", "count(sku)", is_aggregate=True),
    Function(
        "first",
        (Parameter("x", ANY),),
        None,
        "The first in the file's order that is not null.",
        "first(country)",
        is_aggregate=True,
    ),
    Function(
        "last",
        (Parameter("x", ANY),),
        None,
        "The last in the file's order that is not null.",
        "last(country)",
        is_aggregate=True,
    ),
)

FUNCTIONS: Mapping[str, Function] = MappingProxyType({function.name: function for function in _FUNCTIONS})

COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
"""Operators that compare two values of one type; beside them: between, in, like, is null, is not null."""

ARITHMETIC = ("+", "-", "*")

TRUE_TEXTS = ("true", "t", "yes", "y", "1")
FALSE_TEXTS = ("false", "f", "no", "n", "0")
