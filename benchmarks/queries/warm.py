"""The question asked again and again in one process, in turns with SQL by hand: `python -m benchmarks.queries.warm`.

Prints one line of JSON: seconds of each, in the order of the rounds. FailedError if their numbers differ.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

import lakehouse
from benchmarks.agreement import KPIS
from benchmarks.contestants import FailedError
from benchmarks.queries.question import Question
from lakehouse.ask.lake import Lake
from lakehouse.storage.versions import open_version

ROUNDS = 30
BY_HAND = Path(__file__).with_name("by_hand.sql")


def main(arguments: Sequence[str]) -> None:
    question = Question(Path(arguments[0]), date.fromisoformat(arguments[1]))
    lake = lakehouse.open(question.lake)
    ways = {"lakehouse": lambda: _asked(lake, question), "by hand": _by_hand(lake, question)}
    _require_alike(*(way() for way in ways.values()))
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - began)
    print(json.dumps(seconds))


def _asked(lake: Lake, question: Question) -> pa.Table:
    return lake.query(KPIS, grain="week", start=question.first, end=question.last).rows


def _by_hand(lake: Lake, question: Question) -> Callable[[], pa.Table]:
    """The same numbers from the KPI tables' Parquet files, on a connection that stays open."""
    connection, text = duckdb.connect(), BY_HAND.read_text(encoding="utf-8")
    values: dict[str, Any] = {"first": question.first, "last": question.last}
    for mart in ("revenue", "orders", "payments", "customers"):
        full, version = lake.snapshot.pinned(f"kpi_{mart}_daily")
        values[mart] = open_version(lake.snapshot.root, full, lake.snapshot.storage, version).file_uris()
    return lambda: connection.sql(text, params=values).to_arrow_table()


def _require_alike(one: pa.Table, other: pa.Table) -> None:
    pairs = zip(one.to_pylist(), other.to_pylist(), strict=True)
    for ours, theirs in pairs:
        wrong = [name for name in KPIS if not _is_alike(ours[name], theirs[name])]
        if wrong or ours["period_start"] != theirs["period_start"]:
            raise FailedError(f"{ours['period_start']}: {', '.join(wrong)} differ from what is written by hand")


def _is_alike(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9)


if __name__ == "__main__":
    main(sys.argv[1:])
