"""The page `docs/sources.md` and the JSON Schema, written from the models that a source's file is read into."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lakehouse.derive.keys import keys, row, section
from lakehouse.sources.check import Entities
from lakehouse.sources.definition import EntityMapping, Source, SourceObject
from lakehouse.sources.formats import CsvFormat, JsonFormat, JsonLinesFormat, ParquetFormat
from lakehouse.sources.functions import FUNCTIONS
from lakehouse.sources.resolve import is_identifier, mappable

_INTRODUCTION = """\
# Sources

A source is one YAML file, `conf/sources/<source>.yml`: where its files are, how to read them, and how each silver
entity's fields are computed from their columns. This page is generated from the code that reads such files.
`lakehouse sources check` finds every mistake in one before anything starts, and `lakehouse sources infer DIR` drafts
one for a folder of files.

```yaml
source: flower_shop
timezone: Europe/Berlin
objects:
  sales:
    files: sales_*.csv
    format: {type: csv, delimiter: ";"}
    columns: {sale: Bon, day: Datum, total: Summe, state: Status}
vocabularies:
  states: {bezahlt: paid, storniert: cancelled}
entities:
  orders:
    from: sales
    fields:
      order_id: sale
      ordered_at: timestamp(day, 'dd.MM.yyyy HH:mm')
      status: lookup(state, 'states')
      currency_code: "'EUR'"
      declared_total_amount: decimal(total, ',')
```

YAML is read strictly. Every key stands once; anchors, aliases and tags are refused; only `true`, `false`, `null` and
plain decimal numbers are anything but text, so `NO`, `010` and `22:30` stay as written.
"""

_LANGUAGE = """\
## Expressions

An expression is SQL over the columns of the object, which are all text. Beside the functions below it knows columns,
`'text'`, numbers, `true`, `false`, `null`; `= <> < <= > >=`, `between`, `in (…)`, `like`, `is null`; `and`, `or`,
`not`; `+ - *` on numbers, exact; `||`; and `case when … then … else … end`. Nothing else: no queries, casts, divisions
or functions of an engine. In YAML, a text alone needs both kinds of quotes: `currency_code: "'EUR'"`.

- Numbers, instants and the like are read by functions that say how. A cell that can not be read sets its row aside,
  with a reason; a blank cell is null. In `case`, `coalesce`, `and` and `or`, only the part that is reached counts.
- Nothing is rounded but by `round`. An amount with more digits than its field holds sets its row aside.
- Text is trimmed, and blank text is null.
- An identifier (a text field whose name ends with `_id`) is put into the namespace of its source: `17` from
  `flower_shop` is `flower_shop:17`. `ref('other_source', x)` is an identifier of another source.
- A comparison with null is null, as in SQL: `where: status <> 'test'` leaves out rows without a status.
"""

_REASONS: Mapping[str, str] = {
    "missing": "The field can not be null, and the value is null or blank.",
    "invalid_decimal, invalid_integer, invalid_boolean, invalid_timestamp, invalid_date": "The text can not be read "
    "that way.",
    "unknown_value": "The vocabulary does not have the word, or the field does not allow the value.",
    "inexact_decimal": "The number has more digits after the point than the field.",
    "out_of_range": "The number is too large for the field, or for exact arithmetic.",
}


def sources_page(entities: Entities) -> str:
    """Every key, function, reason and field, as Markdown."""
    parts = [
        _INTRODUCTION,
        *section("## The file", Source),
        *section("## Objects", SourceObject),
        *_formats(),
        *section("## Entities", EntityMapping),
        _LANGUAGE,
        *_functions(),
        *_reasons(),
        *_entities(entities),
    ]
    return "\n".join(parts)


def _formats() -> Iterator[str]:
    yield "## Formats\n"
    yield "`format` is a mapping with a `type`; `{type: csv}` is the default.\n"
    for model in (CsvFormat, JsonLinesFormat, JsonFormat, ParquetFormat):
        yield f"### `type: {model.model_fields['type'].default}`\n\n{model.__doc__}\n"
        yield from keys(model)


def _functions() -> Iterator[str]:
    yield "### Functions\n"
    for is_aggregate in (False, True):
        if is_aggregate:
            yield "Within a mapping with `group: true`, fields outside the key are made of these:\n"
        yield "| function | gives | meaning | example |\n|---|---|---|---|"
        for function in FUNCTIONS.values():
            if function.is_aggregate == is_aggregate:
                result = function.result or "as given"
                yield row(f"`{function.signature}`", result, function.description, f"`{function.example}`")
        yield ""


def _reasons() -> Iterator[str]:
    yield "## Reasons\n\nWhy a mapped row is set aside: a code and the field (or `where`, `version`, `deleted_when`).\n"
    yield "| code | meaning |\n|---|---|"
    for codes, meaning in _REASONS.items():
        yield row(", ".join(f"`{code}`" for code in codes.split(", ")), meaning)
    yield ""


def _entities(entities: Entities) -> Iterator[str]:
    yield "## What a source can fill\n"
    for name, table in entities.items():
        yield f"### `{name}`\n\n{table.grain}\n\n| field | type | | meaning |\n|---|---|---|---|"
        for field in mappable(table):
            is_key = field.name in table.primary_key
            need = "key" if is_key else "" if field.nullable else "required"
            if field.default is not None:
                need = f"`{field.default}` by default"
            kind = "identifier" if is_identifier(field) else field.type
            values = f" One of {', '.join(f'`{value}`' for value in field.values)}." if field.values else ""
            yield row(f"`{field.name}`", kind, need, field.description + values)
        yield ""
