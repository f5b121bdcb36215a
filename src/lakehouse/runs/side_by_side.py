"""Tasks of which some wait for others, carried out several at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

AT_ONCE = min(4, os.cpu_count() or 1)
"""An engine plans a query on one core, and a commit waits for storage: what else is there goes on meanwhile."""


def side_by_side(
    tasks: Mapping[str, tuple[Task, Collection[str]]], carry_out: Callable[[Task], Result], at_once: int
) -> dict[str, Result]:
    """The result of each task, by name; a task comes with the names of those that it waits for, others are ignored.

    What a task raises is raised once the tasks that are at work have ended; no further one is begun.
    """
    order = TopologicalSorter({name: set(needed) & tasks.keys() for name, (_, needed) in tasks.items()})
    order.prepare()
    results: dict[str, Result] = {}
    working: dict[Future[Result], str] = {}
    with ThreadPoolExecutor(at_once) as pool:
        while order.is_active():
            for name in sorted(order.get_ready(), key=list(tasks).index):
                working[pool.submit(carry_out, tasks[name][0])] = name
            ended, _ = wait(working, return_when=FIRST_COMPLETED)
            for future in ended:
                name = working.pop(future)
                try:
                    results[name] = future.result()
                except BaseException:
                    pool.shutdown(cancel_futures=True)
                    raise
                order.done(name)
    return results
