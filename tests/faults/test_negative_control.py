"""The same faults, with the plain script: a suite that it passed would measure nothing."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from deltalake import DeltaTable

from tests.faults.acts import CommitToo, ForbidGrowth, Read, Signal
from tests.faults.processes import run, start
from tests.faults.scorecard import CONTROL, Score, score
from tests.faults.story import Fault, Prepared
from tests.faults.subject import difference

pytestmark = pytest.mark.faults

NOT_SAFE, LOST, DUPLICATE, MIXED = "not safe", "rows lost", "duplicate rows", "mixed reads"


def killed(plain: Prepared, _seen: Path) -> Score:
    return plain.suffer(Fault("Killed", "before gold.fact_orders", (-9,)), Signal("before gold.fact_orders"))


def disk_full(plain: Prepared, _seen: Path) -> Score:
    fault = Fault("Files may not grow", "gold", (6,), "error: ")
    return plain.suffer(fault, ForbidGrowth("before gold.fact_orders"))


def two_at_once(plain: Prepared, _seen: Path) -> Score:
    """The first is paused; the second should be refused."""
    plain.restart()
    first = start(plain.subject, Signal("before gold.fact_orders", signal.SIGSTOP))
    try:
        first.until_paused()
        second = run(plain.subject)
        first.signal(signal.SIGCONT)
        ended = first.wait()
    finally:
        first.kill()
    seen = plain.subject.read()
    return score(
        "Two runs at once",
        "the first is paused before gold.fact_orders",
        second.said,
        is_safe=second.code == 5 and ended.code == 0,
        mixed_reads=int(not plain.is_whole(seen)),
        differences=[difference(plain.clean, seen)],
    )


def foreign_commit(plain: Prepared, _seen: Path) -> Score:
    return plain.suffer(
        Fault("A foreign commit", "after our commit to silver.orders", (7,)), CommitToo("after silver.orders")
    )


def cut_rows(plain: Prepared, _seen: Path) -> Score:
    plain.restart()
    for uri in DeltaTable(plain.subject.lake / "silver" / "orders").file_uris():
        path = Path(uri)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return plain.judge(Fault("Cut files", "a data file", (0, 7), may_be_unreadable=True), run(plain.subject))


def readers(plain: Prepared, seen: Path) -> Score:
    plain.restart()
    ended = run(plain.subject, Read(plain.subject, seen))
    return plain.judge_reads(Fault("Readers", "one at every moment of a run"), ended, seen)


EXPECTED: list[tuple[Callable[[Prepared, Path], Score], frozenset[str]]] = [
    (killed, frozenset({MIXED})),
    (disk_full, frozenset({NOT_SAFE, MIXED})),
    (two_at_once, frozenset({NOT_SAFE})),
    (foreign_commit, frozenset({NOT_SAFE, LOST, DUPLICATE, MIXED})),
    (cut_rows, frozenset()),
    (readers, frozenset({MIXED})),
]
"""What each fault brings about; a cut file does no harm, since all tables are written anew each time."""


@pytest.mark.parametrize(("story", "failures"), EXPECTED, ids=[story.__name__ for story, _ in EXPECTED])
def test_plain_script(
    plain: Prepared, tmp_path: Path, story: Callable[[Prepared, Path], Score], failures: frozenset[str]
) -> None:
    found = story(plain, tmp_path / "seen")
    CONTROL.append(found)
    assert found.failures == failures, found
