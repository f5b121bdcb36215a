"""The story that every fault is put into: a day is published, the next one is harmed, and then run again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.faults.acts import FILLING
from tests.faults.moments import Act
from tests.faults.processes import Ended, run
from tests.faults.reading import digest
from tests.faults.scorecard import Score, score
from tests.faults.subject import Difference, Subject, Tables, difference


@dataclass(frozen=True)
class Fault:
    """What happens, and how the run that it happens to may end: exit codes, and words of its message."""

    family: str
    name: str
    codes: tuple[int, ...] = (0,)
    says: str = ""
    may_be_unreadable: bool = False

    def is_told_by(self, ended: Ended) -> bool:
        return ended.code in self.codes and (ended.code == 0 or self.says in ended.said)


@dataclass(frozen=True)
class Prepared:
    """A subject that has published its first day, and what readers get of that day and of the next."""

    subject: Subject
    saved: Path
    before: Tables
    clean: Tables

    def restart(self) -> None:
        """Back to the first day published, and the second delivered."""
        _put_back(self.subject.lake, self.saved)
        self.subject.deliver(2)

    def is_whole(self, seen: Tables | None) -> bool:
        return seen in (self.before, self.clean)

    def suffer(self, fault: Fault, act: Act | None, remedy: Callable[[], None] = lambda: None) -> Score:
        """The second day is harmed; what readers see then; and what the next run makes of it."""
        self.restart()
        return self.judge(fault, run(self.subject, act), remedy)

    def judge(self, fault: Fault, ended: Ended, remedy: Callable[[], None] = lambda: None) -> Score:
        seen = self.subject.read()
        # Who ends with 0 says that the day is right.
        claimed = [difference(self.clean, seen)] if ended.code == 0 else []
        remedy()
        again = run(self.subject)
        ending = [difference(self.clean, self.subject.read())]
        return score(
            fault.family,
            fault.name,
            f"{ended.code}: {last_line(ended.said)} | then {again.code}: {last_line(again.said)}",
            is_safe=fault.is_told_by(ended) and again.code == 0,
            mixed_reads=int(not (self.is_whole(seen) or (seen is None and fault.may_be_unreadable))),
            differences=[*claimed, *ending],
        )

    def judge_reads(self, fault: Fault, ended: Ended, seen: Path) -> Score:
        """As `judge`, with what was read on the way, too."""
        whole = {digest(self.before), digest(self.clean)}
        mixed = sum(one not in whole for one in seen.read_text().split())
        found = self.judge(fault, ended)
        return replace(found, mixed_reads=found.mixed_reads + mixed)


def prepare(subject: Subject) -> Prepared:
    """Publish the first day, see what a clean second day gives, and go back."""
    saved = subject.folder / "saved"
    subject.deliver(1)
    _succeed(subject)
    shutil.copytree(subject.lake, saved)
    before = subject.read()
    subject.deliver(2)
    _succeed(subject)
    clean = subject.read()
    assert before
    assert clean
    assert difference(before, clean) != Difference()
    return Prepared(subject, saved, before, clean)


def _succeed(subject: Subject) -> None:
    ended = run(subject)
    assert ended.code == 0, ended.said


def _put_back(lake: Path, saved: Path) -> None:
    """The folder itself stays: it may be where a disk is mounted."""
    for path in lake.iterdir() if lake.exists() else ():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(saved, lake, dirs_exist_ok=True)


def make_room(lake: Path) -> Callable[[], None]:
    return lambda: (lake / FILLING).unlink(missing_ok=True)


def last_line(said: str) -> str:
    return said.strip().splitlines()[-1][:300] if said.strip() else ""
