"""A reader who looks again and again, and writes down what it saw."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from tests.faults.subject import Subject, Tables


def digest(tables: Tables | None) -> str:
    """What tells one state of all tables from another."""
    if tables is None:
        return "unreadable"
    rows = [(name, sorted(found.items())) for name, found in sorted(tables.items())]
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def note(subject: Subject, seen: Path) -> None:
    """Read once."""
    with seen.open("a") as file:
        file.write(f"{digest(subject.read())}\n")


def read_on(subject: Subject, seen: Path, stop: Path) -> None:
    """Read until told to stop; who publishes goes first."""
    os.nice(5)
    while not stop.exists():
        note(subject, seen)
