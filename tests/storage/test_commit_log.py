"""A log as its listing shows it, and one whose gaps are closed so that the table can be put back."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import CommitProperties, DeltaTable, write_deltalake

from lakehouse.settings import Storage
from lakehouse.storage.commit_log import Written, close_gaps, commit_uri, is_commit, named_files, read_log, written

NAME = "gold.notes"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The log of a table of four versions, with a checkpoint of the third and a checksum of each."""
    uri = str(tmp_path / "gold" / "notes")
    for number in range(4):
        write_deltalake(uri, pa.table({"note": [f"n{number}"]}), mode="append")
        if number == 2:
            DeltaTable(uri).create_checkpoint()
        (tmp_path / "gold" / "notes" / "_delta_log" / f"{number:020}.crc").write_text("{}")
    return tmp_path / "gold" / "notes" / "_delta_log"


def notes(tmp_path: Path, version: int | None = None) -> list[str]:
    table = DeltaTable(str(tmp_path / "gold" / "notes"), version=version)
    return sorted(table.to_pyarrow_table()["note"].to_pylist())


def test_versions_are_read_from_the_listing(log: Path, tmp_path: Path) -> None:
    found = read_log(str(tmp_path), NAME, Storage())
    assert (sorted(found.commits), sorted(found.checksums), sorted(found.checkpoints)) == (
        [0, 1, 2, 3],
        [0, 1, 2, 3],
        [2],
    )
    assert found.latest == 3
    assert [found.checkpoint_before(version) for version in (1, 2, 3)] == [None, 2, 2]
    assert found.hint is not None
    assert read_log(str(tmp_path), "gold.none", Storage()).latest == -1


def test_a_commit_names_its_files(log: Path, tmp_path: Path) -> None:
    content = (log / f"{3:020}.json").read_bytes()
    (name,) = named_files(content)
    assert (log.parent / name).is_file()
    assert [is_commit(part) for part in (content, content[:-9], b"", b"[]\n")] == [True, False, False, False]


@pytest.mark.parametrize("is_lost", [True, False], ids=["lost", "cut"])
def test_gaps_are_closed_for_a_table_to_be_put_back(log: Path, tmp_path: Path, is_lost: bool) -> None:
    write_deltalake(str(log.parent), pa.table({"note": ["n4"]}), mode="append")
    if is_lost:
        (log / f"{3:020}.json").unlink()
    else:
        (log / f"{3:020}.json").write_text('{"add')
    assert close_gaps(str(tmp_path), NAME, Storage(), after=2) == [3]
    assert sorted(path.name for path in log.glob("*.crc")) == [f"{number:020}.crc" for number in range(3)]
    DeltaTable(str(log.parent)).restore(2)
    assert notes(tmp_path) == ["n0", "n1", "n2"]
    assert close_gaps(str(tmp_path), NAME, Storage(), after=2) == []


def test_what_is_published_is_not_touched(log: Path, tmp_path: Path) -> None:
    (log / f"{1:020}.json").unlink()
    assert close_gaps(str(tmp_path), NAME, Storage(), after=2) == []
    assert not (log / f"{1:020}.json").exists()


# ── what a run's commits did ──────────────────────────────────────────────────────────────────────────────────────────


def write(tmp_path: Path, run_id: str, day: str, *notes: str) -> None:
    """Replace a day's notes by one commit, which names its run."""
    write_deltalake(
        str(tmp_path / "gold" / "days"),
        pa.table({"day": [day] * len(notes), "note": list(notes)}),
        mode="overwrite",
        partition_by=["day"],
        predicate=f"day = '{day}'",
        commit_properties=CommitProperties(custom_metadata={"userMetadata": run_id}),
    )


def did(tmp_path: Path, run_id: str, *versions: int) -> Written | None:
    return written([commit_uri(str(tmp_path), "gold.days", version) for version in versions], Storage(), run_id)


def test_only_the_run_s_own_commits_are_its_work(tmp_path: Path) -> None:
    write_deltalake(str(tmp_path / "gold" / "days"), pa.table({"day": ["1"], "note": ["a"]}), partition_by=["day"])
    write(tmp_path, "run-a", "1", "a", "b")
    write(tmp_path, "run-b", "1", "c")
    write(tmp_path, "run-b", "2", "d", "e", "f")
    held = {number: DeltaTable(str(tmp_path / "gold" / "days"), version=number) for number in range(4)}
    sizes = {number: sum(table.get_add_actions()["size_bytes"].to_pylist()) for number, table in held.items()}
    assert did(tmp_path, "run-a", 1, 2, 3) == Written(1, 2, sizes[1], sizes[0])
    assert did(tmp_path, "run-b", 1, 2, 3) == Written(2, 1 + 3, sizes[3], sizes[1])
    assert did(tmp_path, "run-c", 1, 2, 3) is None
    assert did(tmp_path, "run-a") is None
