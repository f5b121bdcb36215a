"""Whatever is wrong with a lake is found, mended where that can be, and told with what else can be done."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from lakehouse.errors import IntegrityError, LockedError, NothingArrivedError
from lakehouse.runs.doctor import examine, require_well
from lakehouse.runs.findings import Finding
from lakehouse.runs.lease import hold
from lakehouse.runs.log_faults import ASIDE
from lakehouse.runs.manifest import FOLDER, POINTER
from lakehouse.runs.restore import restore
from lakehouse.runs.vacuum import Keep, vacuum
from lakehouse.settings import Storage
from lakehouse.storage.objects import content_hash
from tests.cli.command import but_for_the_lease
from tests.runs.small_lake import LONG_AGO, NOTES, Rows, SmallLake

FIRST = {"gold.notes": ["a"], "silver.events": ["x"]}
SECOND = {"gold.notes": ["a", "b"], "silver.events": ["x", "y"]}


@pytest.fixture
def lake(tmp_path: Path) -> SmallLake:
    """Two runs, and a checkpoint of the notes that the second needs."""
    small = SmallLake(tmp_path)
    small.note("a")
    small.happen("2026-01-01", "x")
    small.publish()
    small.note("b")
    small.happen("2026-01-02", "y")
    small.lake.delta(NOTES).create_checkpoint()
    small.publish()
    return small


def examined(lake: SmallLake, *, mend: bool = False) -> list[Finding]:
    return examine(str(lake.root), lake.storage, mend=mend)


def parent(lake: SmallLake) -> str:
    """The first run, by what lies in the lake."""
    return min(path.stem for path in (lake.root / FOLDER).glob("2*.json"))


def newest(lake: SmallLake) -> Path:
    return max((lake.root / FOLDER).glob("2*.json"))


def test_all_is_well(lake: SmallLake) -> None:
    before = but_for_the_lease(lake.root)
    assert examined(lake) == []
    assert but_for_the_lease(lake.root) == before
    require_well([])


# ── what can be mended ────────────────────────────────────────────────────────────────────────────────────────────────


def _cut_pointer(lake: SmallLake) -> None:
    path = lake.root / FOLDER / POINTER
    path.write_bytes(path.read_bytes()[:30])


def _lose_pointer(lake: SmallLake) -> None:
    (lake.root / FOLDER / POINTER).unlink()


def _empty_pointer(lake: SmallLake) -> None:
    (lake.root / FOLDER / POINTER).write_bytes(b"")


def _lose_manifest(lake: SmallLake) -> None:
    newest(lake).unlink()


def _alter_manifest(lake: SmallLake) -> None:
    newest(lake).write_bytes(newest(lake).read_bytes().replace(b'"rows_in":2', b'"rows_in":3'))


def _cut_checkpoint(lake: SmallLake) -> None:
    path = lake.log(NOTES) / f"{2:020}.checkpoint.parquet"
    path.write_bytes(path.read_bytes()[:-50])


def _lose_checkpoint(lake: SmallLake) -> None:
    """The hint to it is still there."""
    (lake.log(NOTES) / f"{2:020}.checkpoint.parquet").unlink()


def _cut_hint(lake: SmallLake) -> None:
    path = lake.log(NOTES) / "_last_checkpoint"
    path.write_bytes(path.read_bytes()[:5])


def _leave_a_version(lake: SmallLake) -> None:
    lake.note("left behind")


def _leave_a_broken_version(lake: SmallLake) -> None:
    lake.note("left behind")
    (lake.log(NOTES) / f"{3:020}.json").write_text('{"add"')


def _leave_an_orphan(lake: SmallLake) -> None:
    lake.orphan("half", LONG_AGO)


MENDABLE: list[tuple[Callable[[SmallLake], None], str, Rows]] = [
    (_cut_pointer, r"current\.json can not be read: it is damaged", SECOND),
    (_empty_pointer, r"current\.json can not be read: it is damaged", SECOND),
    (_lose_pointer, r"the pointer is missing", SECOND),
    (_lose_manifest, r"\.json is missing", FIRST),
    (_alter_manifest, r"its hash differs", FIRST),
    (_cut_checkpoint, r"the checkpoint of version 2 is damaged", SECOND),
    (_lose_checkpoint, r"the hint to the last checkpoint leads nowhere", SECOND),
    (_cut_hint, r"the hint to the last checkpoint leads nowhere", SECOND),
    (_leave_a_version, r"version 3 was never published, and 2 is", SECOND),
    (_leave_a_broken_version, r"gold/notes can not be opened", SECOND),
    (_leave_an_orphan, r"1 files \(0\.00 MB\) that no commit names", SECOND),
]


@pytest.mark.parametrize(
    ("damage", "told", "rows"), MENDABLE, ids=[damage.__name__.removeprefix("_") for damage, _, _ in MENDABLE]
)
def test_is_found_and_mended(lake: SmallLake, damage: Callable[[SmallLake], None], told: str, rows: Rows) -> None:
    damage(lake)
    before = but_for_the_lease(lake.root)
    found = examined(lake)
    assert but_for_the_lease(lake.root) == before
    assert re.search(told, found[0].what)
    assert all((finding.is_mendable, finding.is_mended) == (True, False) for finding in found)
    with pytest.raises(IntegrityError, match=rf"{len(found)} faults; `lakehouse doctor --mend` mends {len(found)}"):
        require_well(found)
    mended = examined(lake, mend=True)
    assert all(finding.is_mended for finding in mended)
    require_well(mended)
    assert lake.published() == rows
    # A lost manifest's versions are left over, and put back in one go with it.
    assert examined(lake) == []


def test_a_damaged_checkpoint_is_moved_aside(lake: SmallLake) -> None:
    _cut_checkpoint(lake)
    name = f"gold/notes/_delta_log/{2:020}.checkpoint.parquet"
    damaged = (lake.root / name).read_bytes()
    whats = [finding.what for finding in examined(lake, mend=True)]
    assert whats == ["the checkpoint of version 2 is damaged", "the hint to the last checkpoint leads nowhere"]
    assert (lake.root / ASIDE / name).read_bytes() == damaged
    assert not (lake.root / name).exists()


def test_the_pointer_never_leads_to_a_run_that_is_not_whole(lake: SmallLake) -> None:
    _lose_pointer(lake)
    (lake.log(NOTES) / f"{2:020}.json").unlink()
    (lake.log(NOTES) / f"{2:020}.checkpoint.parquet").unlink()
    (lake.log(NOTES) / "_last_checkpoint").unlink()
    (pointer, *_) = examined(lake, mend=True)
    assert f"point to run {parent(lake)}" in pointer.remedy
    assert lake.published() == FIRST


def test_what_was_moved_aside_stays_there(lake: SmallLake) -> None:
    _cut_checkpoint(lake)
    examined(lake, mend=True)
    (aside,) = (lake.root / ASIDE).rglob("*.parquet")
    os.utime(aside, (LONG_AGO.timestamp(),) * 2)
    assert examined(lake, mend=True) == []
    vacuum(str(lake.root), lake.storage, Keep(runs=1))
    assert aside.exists()


def test_with_a_broken_past_the_pointer_is_mended_all_the_same(lake: SmallLake) -> None:
    (lake.root / FOLDER / f"{parent(lake)}.json").unlink()
    _lose_pointer(lake)
    pointer, past = examined(lake, mend=True)
    assert (pointer.is_mended, past.is_mendable) == (True, False)
    assert lake.published() == SECOND


# ── what can not ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _without_checkpoint(lake: SmallLake) -> None:
    (lake.log(NOTES) / f"{2:020}.checkpoint.parquet").unlink()
    (lake.log(NOTES) / "_last_checkpoint").unlink()


def _lose_commit(lake: SmallLake) -> None:
    _without_checkpoint(lake)
    (lake.log(NOTES) / f"{2:020}.json").unlink()


def _cut_commit(lake: SmallLake) -> None:
    _without_checkpoint(lake)
    (lake.log(NOTES) / f"{2:020}.json").write_text('{"commitInfo"')


@pytest.mark.parametrize(
    ("damage", "told"),
    [(_lose_commit, "commit 2 is missing"), (_cut_commit, "commit 2 is damaged")],
    ids=["lost", "cut"],
)
def test_a_lost_commit_has_a_way_out(lake: SmallLake, damage: Callable[[SmallLake], None], told: str) -> None:
    damage(lake)
    (found,) = examined(lake, mend=True)
    assert (found.what, found.is_mendable) == (told, False)
    assert found.remedy == (
        f"it can not be mended: `lakehouse restore --to-run {parent(lake)}`, which is whole, and run again"
    )
    with pytest.raises(IntegrityError, match="1 faults that can not be mended") as left:
        require_well([found])
    assert left.value.exit_code == 7
    restore(str(lake.root), lake.storage, parent(lake))
    assert lake.published() == FIRST
    vacuum(str(lake.root), lake.storage, Keep(runs=1))
    assert examined(lake) == []


def _lose_notes(lake: SmallLake) -> None:
    for uri in lake.lake.delta(NOTES).file_uris():
        Path(uri).unlink()


def test_lost_files_of_what_is_made_from_bronze_are_made_anew(lake: SmallLake) -> None:
    _lose_notes(lake)
    found = examined(lake)
    assert len(found) == 2
    assert all(re.search(r"gold/notes/part-.*\.parquet is missing", finding.what) for finding in found)
    assert found[0].remedy == "it can not be mended: `lakehouse run --full` makes the table anew from bronze"


def test_without_any_whole_run_it_says_so(lake: SmallLake) -> None:
    _without_checkpoint(lake)
    for version in range(3):
        (lake.log(NOTES) / f"{version:020}.json").unlink()
    assert examined(lake)[0].remedy.endswith("no earlier run is whole either; load the files anew into another lake")


def test_without_any_manifest_it_says_so(lake: SmallLake) -> None:
    for path in (lake.root / FOLDER).glob("2*.json"):
        path.write_text("{}")
    (found,) = examined(lake, mend=True)
    assert (found.is_mendable, found.remedy) == (
        False,
        "no manifest is left that could be published: load the files anew into another lake",
    )


def _later_pointer(lake: SmallLake) -> None:
    path = lake.root / FOLDER / POINTER
    path.write_bytes(path.read_bytes().replace(b'"format": 1', b'"format": 2'))


def _later_manifest(lake: SmallLake) -> None:
    path = newest(lake)
    before = path.read_bytes()
    after = before.replace(b'"format":1', b'"format":2')
    path.write_bytes(after)
    pointer = lake.root / FOLDER / POINTER
    old, new = (content_hash(content).encode() for content in (before, after))
    pointer.write_bytes(pointer.read_bytes().replace(old, new))


@pytest.mark.parametrize("change", [_later_pointer, _later_manifest])
def test_what_a_later_version_published_is_left_alone(lake: SmallLake, change: Callable[[SmallLake], None]) -> None:
    change(lake)
    before = but_for_the_lease(lake.root)
    (found,) = examined(lake, mend=True)
    assert (found.is_mendable, found.remedy) == (
        False,
        "use the version of lakehouse that published it, or a later one",
    )
    assert but_for_the_lease(lake.root) == before


def test_an_earlier_snapshot_that_can_not_be_read_is_told(lake: SmallLake) -> None:
    (lake.log(NOTES) / f"{1:020}.json").unlink()
    (found,) = examined(lake)
    assert "gold/notes is not there at version 1" in found.what
    assert "`lakehouse vacuum --keep-runs 1` gives up those before" in found.remedy
    vacuum(str(lake.root), lake.storage, Keep(runs=1))
    assert examined(lake) == []
    assert lake.published() == SECOND


def test_a_broken_past_is_given_up_by_vacuum(lake: SmallLake) -> None:
    (lake.root / FOLDER / f"{parent(lake)}.json").unlink()
    (found,) = examined(lake)
    assert found.remedy == (
        "readers of the 1 newest snapshots are not concerned; `lakehouse vacuum --keep-runs 1` gives up those before"
    )
    with pytest.raises(IntegrityError, match="is missing"):
        vacuum(str(lake.root), lake.storage, Keep(runs=2))
    vacuum(str(lake.root), lake.storage, Keep(runs=1))
    assert examined(lake) == []
    assert lake.published() == SECOND


# ── who else is there ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_locks_that_nobody_holds_are_asked_for_first(lake: SmallLake) -> None:
    asked = []

    def locks(mend: bool) -> list[Finding]:
        asked.append(mend)
        return [Finding("a stale lock", "there", "remove it", is_mendable=True, is_mended=mend)]

    (found,) = examine(str(lake.root), lake.storage, mend=True, locks=locks)
    assert (found.what, asked) == ("a stale lock", [True])


def test_nothing_is_mended_while_a_run_is_at_work(lake: SmallLake) -> None:
    _leave_a_version(lake)
    with hold(str(lake.root), lake.storage, "run"):
        assert len(examined(lake)) == 1
        with pytest.raises(LockedError):
            examined(lake, mend=True)


def test_nothing_was_published(tmp_path: Path) -> None:
    with pytest.raises(NothingArrivedError):
        examine(str(tmp_path), Storage(), mend=False)


def test_a_damaged_hint_may_be_anything(lake: SmallLake) -> None:
    for content in (b"\xff", b"[]", b"{}", json.dumps({"version": 9}).encode()):
        (lake.log(NOTES) / "_last_checkpoint").write_bytes(content)
        assert [finding.what for finding in examined(lake)] == ["the hint to the last checkpoint leads nowhere"]
