"""What commands print: text and tables on a terminal, lines of JSON in a log."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from lakehouse.runs.context import Follow, Progress

_ANY_WIDTH = 10_000

# Only a terminal has an edge: in a file or a pipe nothing is cut off or broken into lines.
console = Console(highlight=False, width=None if sys.stdout.isatty() else _ANY_WIDTH)
messages = Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(value: object) -> None:
    """One line of JSON on standard output."""
    sys.stdout.write(json.dumps(value, default=_plain, ensure_ascii=False, allow_nan=False) + "\n")


def progress(*, quiet: bool) -> Follow:
    """How a run's steps are told: a line each on a terminal, a line of JSON each in a log, nothing with --json."""
    if quiet:
        return lambda _progress: None
    return _tell_person if sys.stderr.isatty() else _tell_log


def _tell_person(done: Progress) -> None:
    messages.print(f"{done.number:>3}/{done.planned} {done.step:<32} {done.what}", markup=False)


def _tell_log(done: Progress) -> None:
    line = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), **asdict(done)}
    sys.stderr.write(json.dumps(line, ensure_ascii=False) + "\n")


def _plain(value: object) -> object:
    match value:
        case Decimal():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case _:
            return str(value)
