"""A look at a folder: which files belong together and how they are written."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lakehouse.errors import ConfigurationError
from lakehouse.sources.infer.samples import samples, snake_case


def folder(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


CSV = "id,name\n1,a\n2,b\n"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("orders_2026-01-01.csv", "orders_2026-01-02.csv"), {"orders": ("orders_*.csv",)}),
        (("orders.csv", "customers.csv"), {"orders": ("orders.csv",), "customers": ("customers.csv",)}),
        (("orders/orders_1.csv", "orders/orders_2.csv"), {"orders": ("orders/orders_*.csv",)}),
        (("2026-01-01.csv", "2026-01-02.csv"), {"shop": ("*.csv",)}),
        (("2026-01-01.csv", "names.csv"), {"shop": ("2026-01-01.csv",), "names": ("names.csv",)}),
        (("export-20260101T1200.csv",), {"export": ("export-*.csv",)}),
        (("a.csv.gz",), {"a": ("a.csv.gz",)}),
        ((".hidden.csv", "_SUCCESS", "notes.md", "a.csv"), {"a": ("a.csv",)}),
        (("a/x.csv", "b/x.csv"), {"x": ("a/x.csv",), "x_2": ("b/x.csv",)}),
    ],
)
def test_files_that_belong_together(tmp_path: Path, names: tuple[str, ...], expected: dict[str, Any]) -> None:
    content: dict[str, str | bytes] = {
        name: gzip.compress(CSV.encode()) if name.endswith("gz") else CSV for name in names
    }
    found = samples(folder(tmp_path / "shop", content))
    assert {sample.name: sample.files for sample in found} == expected


@pytest.mark.parametrize(
    ("content", "delimiter", "encoding", "header", "columns"),
    [
        pytest.param(CSV, ",", "utf-8", True, ["id", "name"], id="plain"),
        pytest.param("id;name\n1;a,b\n2;c,d,e\n", ";", "utf-8", True, ["id", "name"], id="semicolon"),
        pytest.param("id\tname\n1\ta\n", "\t", "utf-8", True, ["id", "name"], id="tab"),
        pytest.param('id|name\n1|"a|b"\n', "|", "utf-8", True, ["id", "name"], id="bar"),
        pytest.param(
            "id;name\n1;Müller\n".encode("windows-1252"), ";", "windows-1252", True, ["id", "name"], id="latin"
        ),
        pytest.param("id,name\n1,ä\n".encode("utf-16"), ",", "utf-16", True, ["id", "name"], id="utf-16"),
        pytest.param("\ufeffid,name\n1,a\n".encode(), ",", "utf-8", True, ["id", "name"], id="byte order mark"),
        pytest.param("1,a\n2,b\n", ",", "utf-8", False, ["column_1", "column_2"], id="no header"),
        pytest.param(
            "Bestell-Nr.,Straße & Ort,orderDate,select\n1,a,b,c\n",
            ",",
            "utf-8",
            True,
            ["bestell_nr", "strasse_ort", "order_date", "select_value"],
            id="names",
        ),
    ],
)
def test_csv(
    tmp_path: Path, content: str | bytes, delimiter: str, encoding: str, header: bool, columns: list[str]
) -> None:
    (sample,) = samples(folder(tmp_path, {"a.csv": content}))
    declared = sample.format
    assert declared.type == "csv"
    assert (declared.delimiter, declared.encoding, declared.header) == (delimiter, encoding, header)
    assert [column.name for column in sample.columns] == columns
    assert sample.encoding_is_guessed == (encoding == "windows-1252")


def test_columns_are_read_by_name_in_every_file(tmp_path: Path) -> None:
    (sample,) = samples(folder(tmp_path, {"a_1.csv": CSV, "a_2.csv": "name,id\nc,3\n"}))
    assert {column.name: column.content.texts for column in sample.columns} == {
        "id": ("1", "2", "3"),
        "name": ("a", "b", "c"),
    }


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.json", '{"orders": [{"id": 1, "customer": {"id": 2}}]}', {"a": ("orders[]", ["id", "customer.id"])}),
        ("a.json", '{"order": {"id": 1}}', {"a": ("order", ["id"])}),
        ("a.json", '[{"id": 1}, {"id": 2, "x": true}]', {"a": (None, ["id", "x"])}),
        ("a.jsonl", '{"id": 1}\n{"id": 2}\n', {"a": (None, ["id"])}),
        ("a.json", '{"id": 1}\n{"id": 2}\n', {"a": (None, ["id"])}),
        (
            "a.json",
            '{"orders": [{"id": 1, "items": [{"sku": "x"}]}]}',
            {"a": ("orders[]", ["id"]), "a_items": ("orders[].items[]", ["sku", "^.id"])},
        ),
    ],
)
def test_json(tmp_path: Path, name: str, content: str, expected: dict[str, Any]) -> None:
    found = samples(folder(tmp_path, {name: content}))
    assert {sample.name: (sample.records, [column.path for column in sample.columns]) for sample in found} == expected


def test_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [1, 2], "ok": [True, None]}), tmp_path / "a.parquet")
    (sample,) = samples(tmp_path)
    assert [(column.name, column.content.texts, column.content.rows) for column in sample.columns] == [
        ("id", ("1", "2"), 2),
        ("ok", ("true",), 2),
    ]


@pytest.mark.parametrize("files", [{}, {"a.txt": ""}, {"a.csv": ""}, {"a.json": "{broken"}, {"readme.md": "# x"}])
def test_nothing_to_read(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    with pytest.raises(ConfigurationError, match="there is no CSV, JSON, JSON lines or Parquet file"):
        samples(folder(tmp_path, files))


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such folder"):
        samples(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CustomerID", "customer_id"),
        ("orderDate", "order_date"),
        ("Währung (ISO)", "waehrung_iso"),
        ("2nd line", "column_2nd_line"),
        ("***", ""),
        ("HTTPStatus", "http_status"),
    ],
)
def test_snake_case(text: str, expected: str) -> None:
    assert snake_case(text) == expected
