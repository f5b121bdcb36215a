"""What an exporter gives: files for another tool, and how faithfully they say what the definitions say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

WRITTEN = "# Written by `lakehouse export`: what is changed here is lost.\n"
"""First line of a file, where its language has comments: so a file that is not written any more can be told."""

WRITTEN_SQL = WRITTEN.replace("#", "--")


class Fidelity(StrEnum):
    """How much of a definition the other tool is told."""

    EXACT = "exact"
    """All of it: the numbers are the same."""
    APPROXIMATED = "approximated"
    """Not all of it: the reason says where its numbers differ."""
    DROPPED = "dropped"
    """Nothing: the reason says why."""


@dataclass(frozen=True)
class Verdict:
    """How faithfully one thing was written; `kind` is metric, dimension or language (of what all definitions share).

    `reason` says where it differs, or why it is left out; `note` what has to be known of it to ask for it there.
    """

    kind: str
    name: str
    fidelity: Fidelity
    reason: str = ""
    note: str = ""

    @classmethod
    def of(cls, kind: str, name: str, reasons: Iterable[str], notes: Iterable[str] = ()) -> Verdict:
        """Exact if there are no reasons why not, else approximated."""
        reason = _joined(reasons)
        return cls(kind, name, Fidelity.APPROXIMATED if reason else Fidelity.EXACT, reason, _joined(notes))


def _joined(sentences: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(sentences))


@dataclass(frozen=True)
class Export:
    """Texts by file name, and a verdict on each metric, each dimension, and what belongs to no single one of them."""

    files: Mapping[str, str]
    verdicts: tuple[Verdict, ...]

    @property
    def losses(self) -> tuple[Verdict, ...]:
        """What was not written exactly, with the reasons."""
        return tuple(verdict for verdict in self.verdicts if verdict.fidelity is not Fidelity.EXACT)
