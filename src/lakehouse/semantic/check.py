"""What is wrong with metric definitions beyond their shape: names, types, units and circles, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lakehouse.configuration import Document, Keys, Location
from lakehouse.errors import Problem, nearest
from lakehouse.grain import Grain
from lakehouse.semantic.comparison import COMPARISONS
from lakehouse.semantic.conditions import ConditionError, read_condition
from lakehouse.semantic.definition import (
    NAME,
    Cohort,
    Cumulative,
    Definition,
    Derived,
    Format,
    Fraction,
    Growth,
    MartFile,
    Measure,
    Offset,
    Ratio,
    Simple,
    operands,
)
from lakehouse.semantic.dimensions import RESERVED, Dimensions
from lakehouse.semantic.facts import DIMENSION_TABLES, FACTS, Fact
from lakehouse.semantic.vocabulary import Vocabulary
from lakehouse.table import AMOUNT, BIGINT, DATE, INTEGER

RESERVED_ENDINGS = (
    *("_reason", "_until"),
    *(f"_{comparison}{ending}" for comparison in COMPARISONS for ending in ("", "_growth")),
    *(f"_of_{grain}" for grain in Grain),
)


@dataclass(frozen=True)
class MetricFile:
    """A file of metrics as read; `mart` is None where its shape is wrong already."""

    document: Document
    mart: MartFile | None

    @property
    def names(self) -> tuple[str, ...]:
        """The metrics it names, right or wrong."""
        _, node = self.document.node(("metrics",))
        return tuple(node.entries) if isinstance(node, Keys) and node is not self.document.root else ()


@dataclass(frozen=True)
class Stanza:
    """One metric of one file."""

    name: str
    definition: Definition
    document: Document

    def problem(
        self, location: Location, message: str, suggestion: str | None = None, *, at_key: bool = False
    ) -> Problem:
        """A problem with what stands at a location below the metric's name."""
        return self.document.problem(("metrics", self.name, *location), message, suggestion, at_key=at_key)


def check(files: Sequence[MetricFile], dimensions: Dimensions) -> list[Problem]:
    """Every mistake in the definitions of all files."""
    stanzas = [
        Stanza(name, definition, file.document)
        for file in files
        if file.mart is not None
        for name, definition in file.mart.metrics.items()
    ]
    names = {name for file in files for name in file.names}
    known = {stanza.name: stanza.definition for stanza in stanzas}
    problems = [*_repeated(files), *_circles(stanzas)]
    for stanza in stanzas:
        problems += _name(stanza, dimensions)
        problems += _references(stanza, names, known)
        problems += _conditions(stanza, ("where",), stanza.definition.where, dimensions.types, dimensions.vocabularies)
        if isinstance(stanza.definition, Simple):
            problems += _measure(stanza, ("measure",), stanza.definition.measure)
            for n, measure in enumerate(stanza.definition.finer):
                problems += _measure(stanza, ("finer", n), measure)
        if isinstance(stanza.definition, Cohort):
            problems += _since(stanza, stanza.definition.since)
    return problems


def _repeated(files: Sequence[MetricFile]) -> Iterator[Problem]:
    first: dict[str, Problem] = {}
    for file in files:
        for name in file.names:
            here = file.document.problem(("metrics", name), "", at_key=True)
            if name in first:
                there = f"{first[name].file}:{first[name].line}"
                message = f"metric '{name}' is defined a second time (first in {there})"
                yield Problem(here.file, here.line, here.column, message)
            first.setdefault(name, here)


def _name(stanza: Stanza, dimensions: Dimensions) -> Iterator[Problem]:
    if not re.fullmatch(NAME, stanza.name):
        yield stanza.problem((), f"a metric's name is snake_case, and '{stanza.name[:60]}' is not", at_key=True)
    if stanza.name in dimensions.by_name:
        yield stanza.problem((), f"'{stanza.name}' is a dimension already", at_key=True)
    if stanza.name in RESERVED:
        yield stanza.problem((), f"'{stanza.name}' is a column of its own in every answer", at_key=True)
    for ending in RESERVED_ENDINGS:
        if stanza.name.endswith(ending):
            yield stanza.problem((), f"a metric's name can not end with '{ending}': columns are named so", at_key=True)


# ── metrics made of metrics ───────────────────────────────────────────────────────────────────────────────────────────


def _references(stanza: Stanza, names: set[str], known: Mapping[str, Definition]) -> Iterator[Problem]:
    successor = stanza.definition.successor
    if successor is not None and successor not in names:
        yield stanza.problem(("successor",), f"unknown metric '{successor}'", nearest(successor, names))
    terms: list[Definition] = []
    for location, name in operands(stanza.definition):
        if name not in names:
            yield stanza.problem(location, f"unknown metric '{name}'", nearest(name, names))
        elif name in known:
            terms.append(known[name])
            yield from _operand(stanza, location, name, known[name])
    if len(terms) == len(operands(stanza.definition)):
        yield from _unit(stanza, terms)


def _operand(stanza: Stanza, location: Location, name: str, operand: Definition) -> Iterator[Problem]:
    allowed = _MADE_OF[stanza.definition.type]
    if isinstance(stanza.definition, Growth) and isinstance(stanza.definition.of, Fraction):
        allowed = _MADE_OF["ratio"]
    if operand.type not in allowed:
        of = " or ".join(allowed)
        yield stanza.problem(location, f"'{name}' is a {operand.type}: a {stanza.definition.type} metric is of {of}")


_AMOUNTS = ("simple", "derived", "cumulative", "offset")
_MADE_OF: Mapping[str, tuple[str, ...]] = {
    "ratio": _AMOUNTS,
    "derived": ("simple", "derived"),
    "growth": (*_AMOUNTS, "ratio"),
    "offset": ("simple", "derived", "ratio", "cumulative"),
    "cumulative": ("simple", "derived", "ratio"),
    "cohort": ("simple",),
}


def _unit(stanza: Stanza, terms: Sequence[Definition]) -> Iterator[Problem]:
    units, own = [term.format for term in terms], stanza.definition.format
    match stanza.definition:
        case Offset() | Cumulative() | Cohort(per=None) if units[0] is not own:
            yield stanza.problem(("format",), f"it is {own}, and what it is of is {units[0]}")
        case Derived(add=add) if sum(_is_distinct(term) for term in terms[: len(add)]) > 1:
            message = "distinct counts do not add up: who is in both would count twice"
            yield stanza.problem(("add",), message)
        case Derived() if set(units) != {own}:
            wrong = ", ".join(sorted(set(units) - {own}))
            yield stanza.problem(("format",), f"it is {own}, but made of {wrong}: only like can be added to like")
        case Growth() if own is not Format.PERCENT:
            yield stanza.problem(("format",), f"a growth is a percent, not {own}")
        case Ratio() if own is Format.COUNT:
            yield stanza.problem(("format",), "a ratio is no count")
        case Ratio() if own is Format.PERCENT and units[0] != units[1]:
            yield stanza.problem(("format",), f"{units[0]} over {units[1]} is no percent")
        case Ratio() if (own is Format.CURRENCY) != (units[0] is Format.CURRENCY and units[1] is not Format.CURRENCY):
            yield stanza.problem(("format",), f"{units[0]} over {units[1]} is not {own}")


def _circles(stanzas: Sequence[Stanza]) -> Iterator[Problem]:
    """Each circle once, at the first of its metrics in reading order."""
    by_name = {stanza.name: stanza for stanza in stanzas}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> Iterator[Problem]:
        if name in path:
            circle = [*path[path.index(name) :], name]
            yield by_name[name].problem((), f"metrics go in a circle: {' → '.join(circle)}", at_key=True)
        elif name in by_name and name not in done:
            for _, operand in operands(by_name[name].definition):
                yield from visit(operand, (*path, name))
            done.add(name)

    for stanza in stanzas:
        yield from visit(stanza.name, ())


def _is_distinct(definition: Definition) -> bool:
    return isinstance(definition, Simple) and definition.measure.aggregate.is_distinct


def _since(stanza: Stanza, text: str) -> Iterator[Problem]:
    """What a cohort begins with is a date of a dimension table."""
    days = {
        f"{each.name}.{field.name}": field.type
        for each in DIMENSION_TABLES.values()
        for field in each.fields
        if field.type == DATE
    }
    if text not in days:
        yield stanza.problem(("since",), f"'{text}' is no date of a dimension table", nearest(text, days))


# ── measures of fact tables ───────────────────────────────────────────────────────────────────────────────────────────


def _measure(stanza: Stanza, place: Location, measure: Measure) -> Iterator[Problem]:
    for n, table in enumerate(measure.requires):
        if table not in FACTS:
            yield stanza.problem((*place, "requires", n), f"unknown fact table '{table}'", nearest(table, FACTS))
    fact = FACTS.get(measure.table)
    if fact is None:
        message = f"unknown fact table '{measure.table}'"
        yield stanza.problem((*place, "table"), message, nearest(measure.table, FACTS))
        return
    yield from _date(stanza, fact, place, measure.date)
    types = {field.name: field.type for field in fact.table.fields}
    vocabularies = {field.name: Vocabulary(field.values, field.form) for field in fact.table.fields}
    yield from _conditions(stanza, (*place, "where"), measure.where, types, vocabularies)
    if measure.field is None:
        yield from _format(stanza, Format.COUNT)
    elif measure.field not in fact.table.field_names:
        yield _unknown_field(stanza, fact, (*place, "field"), measure.field)
    elif measure.aggregate.is_distinct:
        yield from _format(stanza, Format.COUNT)
    else:
        yield from _number(stanza, fact, (*place, "field"), measure.field)


def _conditions(
    stanza: Stanza,
    place: Location,
    texts: Sequence[str],
    types: Mapping[str, str],
    vocabularies: Mapping[str, Vocabulary],
) -> Iterator[Problem]:
    for n, text in enumerate(texts):
        try:
            read_condition(text, types, vocabularies)
        except ConditionError as error:
            for mistake in error.mistakes:
                yield stanza.problem((*place, n), mistake.message, mistake.suggestion)


def _unknown_field(stanza: Stanza, fact: Fact, location: Location, name: str) -> Problem:
    return stanza.problem(location, f"{fact.table.name} has no field '{name}'", nearest(name, fact.table.field_names))


def _date(stanza: Stanza, fact: Fact, place: Location, name: str) -> Iterator[Problem]:
    if name not in fact.table.field_names:
        yield stanza.problem((*place, "date"), f"{fact.table.name} has no field '{name}'", nearest(name, fact.dates))
    elif name not in fact.dates:
        type_ = fact.table.field(name).type
        what = "is no business day of an event" if type_ == DATE else f"is {type_}, not a date"
        message = f"'{name}' {what}: rows of {fact.table.name} count on {' or '.join(fact.dates)}"
        yield stanza.problem((*place, "date"), message)


def _number(stanza: Stanza, fact: Fact, place: Location, name: str) -> Iterator[Problem]:
    type_ = fact.table.field(name).type
    if not (type_ in {INTEGER, BIGINT} or type_.startswith("decimal")):
        yield stanza.problem(place, f"'{name}' is {type_}: only a number can be aggregated")
    elif name in fact.foreign:
        yield stanza.problem(place, f"'{name}' is in many currencies: take one in the reporting currency")
    elif type_ == AMOUNT:
        yield from _format(stanza, Format.CURRENCY)
    elif type_ in {INTEGER, BIGINT}:
        yield from _format(stanza, Format.COUNT, Format.NUMBER)
    else:
        yield from _format(stanza, Format.NUMBER)


def _format(stanza: Stanza, *allowed: Format) -> Iterator[Problem]:
    if stanza.definition.format not in allowed:
        yield stanza.problem(("format",), f"what it measures is {' or '.join(allowed)}, not {stanza.definition.format}")
