"""Answers as files: what data says is never a formula."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from lakehouse.ask.files import write_csv, write_parquet

TEXTS = ["=1+1", "+49 30", "-5 °C", "@name", "\t=1", "＝1", "plain", "a=1", "", None, "'quoted"]
HARMLESS = ["'=1+1", "'+49 30", "'-5 °C", "'@name", "'\t=1", "'＝1", "plain", "a=1", "", None, "'quoted"]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()], ids=str)
def test_text_is_no_formula_and_numbers_are_as_they_were(kind: pa.DataType) -> None:
    rows = pa.table({"product": pa.array(TEXTS, kind), "growth": pa.array([-0.5] * len(TEXTS))})
    written = io.BytesIO()
    write_csv(rows, written)
    options = pa_csv.ConvertOptions(strings_can_be_null=True, quoted_strings_can_be_null=False)
    read = pa_csv.read_csv(io.BytesIO(written.getvalue()), convert_options=options)
    assert read["product"].to_pylist() == HARMLESS
    assert set(read["growth"].to_pylist()) == {-0.5}


def test_parquet_is_for_programs_and_says_what_is() -> None:
    rows, written = pa.table({"product": TEXTS}), io.BytesIO()
    write_parquet(rows, written)
    assert pq.read_table(io.BytesIO(written.getvalue())).equals(rows)
