"""Keys and hashes that every engine computes alike."""

from __future__ import annotations

from collections.abc import Sequence

from lakehouse.spark import Column, F

SEPARATOR = "\u001f"
_NULL = "-"


def surrogate_key(*columns: Column) -> Column:
    """32 lower-case hexadecimal characters: half of the SHA-256 of the columns' texts joined by U+001F.

    A null counts as empty text beside others; the key is null only if all columns are.
    """
    texts = [F.coalesce(column.cast("string"), F.lit("")) for column in columns]
    known = F.coalesce(*[column.cast("string") for column in columns]).isNotNull()
    return F.when(known, F.substring(F.sha2(F.concat_ws(SEPARATOR, *texts), 256), 1, 32))


def row_hash(columns: Sequence[tuple[str, str]]) -> Column:
    """SHA-256, in hexadecimal, of the values of the columns (name, type) in that order; nulls are told from empty text.

    Each value counts as its length and its text: instants in microseconds, decimals at their declared scale, dates in
    ISO form, binary in hexadecimal. So no two different rows read the same.
    """
    return F.sha2(F.concat(*[_framed(_text(F.col(name), type_)) for name, type_ in columns]), 256)


def _text(column: Column, type_: str) -> Column:
    if type_ == "timestamp":
        return F.unix_micros(column).cast("string")
    if type_ == "binary":
        return F.hex(column)
    if type_ == "array<string>":
        return F.when(column.isNotNull(), F.concat_ws("", F.transform(column, _framed)))
    return column.cast(type_).cast("string")


def _framed(text: Column) -> Column:
    return F.coalesce(F.concat(F.length(text).cast("string"), F.lit(":"), text), F.lit(_NULL))
