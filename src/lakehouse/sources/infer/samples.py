"""A look at a folder: which files belong together, how they are written, and what is in their first records."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lakehouse.errors import ConfigurationError, Problem
from lakehouse.sources.expressions import ColumnValue, Scope
from lakehouse.sources.formats import CsvFormat, FileFormat, JsonFormat, JsonLinesFormat, ParquetFormat
from lakehouse.sources.functions import ValueType
from lakehouse.sources.infer.content import Content, Reading, reading
from lakehouse.sources.infer.words import ascii_of
from lakehouse.sources.parse.arrow_text import UnsupportedType, text_of
from lakehouse.sources.reader import read

_KINDS = {
    **dict.fromkeys((".csv", ".tsv", ".txt"), "csv"),
    **dict.fromkeys((".jsonl", ".ndjson"), "jsonl"),
    ".json": "json",
    ".parquet": "parquet",
}
_LOOKED_AT = 512 * 1024
_JSON_LOOKED_AT = 16 * 1024**2
_RECORDS = 2000
_FILES = 3
_DEPTH = 2
_NUMBERED = re.compile(r"[-_. ]?\d[\dTZ:_. -]*")

Record = Mapping[str, str | None]


@dataclass(frozen=True)
class Column:
    """A column as it would be declared: a name, how the file spells it, and what is in it."""

    name: str
    path: str
    content: Content
    _readings: dict[ValueType, Reading | None] = field(default_factory=dict, compare=False, repr=False)

    def reading(self, wanted: ValueType) -> Reading | None:
        """How the column is read as a value of a type; None if it can not be."""
        if wanted not in self._readings:
            self._readings[wanted] = reading(self.content, wanted, self.path)
        return self._readings[wanted]


@dataclass(frozen=True)
class Sample:
    """Files of one kind and the columns of their first records; `parent` is the sample whose records enclose these."""

    name: str
    files: tuple[str, ...]
    format: FileFormat
    columns: tuple[Column, ...]
    records: str | None = None
    parent: str | None = None
    encoding_is_guessed: bool = False


def samples(directory: Path) -> tuple[Sample, ...]:
    """All kinds of files below a folder; ConfigurationError if there is none that could be read."""
    if not directory.is_dir():
        raise ConfigurationError([Problem(str(directory), 0, 0, "there is no such folder")])
    found: list[Sample] = []
    for globs, files in _groups(directory):
        for sample in _read(globs, files):
            if not sample.columns:
                continue
            found.append(replace(sample, name=_unused(sample.name, {other.name for other in found})))
    if not found:
        raise ConfigurationError(
            [Problem(str(directory), 0, 0, "there is no CSV, JSON, JSON lines or Parquet file with records here")]
        )
    return tuple(found)


def snake_case(text: str) -> str:
    """A name for a column or an object: ASCII, lower case, words apart; empty if no letter is left."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", ascii_of(text))
    name = re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")
    return f"column_{name}" if name[:1].isdigit() else name


# ── files that belong together ────────────────────────────────────────────────────────────────────────────────────────


def _groups(directory: Path) -> Iterator[tuple[tuple[str, ...], list[Path]]]:
    """Patterns and files, numbers and dates in a file's name left out: orders_2026-01-01.csv → orders_*.csv."""
    by_pattern: dict[str, list[Path]] = {}
    names: list[str] = []
    for path in sorted(directory.rglob("*")):
        relative = path.relative_to(directory)
        hidden = any(part.startswith((".", "_")) for part in relative.parts)
        if path.is_file() and not hidden and _kind(path) is not None and path.stat().st_size:
            names.append(relative.as_posix())
            general = "*" if _NUMBERED.fullmatch(_stem(path)) else _NUMBERED.sub(_star, _stem(path))
            pattern = (relative.parent / (general + "".join(_suffixes(path)))).as_posix()
            by_pattern.setdefault(pattern, []).append(path)
    for pattern, files in by_pattern.items():
        own = {path.relative_to(directory).as_posix() for path in files}
        # A pattern that takes in files of another kind is given up for the list of its own.
        is_exact = {name for name in names if _matches(name, pattern)} == own
        yield ((pattern,) if is_exact else tuple(sorted(own))), files


def _star(match: re.Match[str]) -> str:
    return f"{match[0][0]}*" if match[0][0] in "-_. " else "*"


def _suffixes(path: Path) -> list[str]:
    """The file's type, and .gz where it is there."""
    return path.suffixes[-2:] if path.suffix == ".gz" else path.suffixes[-1:]


def _stem(path: Path) -> str:
    return path.name.removesuffix("".join(_suffixes(path)))


def _matches(name: str, pattern: str) -> bool:
    parts, wanted = name.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatch, parts, wanted))


def _kind(path: Path) -> str | None:
    return _KINDS.get(_suffixes(path)[0].lower()) if path.suffixes else None


# ── one group ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _read(globs: tuple[str, ...], files: Sequence[Path]) -> Iterator[Sample]:
    looked_at = list(dict.fromkeys([files[0], *files[1 - _FILES :]]))
    name = (
        snake_case(re.sub(r"\W+", " ", _NUMBERED.sub(" ", _stem(files[0]))))
        or snake_case(files[0].parent.name)
        or "rows"
    )
    kind = _kind(files[0])
    if kind == "csv":
        yield from _read_csv(name, globs, looked_at)
    elif kind == "parquet":
        yield from _read_parquet(name, globs, looked_at)
    else:
        yield from _read_json(name, globs, looked_at, is_lines=kind == "jsonl")


def _content(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        is_gzip = file.read(2) == b"\x1f\x8b"
    with gzip.open(path) if is_gzip else path.open("rb") as plain:
        return plain.read(most)


def _columns(records: Sequence[Record], paths: Sequence[str]) -> tuple[Column, ...]:
    columns: list[Column] = []
    for path in paths:
        texts = tuple(text.strip() for record in records if (text := record.get(path)) and text.strip())
        name = _speakable(snake_case(path.replace("^", "parent").replace("[0]", "")) or "column")
        name = _unused(name, {column.name for column in columns})
        columns.append(Column(name, path, Content(texts, len(records))))
    return tuple(columns)


def _speakable(name: str) -> str:
    """A name that is not a word of the expression language."""
    tree, mistakes = read(name, Scope({name}))
    return name if isinstance(tree, ColumnValue) and not mistakes else f"{name}_value"


def _unused(name: str, taken: set[str]) -> str:
    number = 2
    unused = name
    while unused in taken:
        unused, number = f"{name}_{number}", number + 1
    return unused


# ── CSV ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _read_csv(name: str, globs: tuple[str, ...], files: Sequence[Path]) -> Iterator[Sample]:
    first = _content(files[0], _LOOKED_AT)
    encoding, is_guessed = _encoding(first)
    delimiter = _delimiter(_lines(first, encoding))
    by_file = [rows for file in files if (rows := _rows(file, encoding, delimiter))]
    if not by_file:
        return
    has_header = _is_header(by_file[0][0])
    columns = by_file[0][0] if has_header else [f"column_{number}" for number in range(1, len(by_file[0][0]) + 1)]
    records: list[Record] = []
    for rows in by_file:
        # Files may have the same columns in another order.
        header, data = (rows[0], rows[1:]) if has_header else (columns, rows)
        records += [dict(zip(header, row, strict=True)) for row in data if len(row) == len(header)]
    declared = CsvFormat(delimiter=delimiter, encoding=encoding, header=has_header)
    yield Sample(name, globs, declared, _columns(records[:_RECORDS], columns), encoding_is_guessed=is_guessed)


def _encoding(content: bytes) -> tuple[str, bool]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", False
    try:
        content[: content.rfind(b"\n") + 1 or None].decode("utf-8")
    except UnicodeDecodeError:
        return "windows-1252", True
    return "utf-8", False


def _lines(content: bytes, encoding: str) -> str:
    text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding, errors="ignore")
    return text if len(content) < _LOOKED_AT else text[: text.rfind("\n") + 1]


def _delimiter(text: str) -> str:
    """The sign that divides the first lines into the most columns, all lines alike."""

    def width(delimiter: str) -> int:
        counts = [len(row) for row in csv.reader(io.StringIO(text[:20_000]), delimiter=delimiter) if row][:-1][:50]
        usual = max(set(counts), key=counts.count) if counts else 1
        return usual if counts and counts.count(usual) >= 0.8 * len(counts) else 1

    return max(",;\t|", key=width)


def _rows(file: Path, encoding: str, delimiter: str) -> list[list[str]]:
    text = _lines(_content(file, _LOOKED_AT), encoding)
    return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row][: _RECORDS + 1]


def _is_header(first: Sequence[str]) -> bool:
    """Whether the cells could be names: all are there, all differ, and none is a number or a date."""
    names = [cell.strip() for cell in first]
    return (
        all(names) and len(set(names)) == len(names) and not any(re.fullmatch(r"[-+\d.,:/ ]+", cell) for cell in names)
    )


# ── JSON ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _read_json(name: str, globs: tuple[str, ...], files: Sequence[Path], *, is_lines: bool) -> Iterator[Sample]:
    documents: list[Any] = []
    for file in files:
        text = _content(file, _JSON_LOOKED_AT).decode("utf-8-sig", errors="replace")
        try:
            documents.append(
                [json.loads(line) for line in text.splitlines()[:_RECORDS] if line.strip()]
                if is_lines
                else json.loads(text)
            )
        except json.JSONDecodeError:
            if not is_lines:
                yield from _read_json(name, globs, files, is_lines=True)
            return
    records_path, records = _records(documents)
    declared = JsonLinesFormat() if is_lines else JsonFormat()
    yield from _json_samples(name, globs, declared, records_path, records[:_RECORDS])


def _records(documents: Sequence[Any]) -> tuple[str | None, list[Mapping[str, Any]]]:
    """Where the records are in the documents, and the records."""
    first = documents[0]
    if isinstance(first, dict) and len(first) == 1:
        (key, value), path = next(iter(first.items())), None
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            path = f"{key}[]"
        elif isinstance(value, dict):
            path = key
        if path is not None:
            return path, [item for document in documents for item in _as_list(document.get(key))]
    return None, [item for document in documents for item in _as_list(document)]


def _as_list(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]


def _json_samples(
    name: str, globs: tuple[str, ...], declared: FileFormat, path: str | None, records: Sequence[Mapping[str, Any]]
) -> Iterator[Sample]:
    """The records, and the records in the arrays within them."""
    if not records:
        return
    flat = [dict(_flattened(record, _DEPTH)) for record in records]
    paths = list(dict.fromkeys(key for record in flat for key in record))
    yield Sample(name, globs, declared, _columns(flat, paths), records=path)
    for key in dict.fromkeys(key for record in records for key, value in record.items() if isinstance(value, list)):
        inner = [
            {**dict(_flattened(item, _DEPTH)), **_parent_id(record)}
            for record in records
            if isinstance(record.get(key), list)
            for item in _as_list(record[key])
        ]
        if inner:
            paths = list(dict.fromkeys(path for record in inner for path in record))
            step = f"{path}.{key}[]" if path else f"{key}[]"
            yield Sample(
                f"{name}_{snake_case(key)}", globs, declared, _columns(inner, paths), records=step, parent=name
            )


def _parent_id(record: Mapping[str, Any]) -> dict[str, str | None]:
    return {
        f"^.{key}": _text(value) for key, value in record.items() if key.lower() in {"id", "updated_at", "created_at"}
    }


def _flattened(record: Mapping[str, Any], depth: int, prefix: str = "") -> Iterator[tuple[str, str | None]]:
    for key, value in record.items():
        if re.search(r"[\[\].^]", key) or not key:
            continue
        if isinstance(value, dict):
            if depth > 1:
                yield from _flattened(value, depth - 1, f"{prefix}{key}.")
        elif not isinstance(value, list):
            yield prefix + key, _text(value)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


# ── Parquet ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _read_parquet(name: str, globs: tuple[str, ...], files: Sequence[Path]) -> Iterator[Sample]:
    records: list[Record] = []
    paths: list[str] = []
    for file in files:
        table = next(pq.ParquetFile(file).iter_batches(batch_size=_RECORDS), None)
        if table is not None:
            texts = {name: found for name in table.schema.names if (found := _texts(table.column(name))) is not None}
            paths += [path for path in texts if path not in paths]
            records += [dict(zip(texts, row, strict=True)) for row in zip(*texts.values(), strict=True)]
    if records:
        yield Sample(name, globs, ParquetFormat(), _columns(records[:_RECORDS], paths))


def _texts(column: pa.Array) -> list[str | None] | None:
    """As the parser will give them; None for a column that has no text."""
    try:
        texts: list[str | None] = text_of(column).to_pylist()
    except UnsupportedType:
        return None
    return texts
