"""Manifests are immutable and chained by hash; the one pointer moves by compare-and-set; damage is told."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from lakehouse.errors import IntegrityError, LockedError, NothingArrivedError
from lakehouse.runs.manifest import FOLDER, POINTER, Basis, Manifest, PinnedTable, Snapshots
from lakehouse.runs.snapshot import open_snapshot
from lakehouse.settings import OCCASIONS, Business, FiscalWeeks, ListedDays, Pattern, Storage, YearEnd
from lakehouse.storage.objects import LocalStore

BASIS = Basis(code_sha256="c", metrics_sha256="m", business=Business(), sources={})


def manifest(run_id: str, parent: Manifest | None = None, token: int | None = None) -> Manifest:
    return Manifest(
        run_id=run_id,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        engine="sail",
        parent_run_id=parent.run_id if parent else None,
        parent_sha256=parent.sha256 if parent else None,
        fencing_token=token,
        basis=BASIS,
        tables={"gold.dim_dates": PinnedTable(version=1, rows=2, files=1, bytes=9)},
        files_in=1,
        rows_in=2,
    )


def held() -> None:
    """The lease is."""


FIRST = manifest("first")
SECOND = manifest("second", FIRST)


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    """A lake with two published runs."""
    published = Snapshots(str(tmp_path), Storage())
    published.publish(FIRST, held)
    published.publish(SECOND, held)
    return published


def test_before_the_first_publish_there_is_nothing(tmp_path: Path) -> None:
    assert Snapshots(str(tmp_path), Storage()).current() is None
    with pytest.raises(NothingArrivedError, match=r"nothing was published in .* yet: load it with `lakehouse run`"):
        open_snapshot(str(tmp_path), Storage())


def test_the_pointer_names_the_latest_and_its_hash(snapshots: Snapshots, tmp_path: Path) -> None:
    assert snapshots.current() == SECOND
    assert snapshots.load("first") == FIRST
    stored = (tmp_path / FOLDER / "second.json").read_bytes()
    pointer = json.loads((tmp_path / FOLDER / POINTER).read_bytes())
    sha256 = hashlib.sha256(stored).hexdigest()
    assert pointer == {"format": 1, "run_id": "second", "manifest_sha256": sha256, "fencing_token": 0}


def test_each_manifest_proves_its_parent(snapshots: Snapshots, tmp_path: Path) -> None:
    parent = (tmp_path / FOLDER / "first.json").read_bytes()
    assert (SECOND.parent_run_id, SECOND.parent_sha256) == ("first", hashlib.sha256(parent).hexdigest())
    assert (FIRST.parent_run_id, FIRST.parent_sha256) == (None, None)


def test_the_same_manifest_has_the_same_bytes(snapshots: Snapshots) -> None:
    again = snapshots.load("second")
    assert again.content() == SECOND.content()
    assert again.sha256 == SECOND.sha256
    table = PinnedTable(version=1, rows=2, files=1, bytes=9)
    one, other = (
        SECOND.model_copy(update={"tables": dict.fromkeys(names, table)})
        for names in (["gold.a", "gold.b"], ["gold.b", "gold.a"])
    )
    assert one.sha256 == other.sha256


def test_a_manifest_is_never_written_over(snapshots: Snapshots, tmp_path: Path) -> None:
    before = (tmp_path / FOLDER / "first.json").read_bytes()
    with pytest.raises(FileExistsError):
        snapshots.publish(manifest("first", SECOND), held)
    assert (tmp_path / FOLDER / "first.json").read_bytes() == before
    assert snapshots.current() == SECOND


@pytest.mark.parametrize("parent", [None, FIRST], ids=["none", "an older one"])
def test_who_started_from_another_snapshot_does_not_publish(snapshots: Snapshots, parent: Manifest | None) -> None:
    with pytest.raises(LockedError, match="run second was published meanwhile") as late:
        snapshots.publish(manifest("late", parent), held)
    assert late.value.exit_code == 5
    assert snapshots.current() == SECOND


def test_of_two_at_the_same_time_one_publishes(snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch) -> None:
    create = LocalStore.create

    def rival_first(store: LocalStore, uri: str, content: bytes) -> None:
        monkeypatch.setattr(LocalStore, "create", create)
        snapshots.publish(manifest("rival", SECOND), held)
        create(store, uri, content)

    monkeypatch.setattr(LocalStore, "create", rival_first)
    with pytest.raises(LockedError, match="another run was published meanwhile"):
        snapshots.publish(manifest("third", SECOND), held)
    current = snapshots.current()
    assert current is not None
    assert current.run_id == "rival"


def test_between_manifest_and_pointer_the_old_snapshot_stays(
    snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_arguments: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(LocalStore, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            snapshots.publish(manifest("third", SECOND), held)
    assert snapshots.current() == SECOND
    snapshots.publish(manifest("fourth", SECOND), held)
    current = snapshots.current()
    assert current is not None
    assert current.run_id == "fourth"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (POINTER, b"", r"current\.json can not be read: it is damaged"),
        (POINTER, b'{"format": 1, "run_id": "sec', r"current\.json can not be read: it is damaged"),
        (POINTER, b'{"format": 2, "run_id": "second", "manifest_sha256": "0"}', r"current\.json can not be read"),
        (POINTER, b'{"format": 1, "run_id": "third", "manifest_sha256": "0"}', r"third\.json is missing"),
        (POINTER, b'{"format": 1, "run_id": "first", "manifest_sha256": "0"}', r"first\.json .* its hash differs"),
        ("second.json", None, r"second\.json is missing"),
        ("second.json", b"", r"second\.json is not the manifest that was published"),
        ("second.json", SECOND.content()[:-1], r"second\.json .* its hash differs"),
        ("second.json", SECOND.content().replace(b'"rows":2', b'"rows":3'), r"second\.json .* its hash differs"),
    ],
    ids=[
        "empty pointer",
        "cut pointer",
        "pointer of a later format",
        "pointer to no run",
        "pointer with a wrong hash",
        "no manifest",
        "empty manifest",
        "cut manifest",
        "changed manifest",
    ],
)
def test_damage_is_told(snapshots: Snapshots, tmp_path: Path, name: str, content: bytes | None, told: str) -> None:
    path = tmp_path / FOLDER / name
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(IntegrityError, match=told) as damaged:
        snapshots.current()
    assert damaged.value.exit_code == 7
    assert str(tmp_path) in str(damaged.value)


@pytest.mark.parametrize("content", [b"", b"{"], ids=["empty", "cut"])
def test_a_damaged_pointer_is_not_written_over(snapshots: Snapshots, tmp_path: Path, content: bytes) -> None:
    (tmp_path / FOLDER / POINTER).write_bytes(content)
    for parent in (None, SECOND):
        with pytest.raises(IntegrityError, match="damaged"):
            snapshots.publish(manifest("third", parent), held)
    assert (tmp_path / FOLDER / POINTER).read_bytes() == content


def test_a_manifest_of_a_later_format_is_refused(snapshots: Snapshots, tmp_path: Path) -> None:
    later = SECOND.content().replace(b'"format":1', b'"format":2')
    (tmp_path / FOLDER / "later.json").write_bytes(later)
    with pytest.raises(IntegrityError, match=r"later\.json can not be read by this version"):
        snapshots.load("later")


# ── fencing ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_pointer_has_the_token_that_it_was_moved_with(snapshots: Snapshots) -> None:
    assert snapshots.fencing_token() == 0
    third = manifest("third", SECOND, token=7)
    snapshots.publish(third, held)
    assert snapshots.fencing_token() == 7
    assert snapshots.current() == third


@pytest.mark.parametrize("token", [None, 6], ids=["none", "smaller"])
@pytest.mark.parametrize("by", ["publishing", "fencing"])
def test_a_smaller_token_moves_nothing(snapshots: Snapshots, token: int | None, by: str) -> None:
    published = manifest("third", SECOND, token=7)
    if by == "publishing":
        snapshots.publish(published, held)
    else:
        published = SECOND
        snapshots.fence(7)
    with pytest.raises(LockedError, match=rf"its token is 7, this one's {token or 0}\)"):
        snapshots.publish(manifest("late", published, token=token), held)
    if token:
        with pytest.raises(LockedError, match="a later command took this lake over"):
            snapshots.fence(token)
    assert snapshots.current() == published
    snapshots.publish(manifest("next", published, token=7), held)


def test_a_fence_before_anything_was_published(tmp_path: Path) -> None:
    snapshots = Snapshots(str(tmp_path), Storage())
    snapshots.fence(3)
    assert snapshots.current() is None
    with pytest.raises(LockedError):
        snapshots.publish(manifest("first", token=2), held)
    snapshots.publish(manifest("first", token=3), held)
    assert snapshots.fencing_token() == 3


def test_who_was_fenced_on_the_way_does_not_publish(snapshots: Snapshots) -> None:
    """Paused after everything was asked for, and right before the pointer moves."""
    with pytest.raises(LockedError, match="published meanwhile"):
        snapshots.publish(manifest("third", SECOND, token=7), lambda: snapshots.fence(8))
    assert snapshots.current() == SECOND


def test_the_lease_is_asked_before_the_pointer_moves(snapshots: Snapshots) -> None:
    def lost() -> None:
        raise LockedError("lost")

    with pytest.raises(LockedError, match=r"^lost$"):
        snapshots.publish(manifest("third", SECOND), lost)
    assert snapshots.current() == SECOND


def test_a_lake_without_tokens_stays_what_it_was(snapshots: Snapshots, tmp_path: Path) -> None:
    stored = (tmp_path / FOLDER / "second.json").read_bytes()
    assert b"fencing_token" not in stored
    pointer = {"format": 1, "run_id": "second", "manifest_sha256": hashlib.sha256(stored).hexdigest()}
    (tmp_path / FOLDER / POINTER).write_text(json.dumps(pointer))
    base = snapshots.current()
    assert base == SECOND
    assert base.sha256 == pointer["manifest_sha256"]
    third = manifest("third", base, token=1)
    snapshots.publish(third, held)
    assert snapshots.current() == third


WRITTEN_BEFORE = (
    b'{"basis":{"business":{"calendar_from":"2000-01-01","calendar_to":"2039-12-31","currency":"EUR",'
    b'"exchange_rate_max_age_days":7,"fiscal_year_start_month":1,"holidays":null,"timezone":"UTC","week_start":1},'
    b'"code_sha256":"c","metrics_sha256":"m","sources":{}},"checks":[],"created_at":"2026-01-01T00:00:00Z",'
    b'"engine":"sail","files_in":1,"format":1,"parent_run_id":null,"parent_sha256":null,"rows_in":2,"run_id":"before",'
    b'"tables":{"gold.dim_dates":{"bytes":9,"files":1,"rows":2,"version":1}}}'
)


def test_a_manifest_written_before_there_were_control_sums_stays_as_it_is() -> None:
    """Its bytes are what its successor proves."""
    read = Manifest.read(WRITTEN_BEFORE)
    assert (read.tables["gold.dim_dates"].files_sha256, read.inputs, read.balances, read.seconds) == (
        None,
        None,
        (),
        None,
    )
    assert read.content() == WRITTEN_BEFORE
    assert manifest("before").content() == WRITTEN_BEFORE
    assert manifest("next", read).parent_sha256 == hashlib.sha256(WRITTEN_BEFORE).hexdigest()


def test_a_calendar_of_its_own_is_read_as_it_was_written() -> None:
    """Else every run would take the settings for changed ones."""
    nrf = FiscalWeeks(pattern=Pattern.FOUR_FIVE_FOUR, year_end_month=1, year_end_weekday=6, year_end=YearEnd.NEAREST)
    listed = ListedDays(dates=(date(2025, 3, 1), date(2026, 2, 18)))
    business = Business(week_start=7, fiscal=nrf, occasions={**OCCASIONS, "ramadan": listed})
    written = manifest("own").model_copy(update={"basis": BASIS.model_copy(update={"business": business})})
    assert Manifest.read(written.content()).basis.business == business
    assert Business(occasions={}) != Business()
    assert Business.model_validate_json(Business(occasions={}).model_dump_json()).occasions == {}


def test_a_manifest_is_its_stored_bytes_though_they_could_be_written_otherwise() -> None:
    spaced = json.dumps(json.loads(WRITTEN_BEFORE)).encode()
    assert Manifest.read(spaced).sha256 == hashlib.sha256(spaced).hexdigest()
    assert Manifest.read(spaced) != Manifest.read(WRITTEN_BEFORE)
    assert Manifest.read(WRITTEN_BEFORE) == manifest("before")
    assert len({Manifest.read(WRITTEN_BEFORE), manifest("before")}) == 1
