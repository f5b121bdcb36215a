"""Every mistake in a source's file, found without an engine: its place, what is wrong, and the nearest right name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lakehouse.configuration import Document, Location, load, validate
from lakehouse.errors import ConfigurationError, Problem, nearest
from lakehouse.sources.definition import EntityMapping, Source
from lakehouse.sources.expressions import ColumnValue, Scope
from lakehouse.sources.formats import JsonFormat, JsonLinesFormat
from lakehouse.sources.parse.paths import parse_column_path, parse_records_path
from lakehouse.sources.reader import read
from lakehouse.sources.resolve import references, resolve
from lakehouse.table import Table

Entities = Mapping[str, Table]
"""Name → declaration of every silver table that a source can fill."""


def check_source(path: Path, entities: Entities) -> Source:
    """The source that the file defines; ConfigurationError with everything that is wrong with it."""
    checked = _check(path, entities)
    if checked.problems:
        raise ConfigurationError(checked.problems)
    return checked.source


def check_sources(paths: Sequence[Path], entities: Entities) -> tuple[Source, ...]:
    """Sources that share a lake; beside each one's own mistakes, names used twice and references to no source."""
    problems: list[Problem] = []
    checked: list[_Checked] = []
    for path in paths:
        try:
            checked.append(_check(path, entities))
        except ConfigurationError as error:
            problems += error.problems
    problems += [problem for each in checked for problem in each.problems]
    problems += _names_used_twice(checked)
    if len(checked) == len(paths):  # A file that can not be read may be the one referred to.
        problems += _unknown_references(checked, entities)
    if problems:
        raise ConfigurationError(problems)
    return tuple(each.source for each in checked)


@dataclass(frozen=True)
class _Checked:
    document: Document
    source: Source
    problems: tuple[Problem, ...]


def _check(path: Path, entities: Entities) -> _Checked:
    document = load(path)
    source = validate(document, Source)
    problems: list[Problem] = []
    if source.source != path.stem:
        message = f"the source is called '{source.source}' but its file '{path.name}': both must be the same"
        problems.append(document.problem(("source",), message, path.stem))
    for name in source.objects:
        problems += _object_problems(document, source, name)
    for entity in source.entities:
        problems += _entity_problems(document, source, entity, entities)
    return _Checked(document, source, tuple(problems))


# ── objects ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _object_problems(document: Document, source: Source, name: str) -> Iterator[Problem]:
    place: Location = ("objects", name)
    broken = _broken_inheritance(document, source, name)
    if broken is not None:
        yield broken
        return
    found = [
        *_missing_keys(document, source, name),
        *_column_problems(document, source, name),
        *_path_problems(document, source, name),
    ]
    yield from found
    if not found:
        try:
            source.object(name).plan()
        except ValueError as error:
            yield document.problem(place, str(error), at_key=True)


def _broken_inheritance(document: Document, source: Source, name: str) -> Problem | None:
    like, place = source.objects[name].like, ("objects", name, "like")
    if like is None:
        return None
    others = [other for other, each in source.objects.items() if other != name and each.like is None]
    if like == name or like not in source.objects:
        return document.problem(place, f"there is no other object '{like}'", nearest(like, others))
    if source.objects[like].like is not None:
        return document.problem(
            place, f"'{like}' is itself like another object: name that one", source.objects[like].like
        )
    return None


def _missing_keys(document: Document, source: Source, name: str) -> Iterator[Problem]:
    found = source.object(name)
    for key, given in (("files", found.globs), ("columns", found.column_paths)):
        if not given:
            yield document.problem(("objects", name), f"missing key '{key}'", at_key=True)


def _column_problems(document: Document, source: Source, name: str) -> Iterator[Problem]:
    stated = source.objects[name]
    place: Location = ("objects", name, "columns")
    if isinstance(stated.columns, tuple):
        for position, column in enumerate(stated.columns):
            if column in stated.columns[:position]:
                yield document.problem((*place, position), f"column '{column}' stands here a second time")
    for column in stated.column_paths:
        tree, mistakes = read(column, Scope({column}))
        if mistakes or not isinstance(tree, ColumnValue):
            message = f"'{column}' is a word of the expression language: call the column {column}_value: {column}"
            yield document.problem((*place, column), message, at_key=isinstance(stated.columns, dict))
    columns = source.object(name).column_paths
    for position, column in enumerate(stated.optional):
        if column not in columns:
            message = f"there is no column '{column}'"
            yield document.problem(("objects", name, "optional", position), message, nearest(column, columns))


def _path_problems(document: Document, source: Source, name: str) -> Iterator[Problem]:
    found = source.object(name)
    if not isinstance(found.format, JsonFormat | JsonLinesFormat):
        if found.records is not None:
            yield document.problem(
                ("objects", name, "records"), f"records is for JSON only, not for {found.format.type}"
            )
        return
    try:
        depth = len(parse_records_path(found.records))
    except ValueError as error:
        yield document.problem(("objects", name, "records"), str(error))
        return
    for column, path in found.column_paths.items():
        place: Location = ("objects", name, "columns", column)
        try:
            up = parse_column_path(path).up
        except ValueError as error:
            yield document.problem(place, str(error))
            continue
        if up > depth:
            yield document.problem(place, f"'{path}' goes out {up} records, but only {depth} are around this one")


# ── entities ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _entity_problems(document: Document, source: Source, entity: str, entities: Entities) -> Iterator[Problem]:
    table = entities.get(entity)
    if table is None:
        message = f"there is no entity '{entity}'"
        yield document.problem(("entities", entity), message, nearest(entity, entities), at_key=True)
        return
    for place, mapping in _placed_mappings(source, entity):
        for position, name in enumerate(mapping.objects):
            if name not in source.objects:
                message = f"there is no object '{name}'"
                yield document.problem((*place, "from", position), message, nearest(name, source.objects))
        _, mistakes = resolve(source, mapping, table)
        for each in mistakes:
            yield document.problem(
                (*place, *each.location),
                each.mistake.message,
                each.mistake.suggestion,
                at_key=each.at_key,
                offset=each.mistake.offset,
            )


def _placed_mappings(source: Source, entity: str) -> Iterator[tuple[Location, EntityMapping]]:
    for position, mapping in enumerate(source.mappings(entity)):
        yield ("entities", entity, position), mapping


# ── sources together ──────────────────────────────────────────────────────────────────────────────────────────────────


def _names_used_twice(checked: Sequence[_Checked]) -> Iterator[Problem]:
    first: dict[str, Document] = {}
    for each in checked:
        known = first.setdefault(each.source.source, each.document)
        if known is not each.document:
            yield each.document.problem(("source",), f"there is a source '{each.source.source}' in {known.file} too")


def _unknown_references(checked: Sequence[_Checked], entities: Entities) -> Iterator[Problem]:
    names = {each.source.source for each in checked}
    for each in checked:
        for entity in each.source.entities.keys() & entities.keys():
            for place, mapping in _placed_mappings(each.source, entity):
                resolved, _ = resolve(each.source, mapping, entities[entity])
                for field, tree in resolved.fields.items():
                    for name in sorted(references(tree) - names):
                        message = f"there is no source '{name}' to refer to"
                        yield each.document.problem((*place, "fields", field), message, nearest(name, names))
