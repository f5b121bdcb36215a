"""About how many records new files have: by the ledger, else by one file that is read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from deltalake import write_deltalake

from lakehouse.quality.ledger import OBJECTS
from lakehouse.runs import record_counts
from lakehouse.runs.arrivals import look
from lakehouse.runs.pins import pin_tables
from lakehouse.runs.record_counts import Density, RecordCount, about_records, densities
from lakehouse.settings import Storage
from lakehouse.sources.definition import Source
from tests.rows import arrow_rows
from tests.runs.small_lake import SmallLake

SHOP = Source(source="shop", objects={"orders": {"files": "*.csv", "columns": ["id", "total"]}}, entities={})
LINE = {"source": "shop", "object_name": "orders", "state": "loaded"}


def about(landing: Path, known: Density | None = None) -> RecordCount:
    (arrival,) = look([SHOP], str(landing), Storage(), frozenset()).arrivals
    return about_records(arrival, SHOP, known, Storage())


def deliver(landing: Path, name: str, records: int, *, header: str = "id,total") -> None:
    landing.mkdir(exist_ok=True)
    (landing / name).write_text("\n".join([header, *(f"{number:07},1.00" for number in range(records))]) + "\n")


def test_one_file_is_counted(tmp_path: Path) -> None:
    deliver(tmp_path, "a.csv", 7)
    assert about(tmp_path) == RecordCount(7, "read")


def test_of_many_the_greatest_is_read(tmp_path: Path) -> None:
    for name, records in (("a.csv", 0), ("b.csv", 1000), ("c.csv", 500)):
        deliver(tmp_path, name, records)
    found = about(tmp_path)
    assert found.records == pytest.approx(1500, rel=0.01)
    assert found.basis == "by size, after one file that was read"


def test_what_was_loaded_before_tells_without_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(tmp_path, "a.csv", 100)
    monkeypatch.delattr(record_counts, "ObjectReader")
    size = (tmp_path / "a.csv").stat().st_size
    assert about(tmp_path, Density(files=3, bytes=size * 2, records=50)).records == 25


@pytest.mark.parametrize(
    ("content", "basis"),
    [("", "empty"), ("id,total\n" * 9, "unknown: each file is too large to look into")],
    ids=["no byte", "too large"],
)
def test_what_can_not_be_told_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, basis: str
) -> None:
    monkeypatch.setattr(record_counts, "LARGEST_SAMPLE", 20)
    (tmp_path / "a.csv").write_text(content)
    assert about(tmp_path) == RecordCount(0, basis)


def test_a_file_that_can_not_be_parsed_has_no_record(tmp_path: Path) -> None:
    deliver(tmp_path, "a.csv", 5, header="other,columns")
    assert about(tmp_path).records == 0


def test_the_published_ledger_says_what_was_loaded(tmp_path: Path) -> None:
    lake = SmallLake(tmp_path).lake
    lake.create(OBJECTS)
    lines = (
        {**LINE, "size_bytes": 100, "record_count": 10},
        {**LINE, "size_bytes": 50, "record_count": 2},
        {**LINE, "size_bytes": 999, "record_count": 0, "state": "quarantined"},
        {**LINE, "size_bytes": 7, "record_count": 7, "object_name": "notes"},
    )
    write_deltalake(lake.uri(OBJECTS), arrow_rows(OBJECTS, *lines), mode="append")
    base = SmallLake(tmp_path).manifest(None, pin_tables(lake, [OBJECTS], None, {str(OBJECTS): 1}), timedelta())
    write_deltalake(lake.uri(OBJECTS), arrow_rows(OBJECTS, lines[0]), mode="append")
    assert densities(lake, base) == {("shop", "orders"): Density(2, 150, 12), ("shop", "notes"): Density(1, 7, 7)}
    assert densities(lake, None) == {}
