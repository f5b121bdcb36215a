"""One writer at a time on a lake in a folder, and what a lease does as time goes by."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lakehouse.errors import IntegrityError, LockedError, StorageError
from lakehouse.runs.lease import FILE, LOCK, Holder, Lease, Record, acquire, at_work, break_stale, hold
from lakehouse.runs.manifest import FOLDER, POINTER, Snapshots
from lakehouse.runs.run import Request, run
from lakehouse.runs.workspace import CHECKOUT, open_workspace
from lakehouse.settings import Storage
from lakehouse.storage.objects import StoredObject, join
from tests.runs import stepwise
from tests.runs.small_shop import SmallShop

HOLDER = """
import sys, time
from lakehouse.runs.lease import hold
from lakehouse.settings import Storage
with hold(sys.argv[1], Storage(), "vacuum"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lake."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def record(root: Path) -> Record:
    return Record.model_validate_json((root / FILE).read_bytes())


def refused(root: Path) -> LockedError:
    with pytest.raises(LockedError) as locked, hold(str(root), Storage(), "run"):
        pytest.fail("two hold it")
    return locked.value


# ── a folder ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_two_processes_never_hold_a_lake(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    told = refused(tmp_path)
    assert told.exit_code == 5
    held = record(tmp_path)
    assert str(told) == (
        f"{tmp_path} is held by `lakehouse vacuum` on {held.host} (process {holder.pid}) since "
        f"{held.acquired_at:%Y-%m-%d %H:%M:%S} UTC; wait for it to end: the lake is free as soon as that process is "
        "gone"
    )


def test_a_holder_that_is_paused_holds_it(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, holder.pid, os.WSTOPPED | os.WNOWAIT)
    assert "`lakehouse vacuum`" in str(refused(tmp_path))
    with pytest.raises(LockedError):
        break_stale(str(tmp_path), Storage())


def test_a_holder_that_is_killed_leaves_it_free(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert not record(tmp_path).is_released
    with hold(str(tmp_path), Storage(), "run") as lease:
        assert lease.token == 2
        lease.require()


def test_a_holder_that_is_told_to_end_releases_it(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGTERM)
    assert holder.wait() == 143
    assert record(tmp_path).is_released


def test_who_is_at_work_is_seen_without_a_trace(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    def seen() -> str | None:
        before = [(path.name, path.stat().st_mtime_ns) for path in sorted(tmp_path.iterdir())]
        found = at_work(str(tmp_path), Storage())
        assert [(path.name, path.stat().st_mtime_ns) for path in sorted(tmp_path.iterdir())] == before
        return found.command if found else None

    assert seen() == "vacuum"
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert seen() is None
    with hold(str(tmp_path), Storage(), "run"):
        assert seen() == "run"
    assert seen() is None


def test_nobody_is_at_work_where_nothing_is(tmp_path: Path) -> None:
    assert at_work(str(tmp_path / "nowhere"), Storage()) is None
    assert not (tmp_path / "nowhere").exists()


def test_a_run_waits_for_no_other_and_writes_nothing(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    (landing / "raw_orders.csv").write_text("id\n")
    before = (tmp_path / FILE).read_bytes()
    request = Request(open_workspace(CHECKOUT, "local", ["jaffle_shop"]), str(tmp_path), str(landing), "sail")
    with pytest.raises(LockedError):
        run(request, lambda _progress: pytest.fail("the run began"))
    assert {path.name for path in tmp_path.iterdir()} == {FILE, f".{FILE}.lock", LOCK, "landing"}
    assert (tmp_path / FILE).read_bytes() == before


def test_it_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), hold(str(tmp_path), Storage(), "run"):
        raise RuntimeError
    with hold(str(tmp_path), Storage(), "run"):
        pass


def test_lakes_are_held_one_by_one(tmp_path: Path) -> None:
    with hold(str(tmp_path / "one"), Storage(), "run"), hold(str(tmp_path / "other"), Storage(), "run"):
        pass


def test_tokens_grow_and_a_run_publishes_with_its_own(shop: SmallShop) -> None:
    root = Path(shop.lake.root)
    before = record(root).token
    with hold(str(root), Storage(), "optimize") as lease:
        assert lease.token == before + 1
    shop.deliver("orders_2", "o2,2026-01-06,paid,2.50,2", minute=1)
    shop.run()
    assert record(root).token == before + 2
    assert shop.snapshot().manifest.fencing_token == before + 2
    assert Snapshots(str(root), Storage()).fencing_token() == before + 2


def test_tokens_go_on_from_the_published_one_if_the_lease_is_removed(tmp_path: Path) -> None:
    Snapshots(str(tmp_path), Storage()).fence(7)
    with hold(str(tmp_path), Storage(), "run") as lease:
        assert lease.token == 8


def test_who_finds_a_damaged_lease_is_told_what_to_do(tmp_path: Path) -> None:
    with hold(str(tmp_path), Storage(), "run"):
        pass
    (tmp_path / FILE).write_bytes(b"{")
    told = f"{tmp_path / FILE} can not be read: it is damaged; if no command is at work, delete it"
    with pytest.raises(IntegrityError, match=told), hold(str(tmp_path), Storage(), "run"):
        pytest.fail("it is held")


def test_a_damaged_pointer_can_be_mended_by_who_holds_the_lake(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / POINTER).write_bytes(b"{")
    with hold(str(tmp_path), Storage(), "doctor") as lease:
        assert lease.token == 1


def test_a_stale_lease_is_broken_once(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    assert break_stale(str(tmp_path / "other"), Storage()) is None
    holder.kill()
    holder.wait()
    broken = break_stale(str(tmp_path), Storage())
    assert broken is not None
    assert (broken.command, broken.process) == ("vacuum", holder.pid)
    assert break_stale(str(tmp_path), Storage()) is None


# ── as time goes by ───────────────────────────────────────────────────────────────────────────────────────────────────

ROOT = "s3://shop/lake"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass
class Memory:
    """A store with a clock that a test puts forward; one that does not answer fails before or after it has stored."""

    objects: stepwise.Objects = ()
    now: float = 1000.0
    fails: str | None = None

    def __call__(self) -> float:
        return self.now

    def list(self, prefix: str) -> Iterator[StoredObject]:
        raise NotImplementedError

    def delete(self, uris: Sequence[str]) -> None:
        raise NotImplementedError

    def read(self, uri: str) -> bytes:
        return self.read_with_age(uri)[0]

    def read_with_age(self, uri: str) -> tuple[bytes, float]:
        if self.fails == "always":
            raise StorageError("no answer")
        answer, _ = stepwise.carry_out(stepwise.Request("read", uri), self.objects, self.now)
        if not isinstance(answer, stepwise.Object):
            raise FileNotFoundError(uri)
        return answer.content, answer.stored_at

    def create(self, uri: str, content: bytes) -> None:
        raise NotImplementedError

    def replace(self, uri: str, content: bytes, expected: bytes | None) -> bool:
        if self.fails == "before it is stored":
            raise StorageError("no answer")
        request = stepwise.Request("replace", uri, content, expected)
        answer, self.objects = stepwise.carry_out(request, self.objects, self.now)
        if self.fails == "after it is stored":
            raise StorageError("no answer")
        return answer is True

    def take(self, owner: str = "one", command: str = "run") -> Lease:
        """The lease, for a hundred seconds."""
        holder = Holder(owner=owner, command=command, host="here", process=7, acquired_at=NOON)
        return acquire(self, Snapshots(ROOT, Storage(), self), ROOT, holder, 100, self)

    def record(self) -> Record:
        return Record.model_validate_json(self.read(join(ROOT, FILE)))


def test_what_is_stored_says_who_holds_it_until_when() -> None:
    store = Memory()
    store.take()
    assert json.loads(store.read(join(ROOT, FILE))) == {
        "format": 1,
        "owner": "one",
        "token": 1,
        "command": "run",
        "host": "here",
        "process": 7,
        "acquired_at": "2026-01-01T12:00:00Z",
        "expires_at": "2026-01-01T12:01:40Z",
        "seconds": 100,
        "renewals": 0,
        "is_released": False,
        "has_failed": False,
    }


def test_another_is_told_who_holds_it_and_what_to_do() -> None:
    store = Memory()
    store.take()
    store.now += 60
    with pytest.raises(LockedError) as locked:
        store.take("two")
    assert str(locked.value) == (
        "s3://shop/lake is held by `lakehouse run` on here (process 7) since 2026-01-01 12:00:00 UTC, until 12:01:40 "
        "UTC unless it goes on; wait for it to end. If that process is gone, run this again after that time, or let "
        "`lakehouse doctor` break the stale lease"
    )


@pytest.mark.parametrize(
    ("seconds", "is_held", "is_free"),
    [(89, True, False), (90, False, False), (100, False, False), (101, False, True)],
    ids=["in time", "not relied on any more", "not free yet", "free"],
)
def test_without_a_renewal_it_runs_out(seconds: int, is_held: bool, is_free: bool) -> None:
    store = Memory()
    lease = store.take()
    store.now += seconds
    assert holds(lease) == is_held
    if is_free:
        assert store.take("two").token == 2
    else:
        with pytest.raises(LockedError):
            store.take("two")


def holds(lease: Lease) -> bool:
    try:
        lease.require()
    except LockedError:
        return False
    return True


def test_renewals_make_it_last() -> None:
    store = Memory()
    lease = store.take()
    for _ in range(5):
        store.now += 80
        lease.renew()
    assert holds(lease)
    assert store.record().expires_at == datetime(2026, 1, 1, 12, 8, 20, tzinfo=UTC)
    with pytest.raises(LockedError):
        store.take("two")
    lease.release()
    assert store.take("two").token == 2


def test_what_ran_out_is_lost_for_good() -> None:
    store = Memory()
    lease = store.take()
    store.now += 95
    told = (
        r"`lakehouse run` lost its lease on s3://shop/lake \(paused, .* most of the 100 s it lasts\); .* run it again"
    )
    for use in (lease.require, lease.renew, lease.require):
        with pytest.raises(LockedError, match=told):
            use()
    store.now -= 95
    assert not holds(lease)


@pytest.mark.parametrize("fails", ["always", "before it is stored"])
def test_renewals_that_fail_are_noticed_before_another_may_come(fails: str) -> None:
    store = Memory()
    lease = store.take()
    store.fails = fails
    for _ in range(2):
        store.now += 40
        with pytest.raises(StorageError):
            lease.renew()
        assert holds(lease)
    store.now += 15
    assert not holds(lease)


@pytest.mark.parametrize("what", ["taking", "renewing", "releasing"])
def test_an_answer_that_is_lost_is_looked_for(what: str) -> None:
    store = Memory()
    if what == "taking":
        store.fails = "after it is stored"
    lease = store.take()
    store.fails = "after it is stored"
    if what == "renewing":
        store.now += 80
        lease.renew()
        store.now += 80
    if what == "releasing":
        lease.release()
        assert store.record().is_released
    else:
        assert holds(lease)
        assert store.record().owner == "one"


def test_it_is_noticed_who_took_it_over() -> None:
    """Also by a clock that stands still."""
    store = Memory()
    lease = store.take()
    store.now += 101
    store.take("two", "backfill")
    store.now -= 101
    assert holds(lease)
    with pytest.raises(LockedError, match=r"taken over by `lakehouse backfill` on here"):
        lease.renew()
    assert not holds(lease)
    lease.release()
    assert (store.record().owner, store.record().is_released) == ("two", False)


def test_it_is_noticed_that_it_was_removed() -> None:
    store = Memory()
    lease = store.take()
    store.objects = ()
    with pytest.raises(LockedError, match=r"_lease\.json was removed or damaged"):
        lease.renew()
    assert not holds(lease)


@pytest.mark.parametrize("ends", ["in order", "by an error", "never"])
def test_who_may_still_have_a_request_on_its_way_is_fenced(ends: str) -> None:
    store = Memory()
    lease = store.take()
    if ends != "never":
        lease.release(has_failed=ends == "by an error")
    store.now += 101
    lease = store.take("two")
    assert Snapshots(ROOT, Storage(), store).fencing_token() == (0 if ends == "in order" else lease.token)
