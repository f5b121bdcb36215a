"""Every error this package raises on purpose, and the exit code each one ends the command line with."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a configuration file: where it stands, what is wrong, and the nearest right name, if any."""

    file: str
    line: int
    column: int
    message: str
    suggestion: str | None = None

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        hint = f" (did you mean '{self.suggestion}'?)" if self.suggestion else ""
        return f"{place}: {self.message}{hint}"


class LakehouseError(Exception):
    """Base of all errors that a user can act on; `exit_code` is what the command line returns."""

    exit_code: ClassVar[int] = 1


class ConfigurationError(LakehouseError):
    """One or more mistakes in settings, sources or metrics; all of them at once, in reading order."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        self.problems = (
            (Problem("settings", 0, 0, problems),) if isinstance(problems, str) else tuple(sorted(set(problems)))
        )
        super().__init__("\n".join(str(problem) for problem in self.problems))


class InputRejectedError(LakehouseError):
    """A delivery could not be accepted as a whole."""

    exit_code = 3


class QualityBlockedError(LakehouseError):
    """The run's tables failed a check that forbids publishing them."""

    exit_code = 4


class LockedError(LakehouseError):
    """Another run holds the lake."""

    exit_code = 5


class StorageError(LakehouseError):
    """Storage could not be read or written."""

    exit_code = 6


class IntegrityError(LakehouseError):
    """What is stored is not what was written."""

    exit_code = 7


class NothingArrivedError(LakehouseError):
    """No file was there to load, and nothing was ever loaded before."""

    exit_code = 8


class ContractError(LakehouseError):
    """A transform's output is not what its table declares; lists every discrepancy with the line to mend."""


class UnknownNameError(ValueError):
    """A value that is none of the known names; `suggestion` is the nearest of those."""

    def __init__(self, message: str, suggestion: str | None) -> None:
        super().__init__(message)
        self.suggestion = suggestion

    def at(self, place: str) -> ConfigurationError:
        """The mistake as one of a place without lines, like an option."""
        return ConfigurationError([Problem(place, 0, 0, str(self), self.suggestion)])


# Names that are as like as this differ by a slip of the keys.
A_SLIP = 0.85


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `name` was most likely meant to be, or None if nothing is close.

    Unless it is a slip, one that has all of its words is meant rather than one that only looks like it: by
    `total_amount` not `tax_amount` but `declared_total_amount`.
    """
    folded = {candidate.casefold(): candidate for candidate in candidates}
    wrong = name.casefold()
    matches = difflib.get_close_matches(wrong, folded, n=1, cutoff=0.5)
    words = set(wrong.split("_"))
    longer = [each for each in folded if words < set(each.split("_"))]
    slip = bool(matches) and difflib.SequenceMatcher(None, matches[0], wrong).ratio() >= A_SLIP
    if len(words) > 1 and longer and not slip:
        return folded[min(longer, key=lambda each: (len(each), each))]
    return folded[matches[0]] if matches else None
