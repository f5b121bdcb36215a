"""The question that is measured: the nine KPIs for a month, by week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from benchmarks.agreement import KPIS
from benchmarks.contestants import REPOSITORY

WEEKS = 5
"""Whole weeks, as many as touch a month."""

LAKEHOUSE = str(REPOSITORY / ".venv" / "bin" / "lakehouse")


@dataclass(frozen=True)
class Question:
    """The KPIs of the five weeks that end some ten weeks before the lake's last day."""

    lake: Path
    first: date

    @classmethod
    def of(cls, lake: Path, last_known: date) -> Question:
        return cls(lake, last_known - timedelta(days=last_known.weekday(), weeks=WEEKS + 10))

    @property
    def last(self) -> date:
        return self.first + timedelta(weeks=WEEKS, days=-1)

    def command(self, source: str) -> list[str]:
        """What asks it in a process of its own."""
        return [LAKEHOUSE, "query", *self._asked, "--source", source, "--lake", str(self.lake), "--json"]

    @property
    def compiled_only(self) -> list[str]:
        """What reads the definitions and writes the SQL, and opens no lake."""
        return [LAKEHOUSE, "sql", *self._asked]

    @property
    def _asked(self) -> list[str]:
        return [*KPIS, "--grain", "week", "--from", str(self.first), "--to", str(self.last)]
