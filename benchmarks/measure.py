"""One command, measured from outside with every process that it starts: `python -m benchmarks.measure LOG COMMAND…`.

Linux only. Prints one line of JSON. A process of its own measures, so that orphans (Spark's JVM outlives the Python
that started it) come to it and to nobody else, and are counted to the end.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

ENGINES = {"libjvm.so": "jvm", "pysail": "sail"}
"""What is mapped into a process that has an engine inside, and what we call it."""

_PROC = Path("/proc")
_SECONDS_BETWEEN_SAMPLES = 0.1
_SECONDS_FOR_ORPHANS = 60
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Usage:
    """What a command took: wall time until it ended; CPU time (user and system) and bytes read of all its processes.

    `peak_bytes` is the largest sum of their resident memory, sampled; pages that two processes share count twice.
    `read_bytes` is what they asked the system to read (`rchar`), from files, pipes and caches alike.
    """

    exit_code: int
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    read_bytes: int
    engines: tuple[str, ...]


@dataclass
class _Watch:
    """Samples memory and engines of this process's descendants until told to stop."""

    peak_bytes: int = 0
    engines: set[str] = field(default_factory=set)
    _known: set[int] = field(default_factory=set)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self._stopped.wait(_SECONDS_BETWEEN_SAMPLES):
            processes = _descendants(os.getpid())
            self.peak_bytes = max(self.peak_bytes, _resident_bytes(processes))
            for process in set(processes) - self._known:
                self._look_into(process)

    def _look_into(self, process: int) -> None:
        maps = _read(_PROC / str(process) / "maps")
        if found := {engine for mark, engine in ENGINES.items() if mark in maps}:
            self.engines |= found
            # Once is enough: to look stops the process for a moment, and a JVM has much to be looked at.
            self._known.add(process)

    def stop(self) -> None:
        self._stopped.set()


def measure(command: Sequence[str], log: Path) -> Usage:
    """Run the command, its output going to `log`; to be called in a process that does nothing else."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    watch = _Watch()
    sampler = threading.Thread(target=watch.run)
    with log.open("wb") as output:
        began = time.monotonic()
        command_process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        sampler.start()
        os.waitid(os.P_PID, command_process.pid, os.WEXITED | os.WNOWAIT)
        wall_seconds = time.monotonic() - began
        ended = [_reap(command_process.pid), *_reap_orphans()]
    watch.stop()
    sampler.join()
    return Usage(
        exit_code=ended[0][0],
        wall_seconds=round(wall_seconds, 3),
        cpu_seconds=round(sum(cpu for _, cpu, _ in ended), 3),
        peak_bytes=watch.peak_bytes,
        read_bytes=sum(read for _, _, read in ended),
        engines=tuple(sorted(watch.engines)),
    )


def _reap(process: int) -> tuple[int, float, int]:
    """Exit code, CPU seconds and bytes read of an ended child, with those of all whom it waited for itself."""
    counters = dict(line.split(": ") for line in _read(_PROC / str(process) / "io").splitlines())
    _, status, used = os.wait4(process, 0)
    return os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, int(counters["rchar"])


def _reap_orphans() -> Iterator[tuple[int, float, int]]:
    """What the command left running, once that has ended; it is ended if it does not by itself."""
    deadline = time.monotonic() + _SECONDS_FOR_ORPHANS
    while orphans := _children().get(os.getpid(), []):
        for orphan in orphans:
            if os.waitid(os.P_PID, orphan, os.WEXITED | os.WNOWAIT | os.WNOHANG):
                yield _reap(orphan)
            elif time.monotonic() > deadline:
                os.kill(orphan, signal.SIGKILL)
        time.sleep(_SECONDS_BETWEEN_SAMPLES)


def _descendants(ancestor: int) -> dict[int, int]:
    """Every process that stems from this one, with its parent."""
    children = _children()
    found: dict[int, int] = {}
    waiting = [ancestor]
    while waiting:
        parent = waiting.pop()
        of_one = children.get(parent, [])
        found |= dict.fromkeys(of_one, parent)
        waiting += of_one
    return found


def _children() -> dict[int, list[int]]:
    """Children of every process of the machine."""
    children: dict[int, list[int]] = {}
    for path in _PROC.glob("[0-9]*/stat"):
        # The name, in brackets, can hold anything; after it come the state and the parent.
        if after_name := _read(path).rpartition(")")[2].split():
            children.setdefault(int(after_name[1]), []).append(int(path.parent.name))
    return children


def _resident_bytes(parents: dict[int, int]) -> int:
    """The sum over these processes, given with their parents.

    A JVM starts a command by a process that for a moment has its parent's memory as its own, all of it: one as large
    as its parent, of the same program, is not counted.
    """
    memory = {process: _memory(process) for process in parents}
    return sum(
        resident
        for process, (program, size, resident) in memory.items()
        if not (program and (program, size) == memory.get(parents[process], ("", 0, 0))[:2])
    )


def _memory(process: int) -> tuple[str, int, int]:
    """Its program, and how many bytes it has reserved and how many are resident."""
    pages = _read(_PROC / str(process) / "statm").split()
    try:
        program = str((_PROC / str(process) / "exe").readlink())
    except OSError:
        program = ""
    page = os.sysconf("SC_PAGE_SIZE")
    return (program, int(pages[0]) * page, int(pages[1]) * page) if pages else (program, 0, 0)


def _read(path: Path) -> str:
    """The file's text; nothing if the process has ended meanwhile."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


if __name__ == "__main__":
    print(json.dumps(asdict(measure(sys.argv[2:], Path(sys.argv[1])))))
