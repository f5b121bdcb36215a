"""Runs over generated shops, and their published numbers beside the generator's truth."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from pyspark.sql import SparkSession

from lakehouse.ask.asking import ask
from lakehouse.generate import generate
from lakehouse.grain import Grain
from lakehouse.runs.report import RunReport
from lakehouse.runs.run import Request, run
from lakehouse.runs.snapshot import Snapshot, open_snapshot
from lakehouse.runs.workspace import CHECKOUT, Workspace, open_workspace
from lakehouse.semantic.query import Calendar, Query
from lakehouse.settings import Storage

TOLERANCE = Decimal("1e-9")

Rows = Mapping[tuple[Any, ...], Mapping[str, Any]]


@dataclass(frozen=True)
class Shop:
    """A generated shop: its delivered files by object, and the truth about it."""

    folder: Path

    @cached_property
    def truth(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "truth.json").read_text()))

    @cached_property
    def days(self) -> list[str]:
        return sorted({path.name.split(".")[0][-10:] for path in self.folder.glob("*/*.csv*")})

    def deliver(self, days: Iterable[str], landing: Path) -> None:
        """Copy the files of these days, with their times, into a landing folder."""
        for day in days:
            for path in self.folder.glob(f"*/*{day}.csv*"):
                target = landing / path.relative_to(self.folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, target)


@dataclass(frozen=True)
class Runner:
    """Runs of one source into one lake, on the tests' session."""

    spark: SparkSession
    engine: str
    lake: Path
    landing: Path
    sources: tuple[str, ...] = ("demo_shop",)
    currency: str = "EUR"

    @cached_property
    def workspace(self) -> Workspace:
        opened = open_workspace(CHECKOUT, "local", self.sources)
        business = opened.settings.business.model_copy(update={"currency": self.currency})
        return replace(opened, settings=opened.settings.model_copy(update={"business": business}))

    def run(self, *, full: bool = False) -> RunReport:
        request = Request(self.workspace, str(self.lake), str(self.landing), self.engine, full)
        return run(request, lambda _progress: None, self.spark)

    def snapshot(self) -> Snapshot:
        return open_snapshot(str(self.lake), Storage())


def make_shop(folder: Path, days: int, orders_per_day: int, dirty: float, seed: int = 11) -> Shop:
    generate(folder, days, orders_per_day, seed, date(2026, 2, 20), dirty)
    return Shop(folder)


class Publisher(Protocol):
    """Whatever has published: its definitions, and its snapshot."""

    @property
    def workspace(self) -> Workspace: ...

    def snapshot(self) -> Snapshot: ...


def differences(runner: Publisher, truth: dict[str, Any]) -> Iterator[str]:
    """Every number of the truth that the published snapshot gives differently: by period, cohort and member."""
    told: Rows
    for grain in Grain:
        told = {(row["start"],): row for row in truth["grains"][grain.value]}
        yield from _differing(runner, told, Calendar(grain), ("period_start",))
    cohorts = {(row["cohort_start"], row["period_start"]): row for row in truth["cohorts"]}
    yield from _differing(runner, cohorts, Calendar.MONTH, ("cohort_start", "period_start"))
    for dimension, rows in truth["by"].items():
        told = {(row["start"], row["member"]): row for row in rows}
        yield from _differing(runner, told, Calendar.MONTH, ("period_start", dimension), (dimension,))


_KEYS = {"start", "member", "cohort_start", "period_start", "periods_since", "cohort_size"}
"""What stands in rows of the truth beside metrics."""


def _differing(
    runner: Publisher, told: Rows, grain: Calendar, keys: tuple[str, ...], by: tuple[str, ...] = ()
) -> Iterator[str]:
    """Numbers that are not as told; of a row that one side alone has, all numbers but zeros."""
    metrics = runner.workspace.metrics
    names = [name for name in next(iter(told.values()), {}) if name not in _KEYS]
    beside = [name for name in ("periods_since", "cohort_size") if name in next(iter(told.values()), {})]
    if not names:
        return
    answer = ask(runner.snapshot(), metrics, Query(tuple(names), grain, by=by)).rows.to_pylist()
    published = {tuple(_key(row[key]) for key in keys): row for row in answer}
    for key in sorted({*told, *published}, key=str):
        for name in (*beside, *names):
            expected, actual = (_number(side.get(key, {}).get(name)) for side in (told, published))
            is_there = key in told and key in published
            if not (_equal(expected, actual) or (not is_there and not expected and not actual)):
                yield f"{grain} {' '.join(map(str, key))} {name}: {actual}, and the truth is {expected}"


def _key(value: Any) -> Any:
    return str(value) if isinstance(value, date) else value


def _number(value: Any) -> Decimal | None:
    if isinstance(value, dict):
        value = value["value"]
    return None if value is None else Decimal(str(value))


def _equal(expected: Decimal | None, actual: Decimal | None) -> bool:
    if expected is None or actual is None:
        return expected is actual
    return abs(expected - actual) <= TOLERANCE * max(Decimal(1), abs(expected))
