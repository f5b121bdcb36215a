"""Killed at any moment, a run leaves readers a whole day, and the next one ends where a clean run ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.acts import Note, Signal
from tests.faults.moments import PUBLISHING
from tests.faults.processes import run
from tests.faults.scorecard import Score, record
from tests.faults.story import Fault, Prepared
from tests.faults.subject import FullLakehouse

pytestmark = pytest.mark.faults

STRIDE = 4
KILLED = -9


def moments(prepared: Prepared, notes: Path) -> list[str]:
    """What a second day's run does, in order."""
    prepared.restart()
    assert run(prepared.subject, Note(notes)).code == 0
    return notes.read_text().splitlines()


def kill(prepared: Prepared, number: int, name: str) -> Score:
    whose = ", all tables" if isinstance(prepared.subject, FullLakehouse) else ""
    fault = Fault("Killed", f"{name} (moment {number}{whose})", (KILLED,))
    return record(prepared.suffer(fault, Signal(number)))


def is_publishing(name: str) -> bool:
    return name.partition(" ")[2] in PUBLISHING


def test_killed_now_and_then_and_at_publishing(lakehouse: Prepared, tmp_path: Path) -> None:
    found = list(enumerate(moments(lakehouse, tmp_path / "notes")))
    assert {name for _, name in found} >= {"before manifest", "after manifest", "before pointer", "after pointer"}
    some = [(number, name) for number, name in found if number % STRIDE == 0 or is_publishing(name)]
    scores = [kill(lakehouse, number, name) for number, name in some]
    assert len(scores) > 8
    assert [one for one in scores if not one.is_good] == []


@pytest.mark.soak
def test_killed_at_every_other_moment(lakehouse: Prepared, tmp_path: Path) -> None:
    found = list(enumerate(moments(lakehouse, tmp_path / "notes")))
    others = [(number, name) for number, name in found if number % STRIDE and not is_publishing(name)]
    assert [one for number, name in others if not (one := kill(lakehouse, number, name)).is_good] == []


@pytest.mark.soak
def test_killed_now_and_then_with_all_tables(full_lakehouse: Prepared, tmp_path: Path) -> None:
    found = list(enumerate(moments(full_lakehouse, tmp_path / "notes")))
    some = [(number, name) for number, name in found if number % STRIDE == 1]
    assert any("kpi." in name for _, name in some)
    assert [one for number, name in some if not (one := kill(full_lakehouse, number, name)).is_good] == []
