"""Why a file or a record was set aside: every code there is, with one plain sentence each.

A `_reject_reason` is `file:<code>[:<detail>]` (the file as a whole), `row:<code>` (one record),
`notice:<code>[:<detail>]` (a warning, nothing is set aside) or `object:…` (the file's account). No detail ever holds
the content of a cell.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Self


class Code(StrEnum):
    """A reason's code; `sentence` says in plain words what is wrong."""

    sentence: str

    def __new__(cls, value: str, sentence: str) -> Self:
        code = str.__new__(cls, value)
        code._value_ = value
        code.sentence = sentence
        return code

    # The file could not be read, or not at rest.
    UNREADABLE = "unreadable", "The file could not be read from storage."
    CHANGED_WHILE_READING = "changed_while_reading", "The file's size is not the listed one: it is still being written."
    PARSER_ERROR = "parser_error", "The parser itself failed on this file; that is a defect to report."

    # The file's bytes are not what they should be.
    EMPTY_FILE = "empty_file", "The file holds nothing at all, not even a header."
    TOO_LARGE = "too_large", "The file is larger, or would unpack to more, than the allowed size."
    CORRUPT_GZIP = "corrupt_gzip", "The gzip data is damaged or followed by something else."
    TRUNCATED_GZIP = "truncated_gzip", "The gzip data ends too early: the file was cut off."
    CORRUPT_PARQUET = "corrupt_parquet", "The file is not readable as Parquet: damaged, cut off, or something else."
    WRONG_ENCODING = "wrong_encoding", "The file holds bytes that the declared encoding does not allow."
    NUL_BYTE = "nul_byte", "The file holds a NUL byte, which no text file has."
    NO_FINAL_NEWLINE = "no_final_newline", "The last record has no line end, so the file may have been cut off."
    CUT_OFF = "cut_off", "The last record is broken off: the file was cut off."

    # The columns are not what they should be.
    BROKEN_HEADER = "broken_header", "The header cannot be split into names: broken quotes, or too long."
    WRONG_HEADER = "wrong_header", "No declared column is in the header: another delimiter or file, or no header."
    MISSING_COLUMNS = "missing_columns", "Required columns are not in the file."
    DUPLICATE_COLUMNS = "duplicate_columns", "Two columns have the same name, or names that differ only by case."
    TOO_MANY_COLUMNS = "too_many_columns", "The file has more columns than any table could have."
    UNSUPPORTED_TYPE = "unsupported_type", "A Parquet column has a type that has no exact text."
    UNDECLARED_COLUMNS = "undeclared_columns", "The file has columns that are not declared; they are kept in `_extra`."
    MISSING_OPTIONAL_COLUMNS = "missing_optional_columns", "Optional columns are not in the file and read as null."

    # The records are not what they should be.
    BROKEN_QUOTES = "broken_quotes", "A quote is inside a field, not followed by a delimiter, or never closed."
    QUOTED_NEWLINE = "quoted_newline", "A quoted field holds a line end, which this file's format does not allow."
    TOO_FEW_FIELDS = "too_few_fields", "The record has fewer fields than the header."
    TOO_MANY_FIELDS = "too_many_fields", "The record has more fields than the header."
    ROW_TOO_LARGE = "row_too_large", "The record is longer than allowed; its bytes are not kept."
    TOO_MANY_BAD_ROWS = "too_many_bad_rows", "A larger share of the file's records is bad than is allowed."

    # JSON of its own.
    INVALID_JSON = "invalid_json", "The text is not valid JSON."
    INVALID_UNICODE = "invalid_unicode", "A JSON string escapes half of a surrogate pair, which is no character."
    NON_FINITE_NUMBER = "non_finite_number", "A number is NaN or infinite, which JSON does not have."
    DUPLICATE_KEY = "duplicate_key", "An object has the same key twice."
    TOO_DEEP = "too_deep", "Objects and arrays are nested too deeply."
    RECORDS_NOT_FOUND = "records_not_found", "The place where the records should be is not in the document."
    NOT_AN_OBJECT = "not_an_object", "The record is not a JSON object."
    NOT_AN_ARRAY = "not_an_array", "The place where the records should be does not hold an array."
    WRONG_SHAPE = "wrong_shape", "A value on the way to a declared column is not the object or array its path expects."

    # Warnings of their own.
    BLANK_LINES = "blank_lines", "The file has blank lines; they are not records."
    CR_LINE_ENDS = "cr_line_ends", "Lines end with a carriage return alone."
    MIXED_LINE_ENDS = "mixed_line_ends", "Lines end in different ways within one file."


class FileRejected(Exception):  # noqa: N818 - a verdict about the file, caught by the parser, not an error of ours
    """The file as a whole is set aside."""

    def __init__(self, code: Code, detail: str = "") -> None:
        self.code = code
        self.detail = detail
        super().__init__(file_reason(code, detail))


def file_reason(code: Code, detail: str = "") -> str:
    return ":".join(filter(None, ("file", code, detail)))


def row_reason(code: Code) -> str:
    return f"row:{code}"


def notice(code: Code, detail: str = "") -> str:
    return ":".join(filter(None, ("notice", code, detail)))


def explain(reason: str) -> str:
    """The plain sentence for a `_reject_reason` that this package wrote; ValueError for any other."""
    return Code(reason.split(":")[1]).sentence  # type: ignore[call-arg]


def name_list(names: Iterable[str], most: int = 20) -> str:
    """Column names for a detail: sorted, printable, shortened."""
    ordered = sorted(names)
    shown = ["".join(c if c.isprintable() else "?" for c in name)[:64] or "(no name)" for name in ordered[:most]]
    return ", ".join(shown) + (f" and {len(ordered) - most} more" if len(ordered) > most else "")
