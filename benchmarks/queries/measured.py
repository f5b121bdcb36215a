"""Rounds of the question, each way once in each, kept as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.contestants import REPOSITORY, FailedError, carry_out
from benchmarks.machine import describe
from benchmarks.measure import Usage
from benchmarks.queries.question import Question

KPI_TABLES, FACTS, COMPILED = "from KPI tables", "from facts", "compiled only"


@dataclass(frozen=True)
class Measured:
    """What each way took: cold, a process each, by round; warm, seconds within one process, by round."""

    orders: int
    days: int
    date: str
    machine: str
    cold: Mapping[str, list[Usage]]
    warm: Mapping[str, list[float]]

    def ratio(self, what: str, one: str = KPI_TABLES, other: str = FACTS) -> float:
        """The median over the rounds of how many times as much one way takes as the other."""
        pairs = zip(self.cold[one], self.cold[other], strict=True)
        return median(float(getattr(a, what)) / float(getattr(b, what)) for a, b in pairs)

    def bytes_beyond(self, way: str) -> float:
        """Bytes read that are not for starting Python and compiling the question: the median over the rounds."""
        pairs = zip(self.cold[way], self.cold[COMPILED], strict=True)
        return median(usage.read_bytes - least.read_bytes for usage, least in pairs)

    def seconds_beyond(self, way: str) -> float:
        """The same of seconds."""
        pairs = zip(self.cold[way], self.cold[COMPILED], strict=True)
        return median(usage.wall_seconds - least.wall_seconds for usage, least in pairs)

    @property
    def warm_ratio(self) -> float:
        pairs = zip(self.warm["lakehouse"], self.warm["by hand"], strict=True)
        return median(ours / by_hand for ours, by_hand in pairs)


def measure(
    question: Question, orders: int, days: int, rounds: int, logs: Path, tell: Callable[[str], None]
) -> Measured:
    """Each way in turns; FailedError if KPI tables and facts give different numbers."""
    commands = {
        KPI_TABLES: question.command("best"),
        FACTS: question.command("facts"),
        COMPILED: question.compiled_only,
    }
    cold: dict[str, list[Usage]] = {way: [] for way in commands}
    for _ in range(rounds):
        for way, command in commands.items():
            usage = carry_out(command, logs / f"query-{way.replace(' ', '-')}.log")
            cold[way].append(usage)
            tell(f"{way:<16} {usage.wall_seconds:6.2f} s {usage.read_bytes / 2**20:8.1f} MiB read")
        _require_alike(*(logs / f"query-{way.replace(' ', '-')}.log" for way in (KPI_TABLES, FACTS)))
    warm = [sys.executable, "-m", "benchmarks.queries.warm", str(question.lake), str(question.first)]
    ended = subprocess.run(warm, cwd=REPOSITORY, check=True, capture_output=True, text=True)
    return Measured(orders, days, f"{datetime.now(UTC):%Y-%m-%d}", describe(), cold, json.loads(ended.stdout))


def _require_alike(one: Path, other: Path) -> None:
    if one.read_text(encoding="utf-8") != other.read_text(encoding="utf-8"):
        raise FailedError(f"{one} and {other} are not the same answer")


def kept(path: Path) -> Measured:
    """What was measured before."""
    told = json.loads(path.read_text(encoding="utf-8"))
    cold = {
        way: [Usage(**{**usage, "engines": tuple(usage["engines"])}) for usage in usages]
        for way, usages in told["cold"].items()
    }
    return Measured(**{**told, "cold": cold})


def keep(measured: Measured, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(measured), indent=1) + "\n", encoding="utf-8")
