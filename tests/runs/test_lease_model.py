"""Every interleaving of writers that pause, crash, run out of time and lose answers keeps what a lease promises.

The writers are the real code, over a store and clocks that the search holds in its hands.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple, TypeVar

import pytest
from pydantic import BaseModel

from lakehouse.errors import StorageError
from lakehouse.runs.lease import FILE, ROUNDING, Holder, Lease, Record, acquire
from lakehouse.runs.manifest import FOLDER, POINTER, Basis, Manifest, Pointer, Snapshots
from lakehouse.settings import Business, Storage
from lakehouse.storage.objects import join
from tests.runs.stepwise import (
    Answer,
    Channel,
    Lost,
    Object,
    Objects,
    Program,
    Request,
    Seen,
    Waiting,
    advance,
    carry_out,
)

M = TypeVar("M", bound=BaseModel)

ROOT = "s3://shop/lake"
SECONDS = 60
POINTER_URI = join(ROOT, FOLDER, POINTER)
PAUSE = SECONDS / 2 + ROUNDING
"""Two of them, and who did not renew has lost the lake."""

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOLDER = {"command": "run", "host": "here", "process": 1, "acquired_at": NOON}
BASIS = Basis(code_sha256="c", metrics_sha256="m", business=Business(), sources={})


def manifest(run_id: str, token: int | None, base: Manifest | None) -> Manifest:
    return Manifest(
        run_id=run_id,
        created_at=NOON,
        engine="sail",
        parent_run_id=base.run_id if base else None,
        parent_sha256=base.sha256 if base else None,
        fencing_token=token,
        basis=BASIS,
        tables={},
        files_in=1,
        rows_in=1,
    )


def writer(name: str, *, renews: bool) -> Program:
    """A command that publishes the run `name`, as `hold` has it."""
    holder = Holder(owner=name, **HOLDER)

    def program(channel: Channel, seen: Seen) -> None:
        snapshots = Snapshots(ROOT, Storage(), channel)
        lease = acquire(channel, snapshots, ROOT, holder, SECONDS, channel.clock)
        seen.lease = lease
        try:
            if renews:
                with suppress(StorageError):
                    lease.renew()
            snapshots.publish(manifest(name, lease.token, snapshots.current()), lease.require)
        except Waiting:
            # It has not come this far yet, and releases nothing.
            raise
        except BaseException:
            lease.release(has_failed=True)
            raise
        lease.release()

    return program


# ── what can happen ───────────────────────────────────────────────────────────────────────────────────────────────────


class Budget(NamedTuple):
    """How much may still go wrong."""

    pauses: int = 0
    pause: float = PAUSE
    lost: int = 0
    late: int = 0


class State(NamedTuple):
    """The world at one moment: what is stored, what is on its way, and how far every writer is."""

    objects: Objects
    now: float
    writers: tuple[int, ...]
    budget: Budget
    on_its_way: tuple[Request, ...] = ()
    published: tuple[str, ...] = ()

    def spend(self, name: str) -> State:
        return self._replace(budget=self.budget._replace(**{name: getattr(self.budget, name) - 1}))

    def with_writer(self, number: int, at: int) -> State:
        return self._replace(writers=(*self.writers[:number], at, *self.writers[number + 1 :]))

    def store(self, request: Request) -> tuple[Answer, State]:
        answer, objects = carry_out(request, self.objects, self.now)
        if objects is self.objects:
            return answer, self
        after = self._replace(objects=objects)
        old, new = pointer(self), pointer(after)
        if new.run_id != old.run_id:
            after = after._replace(published=(*self.published, str(new.run_id)))
        return answer, after


def pointer(state: State) -> Pointer:
    return parsed(Pointer, stored(state, FOLDER, POINTER)) or Pointer()


def token(state: State) -> int:
    record = parsed(Record, stored(state, FILE))
    return record.token if record else 0


def stored(state: State, *parts: str) -> bytes | None:
    uri = join(ROOT, *parts)
    return next((found.content for name, found in state.objects if name == uri), None)


@cache
def parsed(model: type[M], content: bytes | None) -> M | None:
    return model.model_validate_json(content) if content is not None else None


@dataclass
class Search:
    """All states that can be reached, each looked at once."""

    programs: dict[str, Program]
    told: list[tuple[Answer, ...]] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    known: dict[tuple[int, int, Answer], int] = field(default_factory=dict)
    outcomes: set[tuple[str, str]] = field(default_factory=set)

    def _add(self, program: Program, told: tuple[Answer, ...]) -> int:
        self.told.append(told)
        self.seen.append(advance(program, told))
        return len(self.seen) - 1

    def tell(self, state: State, number: int, answer: Answer) -> State:
        """The writer goes on by one answer."""
        at = state.writers[number]
        key = number, at, answer
        if key not in self.known:
            program = list(self.programs.values())[number]
            self.known[key] = self._add(program, (*self.told[at], answer))
        return state.with_writer(number, self.known[key])

    def following(self, state: State) -> Iterator[State]:
        requests = {number: one for number, at in enumerate(state.writers) if (one := self.seen[at].request)}
        if not state.budget.pauses:
            # No time passes any more, so it is the same when a clock is read.
            for number, request in requests.items():
                if request.verb == "clock":
                    yield self.tell(state, number, state.now)
                    return
        if state.budget.pauses:
            yield state.spend("pauses")._replace(now=state.now + state.budget.pause)
        for request in state.on_its_way:
            yield state.store(request)[1]._replace(on_its_way=())
        for number, request in requests.items():
            yield from self.answered(state, number, request)

    def answered(self, state: State, number: int, request: Request) -> Iterator[State]:
        answer, after = state.store(request)
        yield self.tell(after, number, answer)
        if request.verb in {"create", "replace"}:
            if state.budget.lost:
                yield self.tell(after.spend("lost"), number, Lost())
            if state.budget.late:
                yield self.tell(state.spend("late")._replace(on_its_way=(request,)), number, Lost())

    def start(self, objects: Objects, budget: Budget) -> State:
        """All writers before their first request."""
        return State(objects, 0.0, tuple(self._add(program, ()) for program in self.programs.values()), budget)

    def paused_before_publishing(self, state: State) -> State:
        """The first writer has asked for all but the pointer's move, and its lease has run out meanwhile."""
        while (request := self.seen[state.writers[0]].request) and request[:2] != ("replace", POINTER_URI):
            answer, after = state.store(request)
            state = self.tell(after, 0, answer)
        return state._replace(now=state.now + 2 * PAUSE)

    def run(self, state: State) -> int:
        """Look at every state from this one on; how many there are."""
        found, left = {state}, [state]
        while left:
            state = left.pop()
            for after in self.following(state):
                if after not in found:
                    self.check(after)
                    found.add(after)
                    left.append(after)
                self.check_step(state, after)
        return len(found)

    # ── what must hold ────────────────────────────────────────────────────────────────────────────────────────────────

    def leases(self, state: State) -> list[Lease]:
        return [lease for at in state.writers if (lease := self.seen[at].lease)]

    def check(self, state: State) -> None:
        leases = self.leases(state)
        assert len(leases) == len({lease.token for lease in leases}), "two holders have one token"
        holding = [lease for lease in leases if lease._lost is None and state.now < lease._valid_until]
        assert len(holding) <= 1, "two hold the lake at once"
        for name, at in zip(self.programs, state.writers, strict=True):
            if ended := self.seen[at].ended:
                self.outcomes.add((name, ended))
                assert ended != "done" or name in state.published, "said to be published, and was not"
                assert ended != "refused" or name not in state.published, "said to be refused, and was published"

    def check_step(self, before: State, after: State) -> None:
        if after.objects is before.objects:
            return
        assert token(after) >= token(before), "the tokens went back"
        old, new = pointer(before), pointer(after)
        assert new.fencing_token >= old.fencing_token, "the pointer went back to a smaller token"
        if new.run_id == old.run_id:
            return
        published = parsed(Manifest, stored(after, FOLDER, f"{new.run_id}.json"))
        assert published is not None, "what the pointer names is missing"
        assert published.parent_run_id == old.run_id, "a published run was lost"
        assert published.fencing_token == new.fencing_token
        assert new.fencing_token >= max(lease.token for lease in self.leases(after)), "published from under another"


def stored_before(token: int | None) -> Objects:
    """A lake that has published a run: with a lease and a token, or (None) in a version that knew neither."""
    run = manifest("before", token, None)
    pointed = Pointer(run_id="before", manifest_sha256=run.sha256, fencing_token=token or 0)
    contents = {"before.json": run.content(), POINTER: pointed.content()}
    if token is None:
        contents[POINTER] = json.dumps({"format": 1, "run_id": "before", "manifest_sha256": run.sha256}).encode()
    objects = {join(ROOT, FOLDER, name): Object(content, 0.0) for name, content in contents.items()}
    if token is not None:
        record = Record(owner="before", **HOLDER, token=token, seconds=SECONDS, expires_at=NOON, is_released=True)
        objects[join(ROOT, FILE)] = Object(record.content(), 0.0)
    return tuple(sorted(objects.items()))


@pytest.mark.parametrize(
    ("objects", "budget", "outcomes"),
    [
        pytest.param(stored_before(7), Budget(pauses=3), {"done", "refused"}, id="paused"),
        pytest.param((), Budget(pauses=2, lost=1), {"done", "refused", "failed"}, id="an answer lost"),
        pytest.param(stored_before(None), Budget(pauses=2, late=1), {"done", "refused", "failed"}, id="a late write"),
    ],
)
def test_two_writers(objects: Objects, budget: Budget, outcomes: set[str]) -> None:
    """A writer that crashes is one whose turn never comes again."""
    search = Search({"one": writer("one", renews=True), "two": writer("two", renews=False)})
    assert search.run(search.start(objects, budget)) > 50_000
    assert search.outcomes == {(name, outcome) for name in search.programs for outcome in outcomes}


@pytest.mark.parametrize("objects", [(), stored_before(7)], ids=["a new lake", "a lake"])
def test_two_more_after_one_that_was_paused(objects: Objects) -> None:
    search = Search({name: writer(name, renews=False) for name in ("one", "two", "three")})
    paused = search.paused_before_publishing(search.start(objects, Budget(pauses=1, pause=2 * PAUSE)))
    assert search.run(paused) > 10_000
    assert ("one", "done") in search.outcomes, "nobody came before it was back"
    assert ("one", "refused") in search.outcomes
