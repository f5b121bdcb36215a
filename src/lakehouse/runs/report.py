"""What a run did, for people, for logs and for exit codes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

from lakehouse.runs.day_states import DayState


class Status(StrEnum):
    """`UNCHANGED`: there was nothing new, and nothing was written."""

    PUBLISHED = "published"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class FileProblem:
    """A file that was set aside or put off, or that is odd; `what` is a code, and `explanation` a sentence on it."""

    source: str
    object_name: str
    file: str
    what: str
    explanation: str


@dataclass(frozen=True)
class EntityBalance:
    """The rows that arrived for an entity, by outcome."""

    entity: str
    rows: int
    loaded: int
    unchanged: int
    stale: int
    duplicate: int
    quarantined: int
    filtered: int


@dataclass(frozen=True)
class TableReport:
    """One step of the run: what it made, and how long that took."""

    table: str
    what: str
    seconds: float


@dataclass(frozen=True)
class RunReport:
    """The outcome of `run`."""

    status: Status
    run_id: str
    lake: str
    engine: str
    rebuilt: str | None
    files: int
    files_quarantined: int
    rows: int
    rejected: dict[str, int]
    set_aside: dict[str, int]
    balances: tuple[EntityBalance, ...]
    problems: tuple[FileProblem, ...]
    missing: tuple[str, ...]
    days: tuple[DayState, ...]
    warnings: dict[str, int]
    tables: tuple[TableReport, ...]
    seconds: float

    def as_json(self) -> dict[str, object]:
        """Plain values, for one line of JSON."""
        return {**asdict(self), "days": [each.as_json() for each in self.days]}
