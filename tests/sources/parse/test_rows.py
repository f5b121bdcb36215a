from __future__ import annotations

import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse.sources.parse import rows as rows_module
from lakehouse.sources.parse.rows import even_batches, json_objects, missing_detail

CELLS = st.lists(st.none() | st.text(max_size=4), min_size=1, max_size=5)


@settings(deadline=None)
@given(cells=CELLS, name=st.text(max_size=3))
def test_json_objects_hold_the_cells_unchanged(cells: list[str | None], name: str) -> None:
    columns = {name: pa.array(cells, pa.string()), name + "2": pa.array(["x"] * len(cells))}
    texts = json_objects(columns, len(cells)).to_pylist()
    assert [json.loads(text) for text in texts] == [{name: cell, name + "2": "x"} for cell in cells]
    assert texts[0] == json.dumps({name: cells[0], name + "2": "x"}, ensure_ascii=False, separators=(",", ":"))


def test_without_columns_there_are_no_objects() -> None:
    assert json_objects({}, 2).to_pylist() == [None, None]


@pytest.mark.parametrize(
    ("length", "size", "expected"),
    [
        pytest.param(100, 10**6, [5, 5, 2], id="joined up to the number of rows"),
        pytest.param(100, 250, [2, 2, 2, 2, 2, 2], id="or up to the number of bytes"),
        pytest.param(100, 1, [1] * 12, id="one row is never too much"),
    ],
)
def test_even_batches(monkeypatch: pytest.MonkeyPatch, length: int, size: int, expected: list[int]) -> None:
    monkeypatch.setattr(rows_module, "BATCH_ROWS", 5)
    monkeypatch.setattr(rows_module, "BATCH_BYTES", size)
    batches = [pa.record_batch({"a": ["x" * length]}) for _ in range(12)]
    assert [batch.num_rows for batch in even_batches(batches)] == expected


def test_a_large_batch_is_parted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "BATCH_ROWS", 5)
    parts = list(even_batches([pa.record_batch({"a": list(range(12))})]))
    assert [part.column("a").to_pylist() for part in parts] == [list(range(5)), list(range(5, 10)), [10, 11]]


@pytest.mark.parametrize(
    ("missing", "present", "detail"),
    [
        (["amount"], ["Amount", "x"], "amount (nearest: Amount)"),
        (["b", "a"], [], "a, b"),
        (["quantity"], ["zzz"], "quantity"),
    ],
)
def test_missing_detail(missing: list[str], present: list[str], detail: str) -> None:
    assert missing_detail(missing, present) == detail
