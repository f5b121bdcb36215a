"""How the files of a source object are written: CSV in a declared dialect, JSON lines, JSON documents or Parquet."""

from __future__ import annotations

import codecs
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from lakehouse.errors import nearest

Compression = Literal["auto", "none", "gzip"]

# Only encodings in which every text has exactly one spelling in bytes, so that a rejected record is kept byte-exact
# although it is read as text. Multi-byte encodings with shift states (ISO-2022, UTF-7, …) are not among them.
ENCODINGS = (
    *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "ascii", "latin-1", "koi8-r", "mac-roman", "cp437", "cp850"),
    *(f"windows-{page}" for page in range(1250, 1259)),
    *(f"iso-8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)),
)
_CANONICAL = frozenset(codecs.lookup(name).name for name in ENCODINGS)
_LINE_ENDS_AND_NUL = "\r\n\0"


def canonical_encoding(name: str) -> str:
    """Python's name of an encoding; ValueError with the nearest known name if it is not one of `ENCODINGS`."""
    try:
        canonical = codecs.lookup(name).name
    except LookupError:
        canonical = ""
    if canonical not in _CANONICAL:
        close = nearest(name, ENCODINGS)
        raise ValueError(f"unknown encoding '{name}'" + (f", did you mean '{close}'?" if close else ""))
    return canonical


def _known_encoding(name: str) -> str:
    canonical_encoding(name)
    return name


def _one_ascii_character(value: str) -> str:
    if len(value) != 1 or not value.isascii() or value in _LINE_ENDS_AND_NUL:
        raise ValueError(f"must be one ASCII character and not a line end, got {value!r}")
    return value


class _Format(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


_COMPRESSION: Any = Field(
    "auto", description="Gzip recognised by its first bytes (auto), always (gzip) or never (none)."
)
_NULLS = "Texts that stand for null, compared with the whole text of a value."


class CsvFormat(_Format):
    """Delimited text by RFC 4180: a quote opens only at the start of a field and is escaped only by doubling it."""

    type: Literal["csv"] = "csv"
    delimiter: Annotated[str, AfterValidator(_one_ascii_character)] = Field(",", description="Sign between two fields.")
    quote: str = Field('"', description="Sign around a field; empty if nothing is ever quoted.")
    encoding: Annotated[str, AfterValidator(_known_encoding)] = Field("utf-8", description="Encoding of the text.")
    header: bool = Field(
        True, description="Whether the first record names the columns. If not, the columns are the file's, in order."
    )
    multiline: bool = Field(True, description="Whether a quoted field may hold line ends.")
    null_values: tuple[str, ...] = Field(
        ("",), description="Texts that stand for null, compared with the whole cell (quoted or not, trimmed if it is)."
    )
    trim: bool = Field(False, description="Whether spaces and tabs around a cell are left out.")
    final_newline: Literal["optional", "required"] = Field(
        "optional",
        description="`required` rejects a file whose last record has no line end: the only sign of a cut plain file.",
    )
    compression: Compression = _COMPRESSION

    @model_validator(mode="after")
    def _quote_is_no_other_sign(self) -> Self:
        if self.quote:
            _one_ascii_character(self.quote)
        if self.quote == self.delimiter:
            raise ValueError(f"quote and delimiter are both {self.quote!r}")
        return self


class JsonLinesFormat(_Format):
    """One JSON object per line, UTF-8."""

    type: Literal["jsonl"] = "jsonl"
    null_values: tuple[str, ...] = Field((), description=_NULLS)
    compression: Compression = _COMPRESSION


class JsonFormat(_Format):
    """One JSON document per file, UTF-8: an object, or an array of objects."""

    type: Literal["json"] = "json"
    null_values: tuple[str, ...] = Field((), description=_NULLS)
    compression: Compression = _COMPRESSION


class ParquetFormat(_Format):
    """Parquet; every value becomes its exact text."""

    type: Literal["parquet"] = "parquet"
    null_values: tuple[str, ...] = Field((), description=_NULLS)


FileFormat = Annotated[CsvFormat | JsonLinesFormat | JsonFormat | ParquetFormat, Field(discriminator="type")]
