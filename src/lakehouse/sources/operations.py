"""What each function and operator of the language does to columns: its value, and when that could not be had.

Numbers are exact: decimals are decimal(30,12) while they are computed with, whole numbers bigint within ±10^18. What
does not fit is null with a fault, never an error of the engine and never a rounded or wrapped number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from lakehouse import verbs
from lakehouse.sources.definition import Source
from lakehouse.sources.expressions import Call, Literal
from lakehouse.sources.functions import FALSE_TEXTS, TRUE_TEXTS, ValueType
from lakehouse.spark import Column, F

DECIMAL = "decimal(30,12)"
_PRECISION, _SCALE = 30, 12
_LIMIT = 10**18
"""Whole numbers and the whole part of decimals stay below it."""
_FACTOR = "decimal(18,6)"
_FACTOR_LIMIT = 10**12 - 1

_BLANKS = " \t\n\r\f\x0b\u00a0\u2007\u202f\u200b\ufeff"
_NOT_AN_IDENTIFIER = ("null", "none", "nan")

# ISO 4217; every other currency's smallest unit is a hundredth.
_SMALLEST_UNITS: Mapping[str, Sequence[str]] = {
    "1": (
        *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"),
        *("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
    ),
    "0.001": ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"),
    "0.0001": ("CLF", "UYW"),
}

SQL_TYPES: Mapping[ValueType, str] = {
    ValueType.STRING: "string",
    ValueType.REFERENCE: "string",
    ValueType.INTEGER: "bigint",
    ValueType.DECIMAL: DECIMAL,
    ValueType.BOOLEAN: "boolean",
    ValueType.TIMESTAMP: "timestamp",
    ValueType.DATE: "date",
    ValueType.NULL: "string",
}

Faults = Mapping[str, Column]


@dataclass(frozen=True)
class Compiled:
    """A value, and for each fault's code the condition (never null) under which it occurs."""

    value: Column
    type: ValueType
    faults: Faults = field(default_factory=dict)

    def as_type(self, wanted: ValueType) -> Column:
        """The value as a type that it fits without loss: null as anything, whole numbers as decimals or text."""
        if self.type is wanted or {self.type, wanted} == {ValueType.STRING, ValueType.REFERENCE}:
            return self.value
        return self.value.cast(SQL_TYPES[wanted])


@dataclass(frozen=True)
class Given:
    """What an operation works with: its call, the compiled arguments, and the source whose expression it is in."""

    call: Call
    arguments: Sequence[Compiled]
    source: Source

    @property
    def type(self) -> ValueType:
        return self.call.type

    def value(self, position: int) -> Column:
        return self.arguments[position].value

    def option(self, position: int, default: str = "") -> str:
        """The literal at this place among the arguments, as text."""
        part = self.call.arguments[position] if position < len(self.arguments) else None
        return str(part.value) if isinstance(part, Literal) else default

    def alike(self) -> list[Column]:
        """The arguments as one type: decimals as soon as one of them is a decimal."""
        kinds = {argument.type for argument in self.arguments} - {ValueType.NULL}
        common = ValueType.DECIMAL if ValueType.DECIMAL in kinds else min(kinds, default=ValueType.STRING)
        return [argument.as_type(common) for argument in self.arguments]


Operation = Callable[[Given], Compiled]


def bare(text: Column) -> Column:
    """The text without blanks at its ends; null if nothing is left."""
    trimmed = F.btrim(text, F.lit(_BLANKS))
    return F.when(trimmed != "", trimmed)


def qualified(text: Column, source: str) -> Column:
    """The identifier within its source's namespace; null for blanks and for the words by which tools write null."""
    identifier = bare(text)
    return F.when(~F.lower(identifier).isin(*_NOT_AN_IDENTIFIER), F.concat(F.lit(f"{source}:"), identifier))


def merged(faults: Sequence[Faults]) -> dict[str, Column]:
    """All faults together: one occurs where it does in any of them."""
    codes = dict.fromkeys(code for each in faults for code in each)
    return {code: reduce(or_, [each[code] for each in faults if code in each]) for code in codes}


def bounded(value: Column, type_: ValueType) -> Compiled:
    """A number if it stays below the limit, else null and a fault."""
    fits = F.when((value > F.lit(-_LIMIT)) & (value < F.lit(_LIMIT)), value).cast(SQL_TYPES[type_])
    return Compiled(fits, type_, {"out_of_range": value.isNotNull() & fits.isNull()})


def _never_failing(build: Callable[[Given], Column]) -> Operation:
    return lambda given: Compiled(build(given), given.type)


# ── typed reading ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _reading(read: Callable[[Column, Given], Column]) -> Operation:
    """Reads a text as a value; blank text is null, and text that can not be read a fault."""

    def operation(given: Given) -> Compiled:
        text = bare(given.value(0))
        value = read(text, given)
        return Compiled(value, given.type, {f"invalid_{given.type}": text.isNotNull() & value.isNull()})

    return operation


def _decimal(text: Column, given: Given) -> Column:
    return verbs.parse_decimal(text, _PRECISION, _SCALE, given.option(1, "."), given.option(2) or None)


def _integer(text: Column, _: Given) -> Column:
    number = verbs.parse_integer(text)
    return F.when((number > -_LIMIT) & (number < _LIMIT), number)


def _cents(text: Column, _: Given) -> Column:
    return _minor(text, F.lit("0.01"))


def _minor_units(text: Column, given: Given) -> Column:
    currency = F.upper(bare(given.value(1)))
    unit = F.when(currency.isNotNull(), F.lit("0.01"))
    for size, codes in _SMALLEST_UNITS.items():
        unit = F.when(currency.isin(*codes), F.lit(size)).otherwise(unit)
    return _minor(text, unit)


def _minor(text: Column, unit: Column) -> Column:
    return (verbs.parse_decimal(text, 24, 6) * unit.cast("decimal(5,4)")).cast(DECIMAL)


def _boolean(text: Column, given: Given) -> Column:
    true_texts = [given.option(1).lower()] if given.option(1) else TRUE_TEXTS
    false_texts = [given.option(2).lower()] if given.option(2) else [no for no in FALSE_TEXTS if no not in true_texts]
    return verbs.parse_boolean(F.lower(text), true_texts, false_texts)


def _timestamp(text: Column, given: Given) -> Column:
    zone = given.option(2, given.source.timezone)
    if pattern := given.option(1):
        return verbs.parse_timestamp(text, pattern, zone)
    return verbs.parse_iso_timestamp(text, zone)


def _date(text: Column, given: Given) -> Column:
    return verbs.parse_date(text, given.option(1, "yyyy-MM-dd"))


def _lookup(given: Given) -> Compiled:
    vocabulary = given.source.vocabularies[given.option(1)]
    text = bare(given.value(0))
    spellings: dict[str | None, list[str]] = {}
    for word, target in vocabulary.items():
        spellings.setdefault(target, []).append(word)
    value = F.lit(vocabulary.get("*")).cast("string")
    for target, words in spellings.items():
        value = F.when(text.isin(*words), F.lit(target).cast("string")).otherwise(value)
    known = [word for words in spellings.values() for word in words]
    is_known = F.lit(True) if "*" in vocabulary else text.isin(*known) if known else F.lit(False)
    unknown = text.isNotNull() & ~F.coalesce(is_known, F.lit(False))
    return Compiled(F.when(text.isNotNull(), value), given.type, {"unknown_value": unknown})


def _reference(given: Given) -> Column:
    return qualified(given.arguments[1].as_type(ValueType.STRING), given.option(0))


# ── numbers ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _added(given: Given) -> Compiled:
    # Two numbers below the limit stay below twice the limit, which both types hold.
    left, right = (argument.as_type(given.type) for argument in given.arguments)
    return bounded(left + right if given.call.function == "+" else left - right, given.type)


def _multiplied(given: Given) -> Compiled:
    left, right = (_factor(argument) for argument in given.arguments)
    product = bounded(verbs.multiply(left.value, right.value, 37, _SCALE), given.type)
    return Compiled(product.value, given.type, merged([left.faults, right.faults, product.faults]))


def _factor(number: Compiled) -> Compiled:
    """A number as a factor whose products are exact: at most twelve digits before the point and six after it."""
    value = number.value
    fits = F.when((value >= F.lit(-_FACTOR_LIMIT)) & (value <= F.lit(_FACTOR_LIMIT)), value)
    narrow = fits.cast(_FACTOR)
    exact = F.when(narrow.cast(DECIMAL) == fits.cast(DECIMAL), narrow)
    return Compiled(exact, ValueType.DECIMAL, {"out_of_range": value.isNotNull() & exact.isNull()})


def _rounded(given: Given) -> Compiled:
    value = given.arguments[0].as_type(ValueType.DECIMAL)
    rounded = verbs.round_half_up(value, _PRECISION, int(given.option(1)))
    # One digit more, because 999,999,999,999,999,999.9 rounds up to the limit itself.
    return bounded(rounded.cast(f"decimal({_PRECISION + 1},{_SCALE})"), given.type)


# ── comparison and text ───────────────────────────────────────────────────────────────────────────────────────────────


def _comparing(compare: Callable[[Column, Column], Column]) -> Operation:
    return _never_failing(lambda given: compare(*given.alike()))


def _in(given: Given) -> Column:
    value, *options = given.alike()
    return reduce(or_, [value == option for option in options])


def _between(given: Given) -> Column:
    value, low, high = given.alike()
    return (value >= low) & (value <= high)


def _nullif(given: Given) -> Column:
    left, right = given.alike()
    return F.when(left == right, F.lit(None)).otherwise(given.value(0))


def _concatenated(given: Given) -> Column:
    return F.concat(*[argument.as_type(ValueType.STRING) for argument in given.arguments])


def _substring(given: Given) -> Column:
    return F.substring(given.value(0), int(given.option(1)), int(given.option(2, "1000000000")))


def _regexp_like(given: Given) -> Column:
    return given.value(0).rlike(_regular_expression(given.option(1)))


def _regexp_extract(given: Given) -> Column:
    expression = _regular_expression(given.option(1))
    text = given.value(0)
    return F.when(text.rlike(expression), F.regexp_extract(text, expression, int(given.option(2, "1"))))


def _regular_expression(text: str) -> str:
    """With an end that every engine takes for the very end, not for one before a last line break."""
    return text[:-1] + "\\z" if text.endswith("$") and not text.endswith("\\$") else text


READINGS: Mapping[str, Operation] = {
    "decimal": _reading(_decimal),
    "integer": _reading(_integer),
    "cents": _reading(_cents),
    "minor_units": _reading(_minor_units),
    "boolean": _reading(_boolean),
    "timestamp": _reading(_timestamp),
    "date": _reading(_date),
    "epoch_seconds": _reading(lambda text, _: verbs.parse_epoch(text, "seconds")),
    "epoch_millis": _reading(lambda text, _: verbs.parse_epoch(text, "millis")),
}
"""Operations that read a text as a value of another type."""

OPERATIONS: Mapping[str, Operation] = {
    **READINGS,
    "lookup": _lookup,
    "ref": _never_failing(_reference),
    "row_number": _never_failing(lambda _: F.col("_row_number")),
    "file_name": _never_failing(lambda _: F.regexp_extract(F.col("_source_file"), "[^/]*\\z", 0)),
    "lower": _never_failing(lambda given: F.lower(given.value(0))),
    "upper": _never_failing(lambda given: F.upper(given.value(0))),
    "trim": _never_failing(lambda given: bare(given.value(0))),
    "length": _never_failing(lambda given: F.length(given.value(0)).cast("bigint")),
    "substring": _never_failing(_substring),
    "replace": _never_failing(lambda given: F.replace(given.value(0), given.value(1), given.value(2))),
    "split_part": _never_failing(
        lambda given: F.split_part(given.value(0), given.value(1), F.lit(int(given.option(2))))
    ),
    "concat": _never_failing(_concatenated),
    "||": _never_failing(_concatenated),
    "regexp_like": _never_failing(_regexp_like),
    "regexp_extract": _never_failing(_regexp_extract),
    "abs": _never_failing(lambda given: F.abs(given.value(0))),
    "neg": _never_failing(lambda given: -given.value(0)),
    "round": _rounded,
    "+": _added,
    "-": _added,
    "*": _multiplied,
    "nullif": _never_failing(_nullif),
    "=": _comparing(lambda left, right: left == right),
    "<>": _comparing(lambda left, right: left != right),
    "<": _comparing(lambda left, right: left < right),
    "<=": _comparing(lambda left, right: left <= right),
    ">": _comparing(lambda left, right: left > right),
    ">=": _comparing(lambda left, right: left >= right),
    "in": _never_failing(_in),
    "between": _never_failing(_between),
    "like": _never_failing(lambda given: given.value(0).like(given.option(1))),
    "not": _never_failing(lambda given: ~given.value(0)),
    "is_null": _never_failing(lambda given: given.value(0).isNull()),
}
