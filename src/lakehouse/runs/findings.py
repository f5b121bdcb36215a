"""What `doctor` finds: a fault, where it is, what helps, and whether that was done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """A fault. `remedy` says what mends it or what else can be done; `is_mendable` whether `--mend` does it."""

    what: str
    where: str
    remedy: str
    is_mendable: bool
    is_mended: bool = False


Look = Callable[[bool], Iterable[Finding]]
"""A part of the diagnosis; called with whether to mend what it finds."""
