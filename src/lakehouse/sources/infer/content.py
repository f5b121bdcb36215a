"""What the texts of a column are: numbers, instants, flags or just text, and the expression that reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property

from lakehouse.sources.functions import FALSE_TEXTS, TRUE_TEXTS, ValueType
from lakehouse.verbs import Pattern

_ENOUGH = 0.95
"""Share of a column's texts that must be of a kind; the rest are taken for mistakes. One is forgiven in a few."""
_FIRST = 5
"""So many texts are looked at before all are, and are enough to forgive one."""

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?")
_DAYS = ("yyyy-MM-dd", "dd.MM.yyyy", "d.M.yyyy", "dd/MM/yyyy", "MM/dd/yyyy", "d/M/yyyy", "M/d/yyyy", "yyyy/MM/dd")
_MORE_DAYS = ("dd-MM-yyyy", "d-MMM-yyyy", "d MMM yyyy", "yyyyMMdd", "dd.MM.yy")
_TIMES = ("", " HH:mm:ss", " HH:mm", " H:mm", ", HH:mm", " hh:mm a", "'T'HH:mm:ss")
_PATTERNS = tuple(day + time for day in (*_DAYS, *_MORE_DAYS) for time in _TIMES)
_SWAPPED = {"dd/MM": "MM/dd", "d/M/": "M/d/"}

_WHOLE = re.compile(r"[+-]?\d{1,18}")
_DECIMALS = (
    (re.compile(r"[+-]?\d+(\.\d+)?"), "decimal({})"),
    # Where the comma divides, points can only stand between thousands, though the first thousand may still be to come.
    (re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?"), "decimal({}, ',', '.')"),
    (re.compile(r"[+-]?\d{1,3}(,\d{3})*(\.\d+)?"), "decimal({}, '.', ',')"),
)
_FLAGS = (
    ("ja", "nein"),
    ("j", "n"),
    ("ja", "nee"),
    ("oui", "non"),
    ("si", "no"),
    ("sì", "no"),
    ("sí", "no"),
    ("wahr", "falsch"),
    ("vrai", "faux"),
)
_CURRENCY_SIGNS = {"€": "EUR", "£": "GBP", "$": "USD"}


@dataclass(frozen=True)
class Content:
    """The texts of a column that were looked at, without nulls and blanks; `rows` counts those too."""

    texts: tuple[str, ...]
    rows: int

    @cached_property
    def distinct(self) -> tuple[str, ...]:
        """Different texts, in the order of their first coming."""
        return tuple(dict.fromkeys(self.texts))

    @property
    def is_unique(self) -> bool:
        return 0 < len(self.texts) == self.rows == len(self.distinct)

    @property
    def is_complete(self) -> bool:
        return len(self.texts) == self.rows

    def are(self, expression: re.Pattern[str]) -> bool:
        """Whether (nearly) all texts are of this form; never of an empty column."""
        if not any(map(expression.fullmatch, self.texts[:_FIRST])):
            return False
        mistakes = sum(expression.fullmatch(text) is None for text in self.texts)
        return mistakes <= max((1 - _ENOUGH) * len(self.texts), len(self.texts) >= _FIRST)


@dataclass(frozen=True)
class Reading:
    """An expression with `{}` for the column, and what a person should look at."""

    template: str
    doubt: str | None = None

    def of(self, column: str) -> str:
        return self.template.replace("{}", column)


def reading(content: Content, wanted: ValueType, name: str) -> Reading | None:
    """How a column with this content and (original) name is read as a value of a type; None if it can not be."""
    if not content.texts:
        return None
    if wanted is ValueType.DECIMAL:
        return _decimal(content, name)
    if wanted is ValueType.INTEGER:
        return Reading("integer({})") if content.are(_WHOLE) else None
    by_type = {ValueType.BOOLEAN: _boolean, ValueType.TIMESTAMP: _timestamp, ValueType.DATE: _date}
    return by_type[wanted](content) if wanted in by_type else Reading("{}")


def _decimal(content: Content, name: str) -> Reading | None:
    if content.are(_WHOLE) and re.search(r"cent|minor|(?<![a-z])ct(?![a-z])", name.lower()):
        return Reading("cents({})")
    for sign in _CURRENCY_SIGNS:
        if content.are(re.compile(rf"[^{sign}]*{re.escape(sign)}[^{sign}]*")):
            bare = Content(tuple(text.replace(sign, "").strip() for text in content.texts), content.rows)
            found = _decimal(bare, name)
            return found and Reading(found.template.replace("{}", f"replace({{}}, '{sign}', '')"), found.doubt)
    for expression, template in _DECIMALS:
        if content.are(expression):
            doubt = "1.234 could also be a little more than one" if template.endswith("'.')") else None
            return Reading(template, doubt if not any("," in text for text in content.texts) else None)
    return None


def currency_sign(content: Content) -> str | None:
    """The currency whose sign stands with the amounts."""
    signs = (code for sign, code in _CURRENCY_SIGNS.items() if any(sign in text for text in content.texts))
    return next(signs, None)


def _boolean(content: Content) -> Reading | None:
    words = {text.lower() for text in content.texts}
    if words <= {*TRUE_TEXTS, *FALSE_TEXTS}:
        return Reading("boolean({})")
    return next((Reading(f"boolean({{}}, '{yes}', '{no}')") for yes, no in _FLAGS if words <= {yes, no}), None)


def _timestamp(content: Content) -> Reading | None:
    if content.are(_ISO):
        return Reading("timestamp({})")
    if content.are(re.compile(r"1\d{9}")):
        return Reading("epoch_seconds({})")
    if content.are(re.compile(r"1\d{12}")):
        return Reading("epoch_millis({})")
    found = _pattern(content)
    return found and Reading(f"timestamp({{}}, {found.template})", found.doubt)


def _date(content: Content) -> Reading | None:
    found = _pattern(content)
    if found is None:
        return None
    return (
        Reading("date({})")
        if found.template == "'yyyy-MM-dd'"
        else Reading(f"date({{}}, {found.template})", found.doubt)
    )


def _pattern(content: Content) -> Reading | None:
    """The first pattern that the texts have, as a literal."""
    fitting = [pattern for pattern in _PATTERNS if content.are(_compiled(pattern))]
    if not fitting:
        return None
    swapped = {fitting[0].replace(one, other) for one, other in _SWAPPED.items()} - {fitting[0]}
    doubt = "day and month could be the other way round" if swapped & set(fitting) else None
    return Reading("'" + fitting[0].replace("'", "''") + "'", doubt)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(Pattern.parse(pattern).expression.removeprefix("\\A").removesuffix("\\z"))
