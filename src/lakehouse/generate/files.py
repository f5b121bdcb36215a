"""Landing files: rows of text written as CSV, one file per object and business day."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.generate.arrays import joined

OBJECTS = (
    "customers",
    "products",
    "orders",
    "order_lines",
    "payments",
    "refunds",
    "sessions",
    "exchange_rates",
)
_COMPRESSED = frozenset({"sessions"})
_FREE_TEXT = frozenset({"product_name", "first_name", "last_name", "city", "region"})
"""Columns whose values may hold commas or quotes; identifiers, codes and amounts never do."""


@dataclass(frozen=True)
class Layout:
    """How one file is laid out, beside its rows."""

    columns: tuple[str, ...]
    line_end: str = "\n"
    byte_order_mark: bool = False


def file_name(object_name: str, day: date) -> str:
    """Path of an object's file of a day, relative to the landing folder."""
    suffix = ".csv.gz" if object_name in _COMPRESSED else ".csv"
    return f"{object_name}/{object_name}_{day}{suffix}"


def quoted(text: str) -> str:
    """One CSV field, in quotes only where it must be."""
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\r\n') else text


def csv_lines(table: pa.Table, columns: Sequence[str]) -> pa.Array:
    """One text per row, without line end; nulls are empty fields."""
    cells = []
    for name in columns:
        cell = table[name].combine_chunks()
        if name in _FREE_TEXT:
            wrapped = joined('"', pc.replace_substring(cell, '"', '""'), '"')
            cell = pc.if_else(pc.match_substring_regex(cell, '[,"\r\n]'), wrapped, cell)
        cells.append(cell)
    return pc.binary_join_element_wise(*cells, ",", null_handling="replace", null_replacement="")


def write(path: Path, layout: Layout, lines: pa.Array) -> int:
    """Writes one file and gives its size in bytes; the same rows always give the same bytes."""
    header = ",".join(layout.columns) + layout.line_end
    content = ("\ufeff" if layout.byte_order_mark else "").encode() + header.encode()
    if len(lines):
        whole = pa.ListArray.from_arrays([0, len(lines)], lines)
        content += pc.binary_join(whole, layout.line_end)[0].as_buffer().to_pybytes() + layout.line_end.encode()
    if path.suffix == ".gz":
        content = gzip.compress(content, compresslevel=1, mtime=0)
    path.write_bytes(content)
    return len(content)
