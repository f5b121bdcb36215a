"""The draft as text: YAML that passes the check, with what a person should look at marked by `# ?`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from lakehouse.sources.check import Entities
from lakehouse.sources.formats import CsvFormat, FileFormat
from lakehouse.sources.infer.guess import Draft, Guess, drafts
from lakehouse.sources.infer.samples import Sample, samples, snake_case

_PLAIN = re.compile(r"[0-9]+|[A-Za-z_^][A-Za-z0-9_.^ ()=<>*|,'/-]*")
_RESERVED = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def infer(directory: Path, name: str, entities: Entities) -> str:
    """A source's YAML for a folder of unknown files: objects as found, entities as guessed.

    What was concluded from the files' content stands as it is; what a person should look at is marked by `# ?`. An
    entity for which a required field was not found is drafted as a comment. ConfigurationError if the folder holds
    nothing that can be read.
    """
    found = samples(directory)
    guessed = drafts(found, entities)
    source = snake_case(name) or "source"
    lines = [
        f"# Drafted from the files of {directory.resolve().name}/. Look at the lines marked '# ?', then give this file",
        "# to `lakehouse sources check`.",
        "",
        f"source: {source}",
        "timezone: UTC # ? the zone of times that are written without an offset, like Europe/Berlin",
        "",
        "objects:",
        *(line for sample in found for line in _object(sample)),
        *_vocabularies(guessed),
        *_entities(guessed),
        *_unused(found, guessed),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _object(sample: Sample) -> Iterator[str]:
    yield f"  {sample.name}:"
    globs = [_scalar(glob) for glob in sample.files]
    yield f"    files: {globs[0] if len(globs) == 1 else '[' + ', '.join(globs) + ']'}"
    if (written := _format(sample.format)) is not None:
        doubt = " # ? not UTF-8; this encoding is a guess" if sample.encoding_is_guessed else ""
        yield f"    format: {written}{doubt}"
    if sample.records is not None:
        yield f"    records: {_scalar(sample.records)}"
    yield "    columns:"
    for column in sample.columns:
        yield f"      {column.name}:{'' if column.name == column.path else ' ' + _scalar(column.path)}"
    sparse = [column.name for column in sample.columns if not column.content.is_complete]
    if sparse and not isinstance(sample.format, CsvFormat):
        yield f"    optional: [{', '.join(sparse)}]"
    yield ""


def _format(declared: FileFormat) -> str | None:
    stated = declared.model_dump(exclude_defaults=True)
    if isinstance(declared, CsvFormat) and not stated:
        return None
    stated = {"type": declared.type, **stated}
    return (
        "{"
        + ", ".join(
            f"{key}: {_scalar(value) if isinstance(value, str) else json.dumps(value)}" for key, value in stated.items()
        )
        + "}"
    )


def _vocabularies(guessed: Sequence[Draft]) -> Iterator[str]:
    found: dict[str, dict[str, str | None]] = {}
    for draft in guessed:
        if draft.is_whole:
            for name, words in draft.vocabularies.items():
                found.setdefault(name, {}).update(words)
    if not found:
        return
    yield "vocabularies:"
    values = {f"{draft.entity.name}_{field.name}": field.values for draft in guessed for field in draft.entity.fields}
    for name, words in found.items():
        yield f"  {name}:"
        for word, target in words.items():
            allowed = f"one of {', '.join(values[name])}" if values.get(name) else "its ISO 3166 code"
            yield f"    {_key(word)}: " + (target or f"{_fallback(name)} # ? {allowed}")
    yield ""


def _fallback(name: str) -> str:
    """What an unknown word becomes in the draft: nothing, or the harmless status where something is needed."""
    return {"orders_status": "placed", "payments_status": "pending"}.get(name, "null")


def _entities(guessed: Sequence[Draft]) -> Iterator[str]:
    whole = [draft for draft in guessed if draft.is_whole]
    yield "entities:" if whole else "entities: {} # ? nothing was recognised for certain"
    for name in dict.fromkeys(draft.entity.name for draft in whole):
        own = [draft for draft in whole if draft.entity.name == name]
        yield f"  {name}:"
        for draft in own:
            first, rest = ("    - ", "      ") if len(own) > 1 else ("    ", "    ")
            body = list(_mapping(draft, rivals=len({other.sample.name for other in own}) - 1))
            yield first + body[0]
            yield from (rest + line for line in body[1:])
        yield ""
    for draft in guessed:
        if not draft.is_whole:
            lacks = ", ".join(draft.lacks)
            yield f"  # ? {draft.sample.name} looks like {draft.entity.name}, but this was not found: {lacks}"
            yield f"  # {draft.entity.name}:"
            yield from (f"  #   {line}" for line in _mapping(draft))
            yield ""


def _mapping(draft: Draft, rivals: int = 0) -> Iterator[str]:
    doubt = f" # ? {rivals} more look like {draft.entity.name}: keep those that are" if rivals else ""
    yield f"from: {draft.sample.name}{doubt}"
    if draft.is_grouped:
        yield "group: true # one order of all its lines"
    if draft.version is not None:
        yield f"version: {_scalar(draft.version)}"
    if draft.complete_per is not None:
        yield f"complete_per: {draft.complete_per}"
    yield "fields:"
    for name, guess in draft.fields.items():
        yield f"  {name}: {_scalar(guess.expression)}{_mark(guess)}"
    for name in draft.lacks:
        yield f"  {name}: # ? required"


def _mark(guess: Guess) -> str:
    return f" # ? {guess.doubt}" if guess.doubt else ""


def _unused(found: Sequence[Sample], guessed: Sequence[Draft]) -> Iterator[str]:
    for sample in found:
        used = {
            guess.column.name
            for draft in guessed
            if draft.sample is sample
            for guess in draft.fields.values()
            if guess.column
        }
        if not any(draft.sample is sample for draft in guessed):
            yield f"# ? {sample.name}: not recognised as any entity"
        elif unused := [column.name for column in sample.columns if column.name not in used and column.content.texts]:
            yield f"# {sample.name}: no use was found for {', '.join(unused)}"


def _scalar(text: str) -> str:
    """The text as YAML, in quotes where it could be misread."""
    is_plain = _PLAIN.fullmatch(text) and text == text.strip() and text not in _RESERVED
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def _key(word: str) -> str:
    return (
        word
        if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_ -]*", word) and word == word.strip()
        else json.dumps(word, ensure_ascii=False)
    )
