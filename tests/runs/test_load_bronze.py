from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from threading import Event
from time import sleep

import pyarrow as pa
import pytest

from lakehouse.runs import load_bronze
from lakehouse.runs.load_bronze import parsed_here
from lakehouse.storage.objects import StoredObject

NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


def files(*sizes: int) -> list[StoredObject]:
    return [StoredObject(f"file-{number}", size, NOW) for number, size in enumerate(sizes)]


def uris(batches: Iterable[pa.RecordBatch]) -> list[str]:
    return [uri for batch in batches for uri in batch["uri"].to_pylist()]


def test_rows_come_in_the_order_of_their_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_bronze, "AT_ONCE", 2)
    second_is_read = Event()

    def read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            if batch["uri"][0].as_py() == "file-0":
                assert second_is_read.wait(10)
            second_is_read.set()
            yield batch

    assert uris(parsed_here(read, files(1, 1, 1))) == ["file-0", "file-1", "file-2"]
    monkeypatch.setattr(load_bronze, "READ_AHEAD", 3)
    assert uris(parsed_here(read, files(*[1] * 9))) == [f"file-{number}" for number in range(9)]


@pytest.mark.parametrize(
    ("sizes", "most"),
    [
        pytest.param([1] * 50, 50, id="small files: all that fit"),
        pytest.param([20] * 50, 6, id="large files: a few"),
        pytest.param([500] * 5, 1, id="huge files: one by one"),
    ],
)
def test_so_much_is_read_ahead_and_no_more(monkeypatch: pytest.MonkeyPatch, sizes: list[int], most: int) -> None:
    monkeypatch.setattr(load_bronze, "READ_AHEAD", 100)
    begun: list[str] = []

    def read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            begun.extend(batch["uri"].to_pylist())
            yield batch

    rows = parsed_here(read, files(*sizes))
    next(rows)
    sleep(0.2)
    assert len(begun) <= most
    assert len(uris(rows)) == len(sizes) - 1


def test_what_a_reader_raises_is_raised() -> None:
    def read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            if batch["uri"][0].as_py() == "file-1":
                raise OSError("gone")
            yield batch

    with pytest.raises(OSError, match="gone"):
        list(parsed_here(read, files(1, 1, 1)))
