"""Two runs at once, a writer that is paused and wakes up, in a folder and in a bucket."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.faults.acts import Signal
from tests.faults.bucket import InBucket
from tests.faults.processes import Started, run, start
from tests.faults.scorecard import record, score
from tests.faults.story import Fault, Prepared
from tests.faults.subject import difference

pytestmark = pytest.mark.faults

LEASE_SECONDS = 10
"""Long enough for a run on a busy machine to renew it in time."""


@contextmanager
def paused(prepared: Prepared, moment: str) -> Iterator[Started]:
    """A run that stopped at a moment."""
    started = start(prepared.subject, Signal(moment, signal.SIGSTOP))
    try:
        started.until_paused()
        yield started
    finally:
        started.kill()


@pytest.mark.parametrize("moment", ["before silver.orders", "before pointer"])
def test_two_at_once(lakehouse: Prepared, moment: str) -> None:
    """The second is refused while the first is at work, paused or not; the first goes on and publishes."""
    lakehouse.restart()
    with paused(lakehouse, moment) as first:
        second = run(lakehouse.subject)
        seen = lakehouse.subject.read()
        first.signal(signal.SIGCONT)
        ended = first.wait()
    found = score(
        "Two runs at once",
        f"the first is paused {moment}",
        f"{second.code}: {second.said}",
        is_safe=second.code == 5 and f"(process {first.pid})" in second.said and ended.code == 0,
        mixed_reads=int(not lakehouse.is_whole(seen)),
        differences=[difference(lakehouse.clean, lakehouse.subject.read())],
    )
    assert record(found).is_good, found


LOST, TAKEN = "lost its lease on ", "a later command took this lake over "


@pytest.mark.parametrize(
    ("moment", "says"),
    [
        ("ahead of silver.orders", {5: LOST}),
        # The commit fails, or, of a table that is made beside it, the lease is asked for first.
        ("before silver.orders", {5: LOST, 7: "another writer is at work on this lake"}),
        ("ahead of publishing", {5: TAKEN}),
    ],
    ids=["ahead of a commit", "about to commit", "ahead of publishing"],
)
def test_a_paused_writer_wakes_up_after_another(
    lakehouse: Prepared, in_bucket: InBucket, moment: str, says: dict[int, str]
) -> None:
    """In a bucket its lease runs out: the next run publishes, and the one that wakes up writes nothing more."""
    prepared = in_bucket.prepared(lakehouse, LEASE_SECONDS)
    with paused(prepared, moment) as first:
        second = in_bucket.run_when_free(prepared.subject)
        manifest = in_bucket.published(prepared.subject)
        first.signal(signal.SIGCONT)
        ended = first.wait()
    found = score(
        "A paused writer wakes up",
        f"{moment}; another published meanwhile",
        f"{ended.code}: {ended.said}",
        is_safe=second.code == 0
        and ended.code in says
        and says[ended.code] in ended.said
        and in_bucket.published(prepared.subject) == manifest,
        mixed_reads=0,
        differences=[difference(prepared.clean, prepared.subject.read())],
    )
    assert record(found).is_good, found


def test_a_paused_writer_wakes_up_beside_another(lakehouse: Prepared, in_bucket: InBucket) -> None:
    """It had asked for its lease the last time, and was about to move the pointer, when another took the lake."""
    prepared = in_bucket.prepared(lakehouse, LEASE_SECONDS)
    subject = prepared.subject
    with paused(prepared, "before pointer") as first:
        before = in_bucket.published(subject)
        with in_bucket.held_when_free(subject):
            first.signal(signal.SIGCONT)
            ended = first.wait()
            after = in_bucket.published(subject)
    fault = Fault("A paused writer wakes up", "before pointer; another is at work", (5,), "run again on top of it")
    found = record(prepared.judge(fault, ended))
    assert found.is_good, found
    assert before == after
