"""Runs over generated shops, and their published numbers beside the generator's truth."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from pyspark.sql import SparkSession

from lakehouse.ask.asking import ask
from lakehouse.generate import generate
from lakehouse.runs.report import RunReport
from lakehouse.runs.run import Request, run
from lakehouse.runs.snapshot import Snapshot, open_snapshot
from lakehouse.runs.workspace import CHECKOUT, Workspace, open_workspace
from lakehouse.semantic.query import Calendar, Query
from lakehouse.settings import Grain, Storage

TOLERANCE = Decimal("1e-9")


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
    """Every number of the truth that the published snapshot gives differently, at each grain."""
    metrics = runner.workspace.metrics
    for grain in Grain:
        periods = truth["grains"][grain.value]
        names = [name for name in periods[0] if name != "start"]
        answer = ask(runner.snapshot(), metrics, Query(tuple(names), Calendar(grain))).rows.to_pylist()
        published = {str(row["period_start"]): row for row in answer}
        for period in periods:
            for name in names:
                expected = _number(period[name])
                actual = _number(published.get(period["start"], {}).get(name))
                if not _equal(expected, actual):
                    yield f"{grain} {period['start']} {name}: {actual}, and the truth is {expected}"


def _number(value: Any) -> Decimal | None:
    if isinstance(value, dict):
        value = value["value"]
    return None if value is None else Decimal(str(value))


def _equal(expected: Decimal | None, actual: Decimal | None) -> bool:
    if expected is None or actual is None:
        return expected is actual
    return abs(expected - actual) <= TOLERANCE * max(Decimal(1), abs(expected))
