"""Conditions of metrics and of questions: comparisons of named fields with values, joined by and, or and not.

    country = 'DE' and (sales_channel in ('web', 'app') or is_online)

A name alone is a boolean field. sqlglot reads the text; whatever is not one of these forms is refused, so nothing of
SQL but this reaches an engine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from sqlglot import exp, parse_one
from sqlglot.errors import ParseError, TokenError

from lakehouse.errors import nearest
from lakehouse.semantic.vocabulary import ANY_WORD, Vocabulary
from lakehouse.table import BIGINT, BOOLEAN, DATE, INTEGER, STRING

_COMPARISONS: tuple[type[exp.Binary], ...] = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
NO_VOCABULARIES: Mapping[str, Vocabulary] = {}
_FORMS = "field = value, <>, <, <=, >, >=, in (…), between … and …, is null, and, or, not"


@dataclass(frozen=True)
class Mistake:
    """What is wrong with a condition, and the nearest right name, if a name is."""

    message: str
    suggestion: str | None = None


class ConditionError(ValueError):
    """A condition that says nothing, with all that is wrong with it."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("; ".join(mistake.message for mistake in mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True)
class Condition:
    """A condition that was checked. `text` is canonical: equal conditions have equal texts."""

    text: str

    @property
    def names(self) -> tuple[str, ...]:
        """The fields it names, each once, in order."""
        return tuple(dict.fromkeys(column.name for column in _parse(self.text).find_all(exp.Column, bfs=False)))

    def sql(self, dialect: str) -> str:
        """The condition over columns of the fields' names, in a dialect of SQL."""
        return _parse(self.text).sql(dialect=dialect)

    def over(self, columns: Mapping[str, exp.Expr]) -> exp.Expr:
        """The condition as a syntax tree, each field replaced by an expression."""
        tree = _parse(self.text).transform(
            lambda node: columns[node.name].copy() if isinstance(node, exp.Column) else node
        )
        return exp.paren(tree) if isinstance(tree, exp.Or) else tree


def read_condition(
    text: str, types: Mapping[str, str], vocabularies: Mapping[str, Vocabulary] = NO_VOCABULARIES
) -> Condition:
    """The condition of a text over fields of known types; ConditionError with everything that is wrong with it.

    A word that no row of a field can have, by its vocabulary, is wrong too.
    """
    try:
        tree = _parse(text)
    except (ParseError, TokenError):
        raise ConditionError([Mistake(f"'{text}' is no condition: it can be {_FORMS}")]) from None
    if mistakes := [*_mistakes(tree, types), *_unknown_words(tree, vocabularies)]:
        raise ConditionError(mistakes)
    return Condition(tree.transform(_typed(types)).sql(dialect="duckdb", comments=False))


@lru_cache(1000)
def _parse(text: str) -> exp.Expr:
    """A tree that nobody changes: many definitions have the same condition."""
    # Two words with nothing between are an alias to a SQL parser.
    tree: exp.Expr = parse_one(text, dialect="duckdb", into=exp.Condition)
    return tree


# ── what is wrong ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _mistakes(tree: exp.Expr, types: Mapping[str, str]) -> Iterator[Mistake]:
    match tree:
        case exp.And() | exp.Or():
            yield from _mistakes(tree.left, types)
            yield from _mistakes(tree.right, types)
        case exp.Not() | exp.Paren():
            yield from _mistakes(tree.this, types)
        case exp.Column():
            yield from _field(tree, types, BOOLEAN)
        case exp.Is(this=exp.Column() as column, expression=exp.Null() | exp.Boolean()):
            yield from _field(column, types)
        case exp.In(this=exp.Column() as column) if tree.expressions and not tree.args.get("query"):
            yield from _compared(column, tree.expressions, types)
        case exp.Between(this=exp.Column() as column):
            yield from _compared(column, [tree.args["low"], tree.args["high"]], types)
        case exp.Binary() if isinstance(tree, _COMPARISONS) and isinstance(tree.left, exp.Column):
            yield from _compared(tree.left, [tree.right], types)
        case _:
            yield Mistake(f"'{tree.sql(dialect='duckdb')}' is no condition: it can be {_FORMS}")


def _field(column: exp.Column, types: Mapping[str, str], type_name: str | None = None) -> Iterator[Mistake]:
    name = column.sql(dialect="duckdb")
    if name not in types:
        yield Mistake(f"there is no '{name}' to put a condition on", nearest(name, types))
    elif type_name is not None and types[name] != type_name:
        yield Mistake(f"'{name}' is {types[name]}: alone it would have to be true or false")


def _compared(column: exp.Column, values: list[exp.Expr], types: Mapping[str, str]) -> Iterator[Mistake]:
    yield from _field(column, types)
    type_name = types.get(column.name)
    for value in values:
        if type_name is not None and not _fits(value, type_name):
            quoted = f"'{value.name}'" if isinstance(value, exp.Column) and type_name in {STRING, DATE} else None
            yield Mistake(f"'{column.name}' is {type_name}, and {value.sql(dialect='duckdb')} is not", quoted)


def _unknown_words(tree: exp.Expr, vocabularies: Mapping[str, Vocabulary]) -> Iterator[Mistake]:
    for compared in tree.find_all(exp.In, exp.EQ, exp.NEQ, bfs=False):
        column = compared.this
        known = vocabularies.get(column.name, ANY_WORD) if isinstance(column, exp.Column) else ANY_WORD
        values = compared.expressions if isinstance(compared, exp.In) else [compared.expression]
        for value in values:
            if isinstance(value, exp.Literal) and value.is_string and not known.has(value.name):
                message = f"'{column.name}' is never '{value.name}', but {known.described}"
                yield Mistake(message, known.nearest(value.name))


def _fits(value: exp.Expr, type_name: str) -> bool:
    if type_name == BOOLEAN:
        return isinstance(value, exp.Boolean)
    if type_name == STRING:
        return isinstance(value, exp.Literal) and value.is_string
    text = _number_or_text(value)
    if text is None:
        return False
    if type_name == DATE:
        return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", text)) and _reads(date.fromisoformat, text)
    if type_name in {INTEGER, BIGINT}:
        return _reads(int, text)
    return type_name.startswith("decimal") and _reads(Decimal, text)


def _number_or_text(value: exp.Expr) -> str | None:
    if isinstance(value, exp.Neg) and isinstance(value.this, exp.Literal) and not value.this.is_string:
        return f"-{value.this.name}"
    return value.name if isinstance(value, exp.Literal) else None


def _reads(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except (ValueError, InvalidOperation):
        return False
    return True


def _typed(types: Mapping[str, str]) -> Callable[[exp.Expr], exp.Expr]:
    """Texts that stand against a date become dates: engines differ in whether they do so by themselves."""

    def typed(node: exp.Expr) -> exp.Expr:
        is_text = isinstance(node, exp.Literal) and node.is_string
        parent = node.parent
        column = (
            parent.this if parent is not None and isinstance(parent, (exp.In, exp.Between, *_COMPARISONS)) else None
        )
        if is_text and isinstance(column, exp.Column) and types[column.name] == DATE:
            return exp.cast(node.copy(), "date")
        return node

    return typed
