"""The one reader of configuration files: strict YAML in, a validated model or every mistake with its place out.

YAML has more ways to say things than a configuration should: here a key stands once, nothing is an anchor, an alias or
a tag, and only `true`, `false`, `null` and plain decimal numbers are anything but text. So `NO`, `010`, `22:30` and
`2020-01-31` stay what they look like, and a field that is declared as text gets the text as written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from lakehouse.errors import ConfigurationError, Problem, UnknownNameError, nearest

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 50

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,15}")
_CONSTANTS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None, "": None}
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Location = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Scalar:
    """A single value; `is_plain` if it was written without quotes."""

    line: int
    column: int
    text: str
    is_plain: bool

    def value(self, texts: frozenset[Scalar] = frozenset()) -> object:
        if not self.is_plain or self in texts:
            return self.text
        if self.text in _CONSTANTS:
            return _CONSTANTS[self.text]
        if _INTEGER.fullmatch(self.text):
            return int(self.text)
        return float(self.text) if _FLOAT.fullmatch(self.text) else self.text


@dataclass(frozen=True)
class Sequence:
    """A list of nodes."""

    line: int
    column: int
    items: tuple[Node, ...]

    def value(self, texts: frozenset[Scalar] = frozenset()) -> object:
        return [item.value(texts) for item in self.items]


@dataclass(frozen=True)
class Keys:
    """A mapping; its keys are always text, and each knows its own place."""

    line: int
    column: int
    entries: Mapping[str, tuple[Scalar, Node]] = field(default_factory=dict)

    def value(self, texts: frozenset[Scalar] = frozenset()) -> object:
        return {name: node.value(texts) for name, (_, node) in self.entries.items()}


Node = Scalar | Sequence | Keys


@dataclass(frozen=True)
class Document:
    """A file as read: its values, and where each of them stands."""

    file: str
    root: Keys

    def node(self, location: Location) -> tuple[Scalar | None, Node]:
        """Key (if it has one) and node at a location; parts that the file does not spell out are passed over."""
        key: Scalar | None = None
        node: Node = self.root
        for part in location:
            found = _child(node, part)
            if found is not None:
                key, node = found
        return key, node

    def problem(
        self, location: Location, message: str, suggestion: str | None = None, *, at_key: bool = False, offset: int = 0
    ) -> Problem:
        """A problem with what stands at a location, `offset` characters into its text."""
        key, node = self.node(location)
        place: Node = key if at_key and key is not None else node
        column = place.column + (offset if isinstance(place, Scalar) and "\n" not in place.text else 0)
        if offset and isinstance(place, Scalar) and not place.is_plain:
            column += 1
        return Problem(self.file, place.line, column, message, suggestion)


def _child(node: Node, part: str | int) -> tuple[Scalar | None, Node] | None:
    if isinstance(node, Keys) and isinstance(part, str):
        return node.entries.get(part)
    if isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
        return None, node.items[part]
    if isinstance(node, Sequence):
        return next(((None, item) for item in node.items if isinstance(item, Scalar) and item.text == part), None)
    return None


def load(path: Path) -> Document:
    """The file's values and places; ConfigurationError with everything that is wrong with it as YAML."""
    reader = _Reader(str(path))
    root = reader.read(_text(path))
    if reader.problems:
        raise ConfigurationError(reader.problems)
    return Document(str(path), root)


def load_model(path: Path, model: type[M], context: str | None = None) -> M:
    """The file as a model; ConfigurationError with every mistake, its line, and the nearest right key.

    `context` is for the validators of the model.
    """
    return validate(load(path), model, context)


def validate(document: Document, model: type[M], context: str | None = None) -> M:
    """The document as a model; ConfigurationError as `load_model`."""
    try:
        return _validated(document, model, frozenset(), context)
    except ValidationError as error:
        texts = frozenset(_meant_as_text(document, error))
    try:
        return _validated(document, model, texts, context)
    except ValidationError as error:
        schema = model.model_json_schema()
        raise ConfigurationError([_problem(document, schema, mistake) for mistake in error.errors()]) from None


def _validated(document: Document, model: type[M], texts: frozenset[Scalar], context: str | None) -> M:
    # As strict JSON: no text becomes a number or a boolean, but lists become tuples and text becomes dates and enums.
    return model.model_validate_json(json.dumps(document.root.value(texts)), strict=True, context=context)


def _meant_as_text(document: Document, error: ValidationError) -> Iterator[Scalar]:
    """Unquoted numbers and booleans that stand where the model wants text."""
    for mistake in error.errors(include_url=False):
        _, node = document.node(mistake["loc"])
        if mistake["type"] == "string_type" and isinstance(node, Scalar) and node.value() is not None:
            yield node


# ── for editors ───────────────────────────────────────────────────────────────────────────────────────────────────────


def editor_schema(model: type[BaseModel]) -> str:
    """The JSON Schema of a file, by which editors complete and check; unquoted text is as allowed as it is here."""
    return json.dumps(_as_read(model.model_json_schema()), indent=2, ensure_ascii=False) + "\n"


def _as_read(node: Any) -> Any:
    """The schema as files are read: text may look like a number or a boolean. Titles that pydantic made up go."""
    if isinstance(node, list):
        return [_as_read(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _as_read(value) for key, value in node.items() if key != "title" or isinstance(value, dict)}
    is_text = kept.get("type") == "string" and not {"const", "enum"} & kept.keys()
    return {**kept, "type": ["string", "number", "boolean"]} if is_text else kept


# ── what pydantic found, in the words of the file ─────────────────────────────────────────────────────────────────────

_EXPECTED = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "string": "text",
    "date": "a date like 2020-01-31",
    "dict": "keys with values",
    "model": "keys with values",
    "list": "a list",
    "tuple": "a list",
}


def _problem(document: Document, schema: dict[str, Any], mistake: Any) -> Problem:
    kind, location, context = mistake["type"], mistake["loc"], mistake.get("ctx", {})
    if kind == "extra_forbidden":
        name = str(location[-1])
        guess = nearest(name, _known_keys(schema, location[:-1]))
        return document.problem(location, f"unknown key '{name}'", guess, at_key=True)
    if kind in {"missing", "union_tag_not_found"}:
        name = context["discriminator"].strip("'") if kind == "union_tag_not_found" else location[-1]
        return document.problem(location[:-1] if kind == "missing" else location, f"missing key '{name}'", at_key=True)
    _, node = document.node(location)
    text = node.text if isinstance(node, Scalar) else ""
    if kind in {"literal_error", "enum", "union_tag_invalid"}:
        if kind == "union_tag_invalid":
            location, text = (*location, context["discriminator"].strip("'")), context["tag"]
        allowed = re.findall(r"'([^']*)'", context.get("expected") or context["expected_tags"])
        return document.problem(location, f"must be one of {', '.join(allowed)}", nearest(text, allowed))
    if kind == "value_error":
        error = context["error"]
        guess = error.suggestion if isinstance(error, UnknownNameError) else None
        return document.problem(location, str(error), guess, at_key=location[-1:] == ("[key]",))
    expected = _EXPECTED.get(kind.split("_")[0])
    if expected and kind.endswith(("_type", "_parsing", "_from_float", "_from_date_parsing")):
        given = f", not '{text[:60]}'" if text else ", not nothing" if isinstance(node, Scalar) else ""
        return document.problem(location, f"expected {expected}{given}")
    message = str(mistake["msg"])
    return document.problem(location, message[0].lower() + message[1:])


def _known_keys(schema: dict[str, Any], location: Location) -> set[str]:
    """The keys that a model's JSON Schema knows at a location, over all its alternatives there."""

    def alternatives(nodes: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for node in nodes:
            options = [*node.get("anyOf", ()), *node.get("oneOf", ())]
            if "$ref" in node:
                options.append(schema["$defs"][node["$ref"].rsplit("/", 1)[1]])
            found += alternatives(options) if options else [node]
        return found

    nodes = alternatives([schema])
    for part in location:
        steps = [
            step
            for node in nodes
            if isinstance(step := node.get("properties", {}).get(part) or _items(node, part), dict)
        ]
        # Where one of several models is meant, its name is a part of the location.
        nodes = alternatives(steps) or [node for node in nodes if node.get("title") == part] or nodes
    return {name for node in nodes for name in node.get("properties", {})}


def _items(node: dict[str, Any], part: str | int) -> object:
    return node.get("items") if isinstance(part, int) else node.get("additionalProperties")


# ── YAML ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _text(path: Path) -> str:
    if not path.is_file():
        raise ConfigurationError([Problem(str(path), 0, 0, "no such file")])
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ConfigurationError([Problem(str(path), 0, 0, f"the file is larger than {MAX_BYTES:,} bytes")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigurationError([Problem(str(path), line, 1, "the file is not UTF-8 text")]) from None


class _TooDeepError(Exception):
    """The nesting of the file is deeper than any configuration."""


class _Reader:
    """Builds nodes from YAML's events, noting what is not allowed on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._events: Iterator[Any] = iter(())

    def read(self, text: str) -> Keys:
        empty = Keys(1, 1)
        try:
            self._events = yaml.parse(text, Loader=_LOADER)
            root = next((self._node(event, 0) for event in self._events if _opens(event)), empty)
            if extra := next((event for event in self._events if _opens(event)), None):
                self._note(extra, "only one document is allowed in a file")
        except _TooDeepError:
            return empty
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
            reason = error.problem or error.context
            self.problems.append(Problem(self.file, line, column, f"not valid YAML: {reason}"))
            return empty
        except yaml.YAMLError as error:
            self.problems.append(Problem(self.file, 0, 0, f"not valid YAML: {str(error).splitlines()[0]}"))
            return empty
        if isinstance(root, Scalar) and root.value() is None:
            return empty
        if not isinstance(root, Keys):
            self.problems.append(Problem(self.file, root.line, root.column, "the file must be keys with values"))
            return empty
        return root

    def _note(self, event: Any, message: str, suggestion: str | None = None) -> None:
        mark = event.start_mark
        self.problems.append(Problem(self.file, mark.line + 1, mark.column + 1, message, suggestion))

    def _node(self, event: Any, depth: int) -> Node:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if depth > MAX_DEPTH:
            self._note(event, f"nested more than {MAX_DEPTH} levels deep")
            raise _TooDeepError
        if isinstance(event, yaml.AliasEvent):
            self._note(event, f"aliases are not allowed: write out what '*{event.anchor}' stands for")
            return Scalar(line, column, "", is_plain=True)
        if event.anchor is not None:
            self._note(event, f"anchors are not allowed: remove '&{event.anchor}'")
        if event.tag is not None:
            self._note(event, f"tags are not allowed: remove '{event.tag}'")
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(line, column, event.value, is_plain=event.style in {None, ""})
        if isinstance(event, yaml.SequenceStartEvent):
            return Sequence(line, column, tuple(self._node(item, depth + 1) for item in self._until_end()))
        return Keys(line, column, self._entries(depth + 1))

    def _entries(self, depth: int) -> Mapping[str, tuple[Scalar, Node]]:
        entries: dict[str, tuple[Scalar, Node]] = {}
        for event in self._until_end():
            key, value = self._node(event, depth), self._node(next(self._events), depth)
            if not isinstance(key, Scalar) or not key.text:
                self._note(event, "a key must be text")
            elif key.text == "<<":
                self._note(event, "merge keys are not allowed: write the keys out")
            elif key.text in entries:
                first = entries[key.text][0].line
                self._note(event, f"key '{key.text}' stands here a second time (first in line {first})")
            else:
                entries[key.text] = (key, value)
        return entries

    def _until_end(self) -> Iterator[Any]:
        for event in self._events:
            if isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
                return
            yield event


def _opens(event: Any) -> bool:
    return isinstance(event, (yaml.NodeEvent,))
