"""The score of a fault: whether readers were safe, whether the next run mended it, and what was lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.faults.subject import Difference


@dataclass(frozen=True)
class Score:
    """What became of one fault."""

    family: str
    fault: str
    told: str = field(compare=False)
    is_safe: bool = True
    is_recovered: bool = True
    rows_lost: int = 0
    duplicate_rows: int = 0
    mixed_reads: int = 0
    where: tuple[str, ...] = field(default=(), compare=False)

    @property
    def is_good(self) -> bool:
        return self.is_safe and self.is_recovered and not (self.rows_lost or self.duplicate_rows or self.mixed_reads)

    @property
    def failures(self) -> frozenset[str]:
        """What is wrong, in words of the summary."""
        wrong = {
            "not safe": not self.is_safe,
            "not recovered": not self.is_recovered,
            "rows lost": self.rows_lost,
            "duplicate rows": self.duplicate_rows,
            "mixed reads": self.mixed_reads,
        }
        return frozenset(name for name, is_so in wrong.items() if is_so)


SCORES: list[Score] = []
"""Of the product, over the pytest session."""

CONTROL: list[Score] = []
"""Of the plain script."""


def record(score: Score) -> Score:
    """Keep the product's score for the summary."""
    SCORES.append(score)
    return score


def score(
    family: str, fault: str, told: str, *, is_safe: bool, mixed_reads: int, differences: Iterable[Difference]
) -> Score:
    """A score from how far the tables were off, at the times when they should have been right."""
    found = list(differences)
    return Score(
        family,
        fault,
        told,
        is_safe,
        found[-1] == Difference(),
        sum(one.lost for one in found),
        sum(one.surplus for one in found),
        mixed_reads,
        tuple(name for one in found for name in one.where),
    )


def line(scores: Sequence[Score]) -> str:
    """The suite in one line."""
    return (
        f"{len(scores)} faults injected, {sum(one.is_recovered for one in scores)} recovered, "
        f"{sum(one.is_safe for one in scores)} safe; rows lost {sum(one.rows_lost for one in scores)}; "
        f"duplicate rows {sum(one.duplicate_rows for one in scores)}; "
        f"mixed reads {sum(one.mixed_reads for one in scores)}"
    )
