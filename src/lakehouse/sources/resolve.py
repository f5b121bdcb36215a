"""A mapping checked against its entity: every expression read, typed, and known to fit the field it is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lakehouse.configuration import Location
from lakehouse.errors import nearest
from lakehouse.sources.definition import EntityMapping, Source
from lakehouse.sources.expressions import (
    Call,
    Expression,
    Literal,
    Mistake,
    Scope,
    possible_texts,
    walk,
)
from lakehouse.sources.functions import ValueType
from lakehouse.sources.reader import mend, read
from lakehouse.table import BIGINT, BOOLEAN, DATE, INTEGER, STRING, TIMESTAMP, Field, Table


@dataclass(frozen=True)
class Located:
    """A mistake and its place within the mapping: at a key, or at (or within) its value."""

    location: Location
    mistake: Mistake
    at_key: bool = False


_VALUE_TYPES = {
    STRING: ValueType.STRING,
    INTEGER: ValueType.INTEGER,
    BIGINT: ValueType.INTEGER,
    BOOLEAN: ValueType.BOOLEAN,
    TIMESTAMP: ValueType.TIMESTAMP,
    DATE: ValueType.DATE,
}


@dataclass(frozen=True)
class ResolvedMapping:
    """A mapping whose expressions are typed trees; `fields` has the mapped fields only."""

    source: Source
    table: Table
    fields: Mapping[str, Expression]
    where: Expression | None = None
    version: Expression | None = None
    deleted_when: Expression | None = None
    is_grouped: bool = False


def mappable(table: Table) -> tuple[Field, ...]:
    """The entity's fields that a mapping fills: all but the technical ones."""
    return tuple(field for field in table.fields if not field.name.startswith("_"))


def is_identifier(field: Field) -> bool:
    """Whether the field's values are qualified by their source: every text field that is called an id."""
    return field.type == STRING and field.name.endswith("_id")


def value_type(type_: str) -> ValueType:
    """What an expression must give for a field of this type."""
    return _VALUE_TYPES.get(type_, ValueType.DECIMAL)


def resolve(source: Source, mapping: EntityMapping, table: Table) -> tuple[ResolvedMapping, tuple[Located, ...]]:
    """The mapping's trees and every mistake in it, each with its place within the mapping."""
    resolver = _Resolver(source, mapping, table)
    fields = resolver.fields()
    resolved = ResolvedMapping(
        source,
        table,
        fields,
        where=resolver.clause("where", mapping.where, {ValueType.BOOLEAN}, may_aggregate=False),
        version=resolver.clause(
            "version", mapping.version, {ValueType.TIMESTAMP, ValueType.INTEGER}, may_aggregate=mapping.group
        ),
        deleted_when=resolver.clause("deleted_when", mapping.deleted_when, {ValueType.BOOLEAN}, may_aggregate=False),
        is_grouped=mapping.group,
    )
    resolver.check_keys()
    return resolved, tuple(resolver.mistakes)


class _Resolver:
    def __init__(self, source: Source, mapping: EntityMapping, table: Table) -> None:
        self.mistakes: list[Located] = []
        self._source = source
        self._mapping = mapping
        self._table = table
        objects = [source.object(name) for name in mapping.objects if name in source.objects]
        columns = [set(found.column_paths) for found in objects if found.column_paths]
        self._scope = Scope(set.intersection(*columns) if columns else set(), source.vocabularies)
        self._has_objects = len(columns) == len(mapping.objects)

    def _note(self, location: Location, message: str, suggestion: str | None = None, *, at_key: bool = False) -> None:
        self.mistakes.append(Located(location, Mistake(0, message, suggestion), at_key))

    def _read(self, location: Location, text: str, *, may_aggregate: bool) -> Expression | None:
        """The tree, or None if it has mistakes (or its object is unknown, so that nothing can be said)."""
        scope = replace(self._scope, may_aggregate=may_aggregate)
        tree, mistakes = read(text, scope)
        if not self._has_objects:
            return None
        self.mistakes += [Located(location, mistake) for mistake in mistakes]
        return None if mistakes else tree

    def clause(self, name: str, text: str | None, types: set[ValueType], *, may_aggregate: bool) -> Expression | None:
        if text is None:
            return None
        tree = self._read((name,), text, may_aggregate=may_aggregate)
        if tree is not None and tree.type not in types:
            wanted = " or ".join(sorted(kind.spoken for kind in types))
            hint = mend(max(types), tree.type, text)
            self._note((name,), f"{name} must be {wanted}, and this is {tree.type.spoken}{hint}")
        return tree

    def fields(self) -> dict[str, Expression]:
        known = {field.name: field for field in mappable(self._table)}
        trees: dict[str, Expression] = {}
        meant: set[str | None] = set()
        for name, text in self._mapping.fields.items():
            if name not in known:
                meant.add(guess := nearest(name, known))
                self._note(("fields", name), f"{self._table.name} has no field '{name}'", guess, at_key=True)
                continue
            is_key = name in self._table.primary_key
            tree = self._read(("fields", name), text, may_aggregate=self._mapping.group and not is_key)
            if tree is not None and self._fits(known[name], tree, text):
                trees[name] = tree
        for field in known.values():
            is_mapped = field.name in self._mapping.fields or field.name in meant
            if not is_mapped and not field.nullable and field.default is None:
                message = f"{self._table.name} needs the field '{field.name}': {field.description}"
                self._note(("fields",), message, at_key=True)
        return trees

    def _fits(self, field: Field, tree: Expression, text: str) -> bool:
        location, before = ("fields", field.name), len(self.mistakes)
        wanted, given = value_type(field.type), tree.type
        accepted = {wanted, ValueType.NULL}
        if wanted in {ValueType.DECIMAL, ValueType.STRING}:
            accepted.add(ValueType.INTEGER)
        if is_identifier(field):
            accepted.add(ValueType.REFERENCE)
            self._check_references(location, tree)
        if given is ValueType.NULL and not field.nullable and field.default is None:
            self._note(location, f"{field.name} can not be null")
        elif given is ValueType.REFERENCE and given not in accepted:
            self._note(location, f"{field.name} is no identifier: ref() is for fields whose name ends with _id")
        elif given not in accepted:
            hint = mend(wanted, given, text)
            self._note(location, f"{field.name} is {wanted.spoken} but the expression gives {given.spoken}{hint}")
        elif field.values:
            self._check_values(location, field, tree)
        return len(self.mistakes) == before

    def _check_values(self, location: Location, field: Field, tree: Expression) -> None:
        allowed = ", ".join(field.values)
        for text in sorted((possible_texts(tree, self._scope) or set()) - set(field.values)):
            self._note(
                location, f"{field.name} can not be '{text}': it is one of {allowed}", nearest(text, field.values)
            )

    def _check_references(self, location: Location, tree: Expression) -> None:
        """A reference may be the whole value or a branch of it, and nothing may be done to it."""
        for part in walk(tree):
            passes_on = isinstance(part, Call) and part.function in {"case", "coalesce", "first", "last"}
            if not passes_on and any(argument.type is ValueType.REFERENCE for argument in part.arguments):
                self._note(location, "ref() must be the value itself: nothing can be done to it")

    def check_keys(self) -> None:
        mapping = self._mapping
        if mapping.group and mapping.deleted_when is not None:
            self._note(
                ("deleted_when",), "a group of rows can not say that its key is gone: leave out group or deleted_when"
            )
        if mapping.complete_per is not None and mapping.complete_per not in mapping.fields:
            guess = nearest(mapping.complete_per, mapping.fields)
            self._note(("complete_per",), f"complete_per must be a mapped field, not '{mapping.complete_per}'", guess)
        elif mapping.complete_per is not None and (mapping.complete_per,) == self._table.primary_key:
            self._note(("complete_per",), "complete_per names the parent of the rows, not their own key")


def references(tree: Expression) -> set[str]:
    """Names of the sources that an expression refers to."""
    calls = (part for part in walk(tree) if isinstance(part, Call) and part.function == "ref")
    return {str(call.arguments[0].value) for call in calls if isinstance(call.arguments[0], Literal)}
