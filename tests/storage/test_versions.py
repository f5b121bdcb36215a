"""What a version holds, from its log alone; and how a table that is not there or damaged is told."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from lakehouse.errors import IntegrityError, StorageError
from lakehouse.settings import Storage
from lakehouse.storage.versions import changing, content_of, data_files, open_latest, open_version, reading


@pytest.fixture
def uri(tmp_path: Path) -> str:
    """Three versions of a table of two partitions whose names need escaping."""
    location = str(tmp_path / "gold" / "notes")
    for note, kind in (("a", "é ü"), ("b", "x%:y"), ("c", "é ü")):
        rows = pa.table({"note": [note], "kind": [kind]})
        write_deltalake(location, rows, partition_by=["kind"], mode="append")
    return location


def test_files_are_named_as_they_lie(uri: str) -> None:
    found = list(data_files(DeltaTable(uri)))
    assert {file.path: file.size for file in found} == {
        str(path.relative_to(uri)): path.stat().st_size for path in Path(uri).rglob("*.parquet")
    }
    assert [file.rows for file in found] == [1, 1, 1]


def test_content_is_the_same_for_the_same_files(uri: str) -> None:
    contents = [content_of(DeltaTable(uri, version=version)) for version in range(3)]
    assert [(content.rows, content.files) for content in contents] == [(1, 1), (2, 2), (3, 3)]
    assert len({content.files_sha256 for content in contents}) == 3
    assert len({content.schema_sha256 for content in contents}) == 1
    DeltaTable(uri).restore(1)
    assert content_of(DeltaTable(uri)) == contents[1]


def test_another_schema_is_another_content(uri: str) -> None:
    before = content_of(DeltaTable(uri))
    more = pa.table({"note": ["d"], "kind": ["z"], "size": [1]})
    write_deltalake(uri, more.slice(0, 0), mode="append", schema_mode="merge")
    after = content_of(DeltaTable(uri))
    assert after.files_sha256 == before.files_sha256
    assert after.schema_sha256 != before.schema_sha256


def test_what_is_not_there_is_told(uri: str, tmp_path: Path) -> None:
    assert open_latest(str(tmp_path), "gold.none", Storage()) is None
    latest = open_latest(str(tmp_path), "gold.notes", Storage())
    assert latest is not None
    assert latest.version() == 2
    with pytest.raises(IntegrityError, match="gold/notes is not there at version 3, which was published"):
        open_version(str(tmp_path), "gold.notes", Storage(), 3)
    (Path(uri) / "_delta_log" / f"{1:020}.json").unlink()
    with pytest.raises(IntegrityError, match="gold/notes can not be opened"):
        open_latest(str(tmp_path), "gold.notes", Storage())


def test_a_change_that_fails_is_a_storage_error(uri: str) -> None:
    with pytest.raises(StorageError, match="gold/notes could not be changed"), changing(uri):
        DeltaTable(uri).restore(9)


def test_a_damaged_file_is_told_and_no_value(uri: str) -> None:
    for path in DeltaTable(uri).file_uris():
        Path(path).write_bytes(b"ann@example.com")
    with (
        pytest.raises(IntegrityError, match=r"a table in lake can not be read: .*\.parquet") as damaged,
        reading("lake"),
    ):
        DeltaTable(uri).to_pyarrow_table()
    assert "ann@" not in str(damaged.value)


def test_what_is_no_damage_stays_what_it_is() -> None:
    with pytest.raises(pa.ArrowInvalid, match="ann"), reading("lake"):
        pa.array(["ann"]).cast("int64")
