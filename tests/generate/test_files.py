from __future__ import annotations

import csv
import gzip
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from lakehouse.generate.files import Layout, csv_lines, file_name, write


def test_file_names() -> None:
    assert file_name("orders", date(2024, 2, 3)) == "orders/orders_2024-02-03.csv"
    assert file_name("sessions", date(2024, 2, 3)) == "sessions/sessions_2024-02-03.csv.gz"


def test_only_what_must_be_quoted_is_quoted() -> None:
    table = pa.table({"product_id": ["P-1", "P-2"], "product_name": ['Backpack 15"', "Plate, 27 cm"], "x": [None, "1"]})
    lines = csv_lines(table, ["product_name", "product_id", "x"])
    assert lines.to_pylist() == ['"Backpack 15""",P-1,', '"Plate, 27 cm",P-2,1']
    assert next(csv.reader([lines[0].as_py()])) == ['Backpack 15"', "P-1", ""]


@pytest.mark.parametrize(
    ("layout", "content"),
    [
        pytest.param(Layout(("a", "b")), b"a,b\n1,2\n3,4\n", id="plain"),
        pytest.param(Layout(("a", "b"), "\r\n"), b"a,b\r\n1,2\r\n3,4\r\n", id="windows line ends"),
        pytest.param(
            Layout(("a", "b"), byte_order_mark=True), b"\xef\xbb\xbfa,b\n1,2\n3,4\n", id="with a byte order mark"
        ),
    ],
)
def test_layouts(tmp_path: Path, layout: Layout, content: bytes) -> None:
    lines = pa.array(["0,0", "1,2", "3,4"]).slice(1)
    assert write(tmp_path / "plain.csv", layout, lines) == len(content)
    assert (tmp_path / "plain.csv").read_bytes() == content
    write(tmp_path / "packed.csv.gz", layout, lines)
    assert gzip.decompress((tmp_path / "packed.csv.gz").read_bytes()) == content


def test_a_day_without_rows_has_a_header(tmp_path: Path) -> None:
    write(tmp_path / "empty.csv", Layout(("a", "b")), pa.array([], pa.string()))
    assert (tmp_path / "empty.csv").read_bytes() == b"a,b\n"
