"""Runs as processes of their own, forked off one that has imported everything, so that each starts at once."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from tests.faults.moments import Act, at_each_moment
from tests.faults.subject import Subject

_SECONDS = 120
_IMPORTED = ["pysail", "pyspark.sql.connect.session", "deltalake", "duckdb", "lakehouse.cli.app", "lakehouse.runs.run"]
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(_IMPORTED)


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code, or the signal's number below zero, and what it said."""

    code: int
    said: str


class Started:
    """A process at work."""

    def __init__(self, work: Callable[..., None], *arguments: object) -> None:
        self._said, said = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(target=_carry_out, args=(said, dict(os.environ), work, arguments))
        self._process.start()
        said.close()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def until_paused(self) -> None:
        """Wait for its SIGSTOP."""
        status = Path(f"/proc/{self.pid}/stat")
        for _ in range(20 * _SECONDS):
            if status.read_text().rpartition(")")[2].split()[0] in {"T", "Z"}:
                return
            time.sleep(0.05)
        raise TimeoutError("it was not paused")

    def wait(self) -> Ended:
        parts = []
        while part := os.read(self._said.fileno(), 1 << 16):
            parts.append(part)
        self._process.join(_SECONDS)
        assert self._process.exitcode is not None
        return Ended(self._process.exitcode, b"".join(parts).decode())

    def kill(self) -> None:
        self._process.kill()


def start(subject: Subject, act: Act | None = None, arguments: tuple[str, ...] = ("run",)) -> Started:
    """A command of the subject, by default a run, with what happens at its moments."""
    return Started(_command, subject, act, arguments)


def run(subject: Subject, act: Act | None = None, *arguments: str) -> Ended:
    """The same, to its end."""
    return start(subject, act, arguments or ("run",)).wait()


def _command(subject: Subject, act: Act | None, arguments: tuple[str, ...]) -> None:
    with at_each_moment(act) if act else nullcontext():
        subject.command(*arguments)


def _carry_out(
    said: Connection, environment: dict[str, str], work: Callable[..., None], arguments: tuple[object, ...]
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for stream in (1, 2):
        os.dup2(said.fileno(), stream)
    said.close()
    sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1, closefd=False) for number in (1, 2))
    work(*arguments)
