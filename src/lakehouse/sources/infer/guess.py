"""Which entities a sample's records could fill, and which column could be which field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lakehouse.sources.functions import ValueType
from lakehouse.sources.infer.content import Reading, currency_sign
from lakehouse.sources.infer.samples import Column, Sample
from lakehouse.sources.infer.words import (
    COUNTRY_WORDS,
    ENTITY_WORDS,
    FIELD_WORDS,
    KEY_WORDS,
    STATUS_WORDS,
    folded,
    meant,
)
from lakehouse.sources.resolve import is_identifier, mappable, value_type
from lakehouse.table import Field, Table

_CONVINCING = 4
_NAMED = 6
_SPREADSHEET_NUMBER = re.compile(r"\d+\.0")
_DIGITS = re.compile(r"\d+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_MOST_WORDS = 60
"""A column with more different texts is no vocabulary."""


@dataclass(frozen=True)
class Guess:
    """A field's expression and, if a person should look at it, why; `column` is None for a constant."""

    expression: str
    column: Column | None = None
    doubt: str | None = None


@dataclass(frozen=True)
class Draft:
    """How a sample could fill an entity; `lacks` are required fields that nothing was found for."""

    entity: Table
    sample: Sample
    fields: Mapping[str, Guess]
    lacks: tuple[str, ...]
    score: float
    vocabularies: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    is_grouped: bool = False
    complete_per: str | None = None
    version: str | None = None

    @property
    def is_whole(self) -> bool:
        return not self.lacks


_CONSTANTS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("orders", "status"): ("'placed'", "no column tells the status"),
    ("payments", "status"): ("'succeeded'", "no column tells whether it succeeded"),
    ("order_lines", "quantity"): ("1", "no column tells the quantity"),
}

_DOUBTS = {"tax_amount": "where prices contain it already, orders need is_tax_included too"}


def drafts(samples: Sequence[Sample], entities: Mapping[str, Table]) -> list[Draft]:
    """The best entity of every sample, in their order; and orders made of lines where nothing else is one."""
    found = [draft for sample in samples if (draft := _best(sample, entities)) is not None]
    if not any(draft.entity.name == "orders" and draft.is_whole for draft in found):
        found += [grouped for draft in found if (grouped := _orders_of_lines(draft, entities)) is not None]
    return found


def _best(sample: Sample, entities: Mapping[str, Table]) -> Draft | None:
    candidates = [_draft(sample, table) for name, table in entities.items() if name in FIELD_WORDS]
    convincing = [draft for draft in candidates if draft.score >= _CONVINCING]
    return max(convincing, key=lambda draft: draft.score, default=None)


def _draft(sample: Sample, table: Table) -> Draft:
    columns = _matched(sample, table)
    fields: dict[str, Guess] = {}
    vocabularies: dict[str, Mapping[str, str | None]] = {}
    for each in mappable(table):
        guess = _guess(each, table, columns.get(each.name), sample, vocabularies)
        if guess is not None:
            fields[each.name] = guess
    if (key := _unnamed_key(sample, table, fields)) is not None:
        fields = {table.primary_key[0]: key, **fields}
    lacks = [
        each.name for each in mappable(table) if not each.nullable and each.default is None and each.name not in fields
    ]
    return Draft(
        entity=table,
        sample=sample,
        fields=fields,
        lacks=tuple(lacks),
        score=_score(sample, table, fields, lacks),
        vocabularies=vocabularies,
        version=fields["updated_at"].expression if "updated_at" in fields else None,
        complete_per="order_id" if table.name == "order_lines" and sample.parent else None,
    )


def _score(sample: Sample, table: Table, fields: Mapping[str, Guess], lacks: Sequence[str]) -> float:
    """How much speaks for the entity: its name, the columns that were found, and a key that tells records apart."""
    named = _named(sample, table)
    score = named
    score += sum(guess.column is not None for guess in fields.values()) - 3 * len(lacks)
    keys = [column.content for key in table.primary_key if key in fields and (column := fields[key].column)]
    if keys and all(2 * len(key.distinct) < len(key.texts) for key in keys):
        score -= 6
    if not named and any(folded(guess.column.path) in KEY_WORDS.split() for guess in fields.values() if guess.column):
        score -= 6  # An `id` says nothing about what it identifies.
    return score + (2 if all(key in fields for key in table.primary_key) else -4)


def _unnamed_key(sample: Sample, table: Table, fields: Mapping[str, Guess]) -> Guess | None:
    """For a sample called like the entity, whose key has an unknown name: the first column that tells rows apart."""
    if _named(sample, table) < _NAMED or len(table.primary_key) > 1 or table.primary_key[0] in fields:
        return None
    used = {guess.column.name for guess in fields.values() if guess.column}
    telling = (column for column in sample.columns if column.name not in used and column.content.is_unique)
    for column in telling:
        if _could_be(table.field(table.primary_key[0]), column):
            return Guess(column.name, column, "taken for the key because no two rows have the same")
    return None


def _named(sample: Sample, table: Table) -> float:
    """How much the sample's name says that it is the entity."""
    name, words = folded(sample.name), ENTITY_WORDS[table.name].split()
    return _NAMED if name in words else 3 if any(len(word) > 4 and word in name for word in words) else 0


def _matched(sample: Sample, table: Table) -> dict[str, Column]:
    """Field → column, the surest pairs first; a column serves one field, unless it is a key of two things."""
    pairs = sorted(_pairs(sample, table), key=lambda pair: -pair[0])
    matched: dict[str, Column] = {}
    for _, name, column in pairs:
        if name not in matched and column.name not in {other.name for other in matched.values()}:
            matched[name] = column
    return matched


def _pairs(sample: Sample, table: Table) -> Iterator[tuple[float, str, Column]]:
    """How well each column's name says that it is a field, for those that could be it by their content."""
    for each in mappable(table):
        words = FIELD_WORDS[table.name].get(each.name, "").split()
        for position, column in enumerate(sample.columns):
            if not _could_be(each, column):
                continue
            spelled = folded(column.path.rsplit(".", 1)[-1])
            whole = folded(column.path)
            is_own_key = each.name in table.primary_key and column.path.lower() in KEY_WORDS.split()
            is_parent_key = column.path == "^.id" and each.name == "order_id"
            if whole in words or spelled in words:
                word = words.index(whole if whole in words else spelled)
                yield 3 - word / 100 - (0 if whole in words else 0.5), each.name, column
            elif is_own_key or is_parent_key:
                yield 2.5 - position / 1000, each.name, column
            elif column.content.texts and any(_is_part(word, whole) for word in words):
                yield 1 - position / 1000, each.name, column
            elif _tells_by_content(each, table, column):
                yield 0.5 - position / 1000, each.name, column


def _is_part(word: str, name: str) -> bool:
    return len(word) >= 5 and (name.startswith(word) or name.endswith(word))


def _could_be(each: Field, column: Column) -> bool:
    if is_identifier(each):
        return column.content.are(_DIGITS) or column.reading(ValueType.TIMESTAMP) is None
    return value_type(each.type) is ValueType.STRING or column.reading(value_type(each.type)) is not None


def _tells_by_content(each: Field, table: Table, column: Column) -> bool:
    """Whether a column of any name is the field by what it holds: addresses of e-mail, or words known as statuses."""
    if each.name == "email":
        return column.content.are(_EMAIL)
    words, known = column.content.distinct, STATUS_WORDS.get(table.name, {})
    return (
        each.name == "status"
        and 1 < len(words) <= _MOST_WORDS
        and column.reading(ValueType.BOOLEAN) is None
        and all(meant(word, known) for word in words)
    )


def _guess(
    each: Field,
    table: Table,
    column: Column | None,
    sample: Sample,
    vocabularies: dict[str, Mapping[str, str | None]],
) -> Guess | None:
    if column is None:
        return _without_column(each, table, sample)
    found = column.reading(value_type(each.type)) or Reading("{}")
    expression = found.of(column.name)
    if is_identifier(each) and column.content.are(_SPREADSHEET_NUMBER):
        return Guess(f"split_part({column.name}, '.', 1)", column, "numbers that went through a spreadsheet")
    if each.values:
        name = f"{table.name}_{each.name}"
        vocabularies[name] = _vocabulary(column, STATUS_WORDS.get(table.name, {}))
        if len(vocabularies[name]) > _MOST_WORDS:
            del vocabularies[name]
            return _without_column(each, table, sample)
        return Guess(f"lookup({column.name}, '{name}')", column)
    if each.name.endswith("country_code") and not all(len(text) == 2 for text in column.content.distinct):
        vocabularies["countries"] = _vocabulary(column, COUNTRY_WORDS)
        return Guess(f"lookup({column.name}, 'countries')", column)
    if each.name.endswith("currency_code"):
        expression = (
            f"upper({column.name})" if any(text != text.upper() for text in column.content.texts) else expression
        )
    return Guess(expression, column, found.doubt or _DOUBTS.get(each.name))


def _vocabulary(column: Column, words: Mapping[str, str]) -> dict[str, str | None]:
    return {text: meant(text, words) for text in sorted(column.content.distinct)}


def _without_column(each: Field, table: Table, sample: Sample) -> Guess | None:
    if each.name in table.primary_key and table.name == "order_lines":
        return _line_key(_matched(sample, table))
    if each.nullable or each.default is not None:
        return None
    if each.name == "currency_code":
        signs = (sign for column in sample.columns if (sign := currency_sign(column.content)))
        sign = next(signs, None)
        return Guess(f"'{sign or 'EUR'}'", None, None if sign else "no column tells the currency")
    constant = _CONSTANTS.get((table.name, each.name))
    return Guess(constant[0], None, constant[1]) if constant else None


def _line_key(matched: Mapping[str, Column]) -> Guess | None:
    """The key of a line that has none of its own: its order, and its number or else its position in the file."""
    order, line = matched.get("order_id"), matched.get("line_number")
    if order is None:
        return None
    if line is not None:
        return Guess(f"{order.name} || '-' || {line.name}")
    return Guess(f"{order.name} || '-' || sequence_within({order.name})", None, "lines have no number of their own")


def _orders_of_lines(lines: Draft, entities: Mapping[str, Table]) -> Draft | None:
    """Orders made of their lines: the columns that repeat on every line of an order."""
    if lines.entity.name != "order_lines" or not lines.is_whole or lines.sample.parent is not None:
        return None
    whole = _draft(lines.sample, entities["orders"])
    of_lines = {"declared_total_amount", "discount_amount", "tax_amount", "shipping_amount", "updated_at"}
    fields = {name: _first(name, guess, whole.entity) for name, guess in whole.fields.items() if name not in of_lines}
    if not whole.is_whole:
        return None
    return Draft(
        entity=whole.entity,
        sample=whole.sample,
        fields=fields,
        lacks=(),
        score=whole.score,
        vocabularies=whole.vocabularies,
        is_grouped=True,
    )


def _first(name: str, guess: Guess, table: Table) -> Guess:
    if guess.column is None or name in table.primary_key:
        return guess
    return Guess(f"{'min' if name == 'ordered_at' else 'first'}({guess.expression})", guess.column, guess.doubt)
