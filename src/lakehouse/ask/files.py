"""An answer as a file: CSV, in which no text of the data is ever a spreadsheet's formula, and Parquet."""

from __future__ import annotations

from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

_FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
"""How text begins that spreadsheets compute (OWASP, CSV injection)."""


def write_csv(rows: pa.Table, to: BinaryIO) -> None:
    """Write all rows; text that a spreadsheet would compute has an apostrophe before it, which makes it text there."""
    pa_csv.write_csv(_harmless(rows), to)


def write_parquet(rows: pa.Table, to: BinaryIO) -> None:
    """Write all rows as they are."""
    pq.write_table(rows, to)


def _harmless(rows: pa.Table) -> pa.Table:
    for number, field in enumerate(rows.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            text = rows[field.name].cast(pa.string())
            marked = pc.binary_join_element_wise("'", text, "")
            told = pc.if_else(pc.match_substring_regex(text, _FORMULA), marked, text)
            rows = rows.set_column(number, field.name, told)
    return rows
