"""Tasks of which some wait for others, carried out several at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from typing import TypeVar

from lakehouse import verbs
from lakehouse.spark import SparkSession

Task = TypeVar("Task")
Result = TypeVar("Result")

AT_ONCE = min(4, os.cpu_count() or 1)


def at_once(spark: SparkSession, *, are_whole: bool) -> int:
    """How many tables are made at once: an engine plans on one core, and a commit waits for storage.

    Whole tables are made one by one by an engine in this process (Sail 0.7.2), which may need all the memory for each.
    """
    return 1 if are_whole and verbs.is_connect(spark) else AT_ONCE


def side_by_side(
    tasks: Mapping[str, tuple[Task, Collection[str]]], carry_out: Callable[[Task], Result], workers: int
) -> dict[str, Result]:
    """The result of each task, by name; a task comes with the names of those that it waits for, others are ignored.

    What a task raises is raised once the tasks that are at work have ended; no further one is begun.
    """
    order = TopologicalSorter({name: set(needed) & tasks.keys() for name, (_, needed) in tasks.items()})
    order.prepare()
    results: dict[str, Result] = {}
    working: dict[Future[Result], str] = {}
    with ThreadPoolExecutor(workers) as pool:
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
