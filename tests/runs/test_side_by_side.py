"""Tasks that wait for others, several at once."""

from __future__ import annotations

from threading import Barrier, Event

import pytest

from lakehouse.runs.side_by_side import side_by_side

NEEDED = {"d": ("b", "c"), "b": ("a",), "c": ("a", "not among them"), "a": ()}
TASKS = {name: (name, needed) for name, needed in NEEDED.items()}


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_each_comes_after_those_it_waits_for(workers: int) -> None:
    ended: list[str] = []

    def carry_out(name: str) -> str:
        assert {needed for needed in NEEDED[name] if needed in NEEDED} <= set(ended)
        ended.append(name)
        return name.upper()

    assert side_by_side(TASKS, carry_out, workers) == {name: name.upper() for name in TASKS}
    assert sorted(ended) == sorted(TASKS)


def test_those_that_do_not_wait_for_each_other_are_at_work_together() -> None:
    both = Barrier(2, timeout=20)

    def carry_out(name: str) -> None:
        if name in ("b", "c"):
            both.wait()

    assert set(side_by_side(TASKS, carry_out, workers=2)) == set(TASKS)


def test_one_at_a_time_keeps_the_order_in_which_they_are_given() -> None:
    begun: list[str] = []
    side_by_side({name: (name, ()) for name in "cab"}, begun.append, workers=1)
    assert begun == ["c", "a", "b"]


def test_after_a_failure_those_at_work_end_and_no_other_begins() -> None:
    ended: list[str] = []
    failing = Event()

    def carry_out(name: str) -> None:
        if name == "b":
            failing.set()
            raise KeyboardInterrupt
        if name == "c":
            assert failing.wait(20)
        ended.append(name)

    with pytest.raises(KeyboardInterrupt):
        side_by_side(TASKS, carry_out, workers=2)
    assert ended == ["a", "c"]
