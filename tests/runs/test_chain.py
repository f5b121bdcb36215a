"""Each manifest proves the one before it, down to the first or to where the chain was cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse.errors import ConfigurationError, IntegrityError, NothingArrivedError
from lakehouse.runs.chain import HORIZON, cut, find, oldest_kept, published, walk
from lakehouse.runs.manifest import FOLDER, Kind, Manifest
from lakehouse.settings import Storage
from tests.runs.small_lake import SmallLake


@pytest.fixture
def runs(tmp_path: Path) -> list[Manifest]:
    """Three published runs, newest first."""
    lake = SmallLake(tmp_path)
    lake.note("a")
    return [lake.publish() for _ in range(3)][::-1]


def walked(root: Path) -> list[str]:
    return [manifest.run_id for manifest in walk(str(root), Storage())]


def test_goes_down_to_the_first(runs: list[Manifest], tmp_path: Path) -> None:
    assert walked(tmp_path) == [run.run_id for run in runs]
    assert published(str(tmp_path), Storage()) == runs[0]


def test_nothing_published(tmp_path: Path) -> None:
    assert walked(tmp_path) == []
    with pytest.raises(NothingArrivedError):
        published(str(tmp_path), Storage())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: path.write_bytes(path.read_bytes().replace(b'"rows_in":2', b'"rows_in":3')), "its hash differs"),
    ],
    ids=["missing", "altered"],
)
def test_a_broken_link_is_told_when_it_is_reached(
    runs: list[Manifest], tmp_path: Path, change: object, told: str
) -> None:
    assert callable(change)
    change(tmp_path / FOLDER / f"{runs[1].run_id}.json")
    found = walk(str(tmp_path), Storage())
    assert next(found) == runs[0]
    with pytest.raises(IntegrityError, match=f"{runs[1].run_id}.json .*{told}"):
        next(found)


def test_ends_at_the_horizon(runs: list[Manifest], tmp_path: Path) -> None:
    assert oldest_kept(str(tmp_path), Storage()) is None
    for oldest in (runs[1], runs[0]):
        cut(str(tmp_path), Storage(), oldest)
        assert oldest_kept(str(tmp_path), Storage()) == oldest.run_id
        assert walked(tmp_path)[-1] == oldest.run_id


def test_a_damaged_horizon_is_told(runs: list[Manifest], tmp_path: Path) -> None:
    (tmp_path / FOLDER / HORIZON).write_text("{")
    with pytest.raises(IntegrityError, match=r"horizon\.json can not be read"):
        walked(tmp_path)


def test_a_run_is_found_by_name(runs: list[Manifest], tmp_path: Path) -> None:
    assert find(str(tmp_path), Storage(), runs[2].run_id) == runs[2]
    with pytest.raises(ConfigurationError, match=f"did you mean '{runs[1].run_id}'") as unknown:
        find(str(tmp_path), Storage(), runs[1].run_id + "x")
    assert unknown.value.exit_code == 2


def test_manifests_of_a_run_say_nothing_of_what_others_do(runs: list[Manifest]) -> None:
    assert b"kind" not in runs[0].content()
    assert b"restored_from" not in runs[0].content()
    assert runs[0].kind is Kind.RUN
