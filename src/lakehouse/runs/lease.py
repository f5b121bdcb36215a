"""One writer at a time: the lease that every command holds while it writes to a lake.

In a folder a lock of the operating system decides, which is free again when its process ends, however that ends. In S3
an object decides, which moves by compare-and-set: its holder renews it, and once it has stayed as it is for longer than
it lasts, the next writer takes it over. The object counts holders by a fencing token, which only ever grows; what was
published with one token can not be replaced by the holder of a smaller one.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Literal
from uuid import uuid4

from pydantic import Field, ValidationError

from lakehouse.errors import IntegrityError, LockedError, StorageError
from lakehouse.runs.manifest import Snapshots
from lakehouse.runs.termination import ending_in_order
from lakehouse.settings import Frozen, Storage
from lakehouse.storage.objects import ObjectStore, is_remote, join, make_folder, store_for

FILE = "_lease.json"
LOCK = ".lock"

RENEWALS = 6
"""How often a lease is renewed while it lasts."""

TRUST = 0.9
"""The part of a lease's time that its holder relies on: clocks do not all run alike."""

ROUNDING = 1.0
"""Seconds by which an age can be told too great: stores tell times in whole seconds."""

PATIENCE = 5.0
"""Seconds that a command waits at its end for a renewal that is under way."""

Clock = Callable[[], float]
"""Seconds since some moment."""


def since_boot() -> float:
    """Seconds since this machine started, those that it slept through too, where the system counts them."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Holder(Frozen):
    """Who holds a lake; all but `owner` is for people to read."""

    owner: str
    command: str
    host: str
    process: int
    acquired_at: datetime


class Record(Holder):
    """The lease as it is stored. Its times are by the holder's clock: nobody decides anything by them."""

    format: Literal[1] = 1
    token: int = Field(ge=1)
    seconds: int | None
    expires_at: datetime | None
    renewals: int = 0
    is_released: bool = False
    has_failed: bool = False

    @property
    def may_come_back(self) -> bool:
        """Whether its holder, or a request of it that is still under way, can reach the store after the lease."""
        return self.seconds is not None and (self.has_failed or not self.is_released)

    def content(self) -> bytes:
        return json.dumps(self.model_dump(mode="json"), sort_keys=True).encode()

    def is_held(self, age: float) -> bool:
        """Whether its holder may still be at work, when the record has not changed for `age` seconds."""
        return not self.is_released and self.seconds is not None and age < self.seconds + ROUNDING

    def told(self, root: str) -> str:
        who = f"{root} is held by `lakehouse {self.command}` on {self.host} (process {self.process})"
        since = f"{who} since {self.acquired_at:%Y-%m-%d %H:%M:%S} UTC"
        if self.expires_at is None:
            return f"{since}; wait for it to end: the lake is free as soon as that process is gone"
        return (
            f"{since}, until {self.expires_at:%H:%M:%S} UTC unless it goes on; wait for it to end. If that process is "
            "gone, run this again after that time, or let `lakehouse doctor` break the stale lease"
        )


class Lease:
    """A lake held by this process."""

    def __init__(self, store: ObjectStore, root: str, record: Record, clock: Clock) -> None:
        self._store = store
        self._root = root
        self._clock = clock
        self._acquired = clock()
        self._record = record
        self._lost: str | None = None
        self._valid_until = self._end(self._acquired)

    @property
    def token(self) -> int:
        """Greater than that of everyone who held the lake before."""
        return self._record.token

    def require(self) -> None:
        """Return only if this process is the lake's one writer; else LockedError, from then on every time."""
        if self._lost is None and self._clock() >= self._valid_until:
            self._lost = (
                f"paused, or without an answer from the store, for most of the {self._record.seconds} s it lasts"
            )
        if self._lost is not None:
            raise self._refusal(self._lost)

    def renew(self) -> None:
        """Hold it for its whole time again; LockedError if it is lost, StorageError if the store does not answer."""
        self.require()
        began = self._clock()
        before = self._stored()
        changes = {"renewals": self._record.renewals + 1, "expires_at": self._expires_at(began)}
        self._record = self._record.model_copy(update=changes)
        # Where that does not succeed, an earlier renewal has arrived late: the next one sees it.
        if self._put(self._record, before):
            self._valid_until = self._end(began)

    def release(self, *, has_failed: bool = False) -> None:
        """Let the next writer in at once. If the store does not answer, the lease runs out by itself."""
        self._lost = self._lost or "released"
        with suppress(LockedError, StorageError):
            changes = {"is_released": True, "has_failed": has_failed}
            self._put(self._record.model_copy(update=changes), self._stored())

    def take(self, before: bytes | None) -> None:
        """Store it in the place of what was seen there; LockedError if somebody else was faster."""
        if not self._put(self._record, before):
            raise LockedError(f"another command took {self._root} at the same moment; wait for it to end")

    def _stored(self) -> bytes:
        """What is stored; LockedError if that is no longer ours."""
        try:
            content = self._store.read(join(self._root, FILE))
            stored = _parsed(self._root, content)
        except (FileNotFoundError, IntegrityError):
            self._lost = f"{FILE} was removed or damaged"
        else:
            if stored.owner == self._record.owner:
                return content
            self._lost = f"taken over by `lakehouse {stored.command}` on {stored.host}"
        raise self._refusal(self._lost)

    def _refusal(self, why: str) -> LockedError:
        return LockedError(
            f"`lakehouse {self._record.command}` lost its lease on {self._root} ({why}); "
            "it publishes nothing any more: run it again"
        )

    def _put(self, record: Record, before: bytes | None) -> bool:
        """Whether it is stored now; the answer to a write can get lost, so it is looked for, too."""
        uri = join(self._root, FILE)
        try:
            return self._store.replace(uri, record.content(), before)
        except StorageError:
            with suppress(FileNotFoundError):
                if self._store.read(uri) == record.content():
                    return True
            raise

    def _end(self, began: float) -> float:
        """Until when it is relied on, counted from before the store was asked."""
        return began + TRUST * self._record.seconds if self._record.seconds is not None else float("inf")

    def _expires_at(self, began: float) -> datetime | None:
        if self._record.seconds is None:
            return None
        return self._record.acquired_at + timedelta(seconds=began - self._acquired + self._record.seconds)


def acquire(
    store: ObjectStore,
    snapshots: Snapshots,
    root: str,
    holder: Holder,
    seconds: int | None,
    clock: Clock = since_boot,
) -> Lease:
    """The lake's lease, for so many seconds unless it is renewed, or for ever (None: a lock keeps others out).

    LockedError if somebody else may still be at work. Nobody who held the lake before can publish from now on.
    """
    before, last, age = _look(store, root)
    if last is not None and last.is_held(age):
        raise LockedError(last.told(root))
    token = 1 + max(last.token if last else 0, _published_token(snapshots))
    expires_at = holder.acquired_at + timedelta(seconds=seconds) if seconds is not None else None
    record = Record(**holder.model_dump(), token=token, seconds=seconds, expires_at=expires_at)
    lease = Lease(store, root, record, clock)
    lease.take(before)
    if last is not None and last.may_come_back:
        try:
            with suppress(IntegrityError):
                snapshots.fence(token)
        except BaseException:
            lease.release(has_failed=True)
            raise
    return lease


@contextmanager
def hold(root: str, storage: Storage, command: str) -> Iterator[Lease]:
    """Be the lake's one writer, for the time of a command, which is named as on the command line.

    LockedError, at once, if another process holds it; StorageError if there can be no such lake; IntegrityError if its
    lease can not be read. Given back at the end, also at an error, Ctrl-C or SIGTERM.
    """
    holder = Holder(
        owner=uuid4().hex,
        command=command,
        host=socket.gethostname(),
        process=os.getpid(),
        acquired_at=datetime.now(UTC),
    )
    seconds = storage.lease_seconds if is_remote(root) else None
    with ending_in_order(), _locked(root) if seconds is None else nullcontext():
        lease = acquire(store_for(root, storage), Snapshots(root, storage), root, holder, seconds)
        try:
            with _renewed(lease, seconds):
                yield lease
        except BaseException:
            lease.release(has_failed=True)
            raise
        lease.release()


def at_work(root: str, storage: Storage) -> Record | None:
    """The lease of who may be at work now, found without touching it; None if the lake is free."""
    _, last, age = _look(store_for(root, storage), root)
    if last is None or last.is_released:
        return None
    if last.seconds is not None:
        return last if last.is_held(age) else None
    return last if last.host != socket.gethostname() or _lives(last.process) else None


def stale(root: str, storage: Storage) -> Record | None:
    """The lease of a writer who is gone without giving it back; None if there is none."""
    _, last, age = _look(store_for(root, storage), root)
    if last is None or last.is_released or last.is_held(age):
        return None
    if not is_remote(root):
        with suppress(LockedError), _locked(root):
            return last
        return None
    return last


def break_stale(root: str, storage: Storage) -> Record | None:
    """Free a lake whose writer is gone; the record of the broken lease, None if nobody held it.

    LockedError if the writer may still be at work. It could not publish any more, should it come back.
    """
    _, last, _ = _look(store_for(root, storage), root)
    if last is None or last.is_released:
        return None
    with hold(root, storage, "doctor"):
        return last


@contextmanager
def _renewed(lease: Lease, seconds: int | None) -> Iterator[None]:
    """Renew a lease of so many seconds all along."""
    if seconds is None:
        yield
        return
    ended = Event()

    def renew() -> None:
        while not ended.wait(seconds / RENEWALS):
            try:
                lease.renew()
            except StorageError:
                # Tried again; if that goes on too long, `require` tells.
                continue
            except LockedError:
                return

    thread = Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(PATIENCE)


@contextmanager
def _locked(root: str) -> Iterator[None]:
    """Hold the operating system's lock on a folder; LockedError, which names the holder, if another process does."""
    folder = Path(root)
    make_folder(folder)
    with (folder / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            _, last, _ = _look(store_for(root, Storage()), root)
            if last is None or last.is_released:
                raise LockedError(f"another command is at work on {root}; wait for it to end") from error
            raise LockedError(last.told(root)) from error
        yield


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _look(store: ObjectStore, root: str) -> tuple[bytes | None, Record | None, float]:
    """What is stored, as bytes and as what it says, and for how many seconds it has been that."""
    try:
        content, age = store.read_with_age(join(root, FILE))
    except FileNotFoundError:
        return None, None, 0.0
    return content, _parsed(root, content), age


def _parsed(root: str, content: bytes) -> Record:
    try:
        return Record.model_validate_json(content)
    except ValidationError as error:
        uri = join(root, FILE)
        raise IntegrityError(f"{uri} can not be read: it is damaged; if no command is at work, delete it") from error


def _published_token(snapshots: Snapshots) -> int:
    # A damaged pointer is mended by a command that has to hold the lake for it.
    with suppress(IntegrityError):
        return snapshots.fencing_token()
    return 0
