"""Vacuum removes what no kept snapshot needs, and never anything else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse.errors import ConfigurationError, IntegrityError
from lakehouse.runs.chain import find, walk
from lakehouse.runs.manifest import FOLDER, Manifest
from lakehouse.runs.proofs import Proof, keep, proof_uri
from lakehouse.runs.restore import restore
from lakehouse.runs.vacuum import Keep, Vacuum, vacuum
from lakehouse.settings import Storage
from lakehouse.storage.objects import LocalStore
from tests.cli.command import but_for_the_lease, contents
from tests.runs.small_lake import EVENTS, LONG_AGO, NOTES, Rows, SmallLake


@pytest.fixture
def lake(tmp_path: Path) -> SmallLake:
    """Three runs, each with other notes, of three, two and no days ago."""
    small = SmallLake(tmp_path)
    for days, note in ((3, "a"), (2, "b"), (0, "c")):
        small.renote(note)
        small.happen("2026-01-01", note)
        small.publish(timedelta(days=days))
    return small


def vacuumed(lake: SmallLake, keep_: Keep, *, dry_run: bool = False) -> Vacuum:
    return vacuum(str(lake.root), lake.storage, keep_, dry_run=dry_run)


def files(lake: SmallLake) -> list[str]:
    return [name for name in contents(lake.root) if name.endswith(".parquet")]


def kept(lake: SmallLake) -> list[Manifest]:
    return list(walk(str(lake.root), lake.storage))


@pytest.mark.parametrize(
    ("keep_", "runs"),
    [
        (Keep(runs=1), 1),
        (Keep(runs=2), 2),
        (Keep(runs=9), 3),
        (Keep(days=0), 1),
        (Keep(days=1), 1),
        (Keep(days=2), 1),
        (Keep(days=3), 2),
        (Keep(days=9), 3),
    ],
    ids=str,
)
def test_as_many_snapshots_stay_as_asked(lake: SmallLake, keep_: Keep, runs: int) -> None:
    before = {run.run_id: lake.published(run) for run in kept(lake)}
    done = vacuumed(lake, keep_)
    assert (done.runs_kept, done.runs_removed) == (runs, 3 - runs)
    assert [lake.published(run) for run in kept(lake)] == list(before.values())[:runs]
    assert len(kept(lake)) == runs
    # A run adds one file of events, and one of notes instead of the one before.
    assert len(files(lake)) == 3 + runs
    assert vacuumed(lake, keep_).tables == ()


def test_a_dry_run_tells_the_same_and_removes_nothing(lake: SmallLake) -> None:
    before = but_for_the_lease(lake.root)
    told = vacuumed(lake, Keep(runs=1), dry_run=True)
    assert but_for_the_lease(lake.root) == before
    assert vacuumed(lake, Keep(runs=1)).tables == told.tables
    assert told.bytes > 0


def test_a_removed_run_can_not_be_restored(lake: SmallLake) -> None:
    first = kept(lake)[-1]
    vacuumed(lake, Keep(runs=2))
    with pytest.raises(ConfigurationError, match=f"no run '{first.run_id}' is kept"):
        find(str(lake.root), lake.storage, first.run_id)
    assert not (lake.root / FOLDER / f"{first.run_id}.json").exists()


def test_what_no_commit_names_goes_when_it_is_old(lake: SmallLake) -> None:
    old, young = lake.orphan("old", LONG_AGO), lake.orphan("young")
    done = vacuumed(lake, Keep(days=9))
    assert [(table.table, table.files, table.orphans) for table in done.tables] == [("gold.notes", 0, 1)]
    assert (old.exists(), young.exists()) == (False, True)


def test_tables_that_are_not_published_keep_their_latest_version(lake: SmallLake) -> None:
    shutil.copytree(lake.root / NOTES.path, lake.root / "runs" / "staged_notes")
    vacuumed(lake, Keep(runs=3))
    left = list((lake.root / "runs" / "staged_notes").glob("*.parquet"))
    assert len(left) == 1
    assert left[0].name in {Path(uri).name for uri in lake.lake.delta(NOTES).file_uris()}


def test_what_a_restored_snapshot_pins_stays(lake: SmallLake) -> None:
    first = kept(lake)[-1]
    rows = lake.published(first)
    restore(str(lake.root), lake.storage, first.run_id)
    vacuumed(lake, Keep(runs=1))
    assert lake.published() == rows


def test_commits_before_a_checkpoint_of_all_kept_go(lake: SmallLake) -> None:
    lake.lake.delta(NOTES).create_checkpoint()
    lake.note("d")
    lake.publish()
    before = [lake.published(run) for run in kept(lake)[:2]]
    assert vacuumed(lake, Keep(runs=3)).tables[0].log_files == 0
    (notes,) = [table for table in vacuumed(lake, Keep(runs=2)).tables if table.table == "gold.notes"]
    assert notes.log_files == 3
    assert sorted(path.name[:20].lstrip("0") for path in lake.log(NOTES).glob("*.json")) == ["3", "4"]
    assert [lake.published(run) for run in kept(lake)] == before
    assert "00000000000000000000.json" in {path.name for path in lake.log(EVENTS).iterdir()}


def test_proofs_go_with_their_runs(lake: SmallLake) -> None:
    newest, _, first = kept(lake)
    for run in (newest, first):
        keep(str(lake.root), lake.storage, Proof(run_id=run.run_id, tables={}))
    vacuumed(lake, Keep(runs=2))
    assert Path(proof_uri(str(lake.root), newest.run_id)).exists()
    assert not Path(proof_uri(str(lake.root), first.run_id)).exists()


def test_manifests_that_were_never_published_go_when_they_are_old(lake: SmallLake) -> None:
    manifest = lake.manifest(lake.current(), {}, timedelta())
    path = lake.root / FOLDER / f"{manifest.run_id}.json"
    path.write_bytes(manifest.content())
    vacuum(str(lake.root), lake.storage, Keep(days=9))
    assert path.exists()
    vacuum(str(lake.root), lake.storage, Keep(days=9), orphan_age=timedelta(0))
    assert not path.exists()
    assert len(kept(lake)) == 3


def _lose_a_commit(lake: SmallLake) -> None:
    (lake.log(NOTES) / "00000000000000000001.json").unlink()


def _cut_a_commit(lake: SmallLake) -> None:
    (lake.log(NOTES) / "00000000000000000003.json").write_text("{")


@pytest.mark.parametrize("damage", [_lose_a_commit, _cut_a_commit])
def test_nothing_is_removed_from_a_damaged_lake(lake: SmallLake, damage: Callable[[SmallLake], None]) -> None:
    damage(lake)
    before = but_for_the_lease(lake.root)
    with pytest.raises(IntegrityError):
        vacuumed(lake, Keep(runs=2))
    assert but_for_the_lease(lake.root) == before


@pytest.mark.parametrize("deletions", range(4))
def test_ended_at_any_moment_all_kept_snapshots_are_whole(
    lake: SmallLake, monkeypatch: pytest.MonkeyPatch, deletions: int
) -> None:
    expected = lake.published()
    delete, left = LocalStore.delete, deletions

    def ended(store: LocalStore, uris: list[str]) -> None:
        nonlocal left
        if left == 0:
            raise KeyboardInterrupt
        left -= 1
        delete(store, uris)

    monkeypatch.setattr(LocalStore, "delete", ended)
    with pytest.raises(KeyboardInterrupt):
        vacuumed(lake, Keep(runs=1))
    monkeypatch.undo()
    assert [lake.published(run) for run in kept(lake)] == [expected]
    vacuum(str(lake.root), lake.storage, Keep(runs=1), orphan_age=timedelta(0))
    assert len(files(lake)) == 4
    assert [path.name for path in (lake.root / FOLDER).glob("2*.json")] == [f"{lake.current().run_id}.json"]


# ── whatever was done before ──────────────────────────────────────────────────────────────────────────────────────────

STEPS = st.lists(
    st.one_of(
        st.sampled_from(["note", "renote", "happen", "publish", "publish", "checkpoint", "orphan", "restore"]),
        st.integers(1, 3),
    ),
    min_size=4,
    max_size=14,
)


@settings(max_examples=25, deadline=None)
@given(steps=STEPS)
def test_no_kept_snapshot_ever_loses_a_row(steps: list[str | int], tmp_path_factory: pytest.TempPathFactory) -> None:
    """In any order, a number being a vacuum that keeps so many runs, every kept run reads as when it was published."""
    lake = SmallLake(tmp_path_factory.mktemp("lake"))
    lake.note("first")
    lake.happen("2026-01-01", "first")
    first = lake.publish()
    seen = {first.run_id: lake.published()}
    for number, step in enumerate([*steps, "publish", 1]):
        take(lake, step, number, seen)
        for run in kept(lake):
            assert lake.published(run) == seen[run.run_id]


def take(lake: SmallLake, step: str | int, number: int, seen: dict[str, Rows]) -> None:
    match step:
        case "note":
            lake.note(f"n{number}")
        case "renote":
            lake.renote(f"r{number}")
        case "happen":
            lake.happen(f"2026-01-0{1 + number % 3}", f"e{number}")
        case "checkpoint":
            lake.lake.delta(NOTES).create_checkpoint()
        case "orphan":
            lake.orphan(f"o{number}", LONG_AGO)
        case "restore":
            oldest = kept(lake)[-1]
            restore(str(lake.root), Storage(), oldest.run_id)
            seen |= {run.run_id: seen[oldest.run_id] for run in kept(lake) if run.restored_from == oldest.run_id}
        case "publish":
            manifest = lake.publish()
            seen[manifest.run_id] = lake.published(manifest)
        case runs:
            vacuumed(lake, Keep(runs=int(runs)))
