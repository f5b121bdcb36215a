"""Who takes part: each contestant's name, and the command that it is run by."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from benchmarks.measure import Usage
from lakehouse.runs.workspace import CHECKOUT

REPOSITORY = CHECKOUT.parent
TITLES = {"sail": "Sail", "spark": "Spark", "duckdb": "DuckDB"}
ENVIRONMENTS = {"sail": ".venv", "spark": ".venv-spark-4.1", "duckdb": ".venv"}


class Kind(StrEnum):
    """What a contestant does with the landing files."""

    LAKEHOUSE = "lakehouse"
    PLAIN = "plain script"
    FLOOR = "floor"


@dataclass(frozen=True)
class Contestant:
    """One way to the tables; `engine` is sail, spark or duckdb."""

    kind: Kind
    engine: str

    @property
    def name(self) -> str:
        return f"{self.kind} on {TITLES[self.engine]}"

    @property
    def is_there(self) -> bool:
        return self._program("python").exists()

    def command(self, landing: Path, lake: Path, tables: Sequence[str] = ()) -> list[str]:
        """What loads `landing` into `lake`; for the floor: what commits to `tables`."""
        engine = ["--engine", self.engine]
        python = [str(self._program("python")), "-m"]
        match self.kind:
            case Kind.LAKEHOUSE:
                run = [str(self._program("lakehouse")), "run", "--source", "demo_shop", "--json", *engine]
                return [*run, "--landing", str(landing), "--lake", str(lake)]
            case Kind.FLOOR:
                return [*python, "benchmarks.floor", *engine, "--lake", str(lake), *tables]
            case Kind.PLAIN:
                script = ["benchmarks.plain_duckdb"] if self.engine == "duckdb" else ["benchmarks.plain_spark", *engine]
                return [*python, *script, "--landing", str(landing), "--lake", str(lake)]

    def _program(self, name: str) -> Path:
        return REPOSITORY / ENVIRONMENTS[self.engine] / "bin" / name


LAKEHOUSE_ON_SAIL = Contestant(Kind.LAKEHOUSE, "sail")
LAKEHOUSE_ON_SPARK = Contestant(Kind.LAKEHOUSE, "spark")
PLAIN_ON_SAIL = Contestant(Kind.PLAIN, "sail")
PLAIN_ON_SPARK = Contestant(Kind.PLAIN, "spark")
PLAIN_ON_DUCKDB = Contestant(Kind.PLAIN, "duckdb")
FLOOR_ON_SAIL = Contestant(Kind.FLOOR, "sail")
FLOOR_ON_SPARK = Contestant(Kind.FLOOR, "spark")

ALL = (
    LAKEHOUSE_ON_SAIL,
    FLOOR_ON_SAIL,
    PLAIN_ON_SAIL,
    PLAIN_ON_DUCKDB,
    LAKEHOUSE_ON_SPARK,
    FLOOR_ON_SPARK,
    PLAIN_ON_SPARK,
)
"""In the order of a round; a floor comes after the run whose tables it commits to."""


class FailedError(Exception):
    """A contestant ended with an error, or with wrong numbers."""


def carry_out(command: Sequence[str], log: Path) -> Usage:
    """Run and measure a contestant's command; FailedError, with the end of its output, if it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    measured = subprocess.run(
        [sys.executable, "-m", "benchmarks.measure", str(log), *command],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(measured.stdout)
    usage = Usage(**{**found, "engines": tuple(found["engines"])})
    if usage.exit_code:
        end = log.read_text(encoding="utf-8", errors="replace")[-3000:]
        raise FailedError(f"exit code {usage.exit_code} of {' '.join(command)}\n{end}")
    return usage
