"""What was measured, kept as JSON: one file per scenario and contestant, so that each can be measured anew alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.contestants import Contestant
from benchmarks.machine import describe
from benchmarks.measure import Usage


@dataclass(frozen=True)
class Sample:
    """One measured process; `parts` are the seconds that lakehouse itself tells of, `tables` those committed to."""

    usage: Usage
    parts: Mapping[str, float] = field(default_factory=dict)
    tables: int = 0


@dataclass(frozen=True)
class Result:
    """All samples of a contestant in a scenario, one per round."""

    scenario: str
    contestant: str
    date: str
    machine: str
    samples: tuple[Sample, ...]

    def median(self, what: str) -> float:
        """The median of a number of `Usage` over the rounds."""
        return median(float(getattr(sample.usage, what)) for sample in self.samples)


@dataclass(frozen=True)
class Results:
    """All results of a folder."""

    folder: Path

    def of(self, scenario: str, contestant: Contestant) -> Result | None:
        path = self._path(scenario, contestant.name)
        return _read(path) if path.exists() else None

    def scenarios(self, prefix: str) -> list[str]:
        """Names of measured scenarios that begin so, smallest number first."""
        names = {_read(path).scenario for path in self.folder.glob(f"{prefix}*.json")}
        return sorted(names, key=lambda name: int(name.rpartition("-")[2]))

    def keep(self, scenario: str, contestant: Contestant, samples: Sequence[Sample]) -> None:
        """Write these samples in place of older ones."""
        self.folder.mkdir(parents=True, exist_ok=True)
        result = Result(scenario, contestant.name, f"{datetime.now(UTC):%Y-%m-%d}", describe(), tuple(samples))
        path = self._path(scenario, contestant.name)
        path.write_text(json.dumps(asdict(result), indent=1) + "\n", encoding="utf-8")

    def _path(self, scenario: str, contestant: str) -> Path:
        return self.folder / f"{scenario}--{contestant.replace(' ', '-')}.json"


def _read(path: Path) -> Result:
    kept = json.loads(path.read_text(encoding="utf-8"))
    samples = tuple(
        Sample(
            usage=Usage(**{**sample["usage"], "engines": tuple(sample["usage"]["engines"])}),
            parts=sample["parts"],
            tables=sample["tables"],
        )
        for sample in kept["samples"]
    )
    return Result(kept["scenario"], kept["contestant"], kept["date"], kept["machine"], samples)


def ratio(one: Result, other: Result, what: str) -> float:
    """The median over the rounds of how many times as much `one` takes as `other` in the same round.

    The same round is the same minute or so: a machine that is slow for a while is slow for both.
    """
    pairs = zip(one.samples, other.samples, strict=False)
    return median(float(getattr(a.usage, what)) / float(getattr(b.usage, what)) for a, b in pairs)
