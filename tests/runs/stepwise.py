"""Programs over an object store that go on by one request at a time, so that a test can try every interleaving of them.

A program is run again from its start with the answers that it got so far, up to the request that it has no answer to.
So it is a function of its answers, and nothing of it has to be paused, copied or put back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lakehouse.errors import LockedError, StorageError
from lakehouse.runs.lease import Lease
from lakehouse.storage.objects import StoredObject


class Object(NamedTuple):
    """What is stored, and when it was."""

    content: bytes
    stored_at: float


class Request(NamedTuple):
    """What a program asks of the world; of a clock, too."""

    verb: str
    uri: str = ""
    content: bytes = b""
    expected: bytes | None = None


class Lost(NamedTuple):
    """The answer that never came."""


class Absent(NamedTuple):
    """The answer that there is no such object."""


class Present(NamedTuple):
    """The answer that there is one already."""


Answer = bytes | float | bool | Object | Lost | Absent | Present | None
Objects = tuple[tuple[str, Object], ...]


def carry_out(request: Request, objects: Objects, now: float) -> tuple[Answer, Objects]:
    """What the store answers, and what it then holds."""
    held = dict(objects)
    found = held.get(request.uri)
    if request.verb == "clock":
        return now, objects
    if request.verb == "read":
        return (Object(found.content, now - found.stored_at) if found else Absent()), objects
    if request.verb == "create" and found:
        return Present(), objects
    if request.verb == "replace" and (found.content if found else None) != request.expected:
        return False, objects
    held[request.uri] = Object(request.content, now)
    return True, tuple(sorted(held.items()))


class Waiting(BaseException):
    """The program has asked what it has no answer to yet."""


@dataclass
class Channel:
    """The store and the clock that a program sees: the answers so far, then a request."""

    answers: tuple[Answer, ...]
    asked: int = 0
    request: Request | None = None

    def _ask(self, request: Request) -> Answer:
        # A program that waits goes on nowhere, in no `finally` either.
        if self.request is None and self.asked < len(self.answers):
            answer = self.answers[self.asked]
            self.asked += 1
            if isinstance(answer, Lost):
                raise StorageError(f"could not {request.verb} {request.uri}: timed out")
            if isinstance(answer, Absent):
                raise FileNotFoundError(request.uri)
            if isinstance(answer, Present):
                raise FileExistsError(request.uri)
            return answer
        self.request = self.request or request
        raise Waiting

    def clock(self) -> float:
        now = self._ask(Request("clock"))
        assert isinstance(now, float)
        return now

    def list(self, prefix: str) -> Iterator[StoredObject]:
        raise NotImplementedError

    def delete(self, uris: Sequence[str]) -> None:
        raise NotImplementedError

    def read(self, uri: str) -> bytes:
        return self.read_with_age(uri)[0]

    def read_with_age(self, uri: str) -> tuple[bytes, float]:
        found = self._ask(Request("read", uri))
        assert isinstance(found, Object)
        return found.content, found.stored_at

    def create(self, uri: str, content: bytes) -> None:
        self._ask(Request("create", uri, content))

    def replace(self, uri: str, content: bytes, expected: bytes | None) -> bool:
        return self._ask(Request("replace", uri, content, expected)) is True


@dataclass
class Seen:
    """How far a program has come: the lease that it got, its next request, or how it ended."""

    lease: Lease | None = None
    request: Request | None = None
    ended: str | None = None


Program = Callable[[Channel, Seen], None]


def advance(program: Program, answers: tuple[Answer, ...]) -> Seen:
    """Run a program as far as the answers go."""
    channel, seen = Channel(answers), Seen()
    try:
        program(channel, seen)
    except Waiting:
        seen.request = channel.request
    except LockedError:
        seen.ended = "refused"
    except StorageError:
        seen.ended = "failed"
    else:
        seen.ended = "done"
    return seen
