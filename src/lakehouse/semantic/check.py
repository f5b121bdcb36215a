"""What is wrong with metric definitions beyond their shape: names, types, units and circles, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lakehouse.configuration import Document, Keys, Location
from lakehouse.errors import Problem, nearest
from lakehouse.semantic.definition import (
    NAME,
    Aggregate,
    Definition,
    Derived,
    Format,
    Growth,
    MartFile,
    Measure,
    Ratio,
    Simple,
    operands,
)
from lakehouse.semantic.facts import FACTS, Fact
from lakehouse.settings import Grain
from lakehouse.table import AMOUNT, BIGINT, BOOLEAN, DATE, INTEGER

RESERVED = frozenset({"calendar_date", "currency_code", "period_start", "period_end", "first_date", "last_date"})
RESERVED_ENDINGS = ("_reason", "_previous", *(f"_of_{grain}" for grain in Grain))


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


def check(files: Sequence[MetricFile]) -> list[Problem]:
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
        problems += _name(stanza)
        problems += _references(stanza, names, known)
        if isinstance(stanza.definition, Simple):
            problems += _measure(stanza, stanza.definition.measure)
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


def _name(stanza: Stanza) -> Iterator[Problem]:
    if not re.fullmatch(NAME, stanza.name):
        yield stanza.problem((), f"a metric's name is snake_case, and '{stanza.name[:60]}' is not", at_key=True)
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
    if isinstance(stanza.definition, Growth):
        if isinstance(operand, Growth):
            yield stanza.problem(location, f"'{name}' is a growth itself: name the metric that grows")
    elif not isinstance(operand, Simple | Derived):
        yield stanza.problem(
            location,
            f"'{name}' is a {operand.type}: a {stanza.definition.type} metric is made of simple and derived ones only",
        )


def _unit(stanza: Stanza, terms: Sequence[Definition]) -> Iterator[Problem]:
    units, own = [term.format for term in terms], stanza.definition.format
    match stanza.definition:
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


# ── measures of fact tables ───────────────────────────────────────────────────────────────────────────────────────────


def _measure(stanza: Stanza, measure: Measure) -> Iterator[Problem]:
    for n, table in enumerate(measure.requires):
        if table not in FACTS:
            yield stanza.problem(("measure", "requires", n), f"unknown fact table '{table}'", nearest(table, FACTS))
    fact = FACTS.get(measure.table)
    if fact is None:
        message = f"unknown fact table '{measure.table}'"
        yield stanza.problem(("measure", "table"), message, nearest(measure.table, FACTS))
        return
    yield from _date(stanza, fact, measure.date)
    for n, name in enumerate(measure.where):
        yield from _filter(stanza, fact, ("measure", "where", n), name)
    if measure.field is None:
        yield from _format(stanza, Format.COUNT)
    elif measure.field not in fact.table.field_names:
        yield _unknown_field(stanza, fact, ("measure", "field"), measure.field)
    elif measure.aggregate is Aggregate.COUNT_DISTINCT:
        yield from _members(stanza, fact, measure)
    else:
        yield from _number(stanza, fact, measure.field)


def _unknown_field(stanza: Stanza, fact: Fact, location: Location, name: str) -> Problem:
    return stanza.problem(location, f"{fact.table.name} has no field '{name}'", nearest(name, fact.table.field_names))


def _date(stanza: Stanza, fact: Fact, name: str) -> Iterator[Problem]:
    days = [field.name for field in fact.table.fields if field.references == "dim_dates.calendar_date"]
    if name not in fact.table.field_names:
        yield stanza.problem(("measure", "date"), f"{fact.table.name} has no field '{name}'", nearest(name, days))
    elif name not in days:
        type_ = fact.table.field(name).type
        what = "is no business day of an event" if type_ == DATE else f"is {type_}, not a date"
        message = f"'{name}' {what}: rows of {fact.table.name} count on {' or '.join(days)}"
        yield stanza.problem(("measure", "date"), message)


def _filter(stanza: Stanza, fact: Fact, location: Location, name: str) -> Iterator[Problem]:
    booleans = [field.name for field in fact.table.fields if field.type == BOOLEAN]
    if name not in fact.table.field_names:
        yield stanza.problem(location, f"{fact.table.name} has no field '{name}'", nearest(name, booleans))
    elif name not in booleans:
        yield stanza.problem(
            location, f"'{name}' is {fact.table.field(name).type}: only a boolean field can be a filter"
        )


def _members(stanza: Stanza, fact: Fact, measure: Measure) -> Iterator[Problem]:
    members = fact.members
    exact = members is not None and (measure.field, measure.date) == (members.key, members.date)
    if members is None or not exact or set(measure.where) != set(members.where):
        name = fact.table.name
        offer = "nothing" if members is None else f"{members.key} on {members.date}"
        offer += f" where {' and '.join(members.where)}" if members and members.where else ""
        message = f"this can not be counted exactly at every grain: {name} flags the first events of {offer}"
        yield stanza.problem(("measure", "field"), message)
    yield from _format(stanza, Format.COUNT)


def _number(stanza: Stanza, fact: Fact, name: str) -> Iterator[Problem]:
    type_ = fact.table.field(name).type
    if not (type_ in {INTEGER, BIGINT} or type_.startswith("decimal")):
        yield stanza.problem(("measure", "field"), f"'{name}' is {type_}: only a number can be aggregated")
    elif name in fact.foreign:
        yield stanza.problem(
            ("measure", "field"), f"'{name}' is in many currencies: take one in the reporting currency"
        )
    elif type_ == AMOUNT:
        yield from _format(stanza, Format.CURRENCY)
    elif type_ in {INTEGER, BIGINT}:
        yield from _format(stanza, Format.COUNT, Format.NUMBER)
    else:
        yield from _format(stanza, Format.NUMBER)


def _format(stanza: Stanza, *allowed: Format) -> Iterator[Problem]:
    if stanza.definition.format not in allowed:
        yield stanza.problem(("format",), f"what it measures is {' or '.join(allowed)}, not {stanza.definition.format}")
