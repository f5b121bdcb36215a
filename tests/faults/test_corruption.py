"""A file of the lake is cut: the run says so and changes nothing, and what it tells to do mends it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from deltalake import DeltaTable

from lakehouse.runs.manifest import FOLDER, POINTER
from tests.faults.processes import run
from tests.faults.scorecard import record
from tests.faults.story import Fault, Prepared

pytestmark = pytest.mark.faults

DOCTOR = ("doctor", "--mend")
FULL = ("run", "--full")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def cut_pointer(lake: Path) -> None:
    cut(lake / FOLDER / POINTER)


def cut_newest_manifest(lake: Path) -> None:
    cut(max((lake / FOLDER).glob("2*.json")))


def cut_checkpoint(lake: Path) -> None:
    table = lake / "silver" / "orders"
    DeltaTable(table).create_checkpoint()
    (checkpoint,) = (table / "_delta_log").glob("*.checkpoint.parquet")
    cut(checkpoint)


def cut_rows(lake: Path) -> None:
    for uri in DeltaTable(lake / "silver" / "orders").file_uris():
        cut(Path(uri))


def leave_half_a_commit(lake: Path) -> None:
    """As a machine that went down leaves it."""
    table = lake / "silver" / "orders"
    (table / "_delta_log" / f"{DeltaTable(table).version() + 1:020}.json").write_text('{"add"')


CASES: list[tuple[str, Callable[[Path], None], int, str, tuple[str, ...]]] = [
    ("the pointer", cut_pointer, 7, "current.json can not be read: it is damaged", DOCTOR),
    ("the newest manifest", cut_newest_manifest, 7, "is not the manifest that was published", DOCTOR),
    ("a checkpoint", cut_checkpoint, 7, "can not be opened", DOCTOR),
    ("a data file", cut_rows, 7, "can not be read", FULL),
    ("an unpublished commit", leave_half_a_commit, 0, "", ()),
]


@pytest.mark.parametrize(("what", "damage", "code", "says", "remedy"), CASES, ids=[case[0] for case in CASES])
def test_cut(
    lakehouse: Prepared, what: str, damage: Callable[[Path], None], code: int, says: str, remedy: tuple[str, ...]
) -> None:
    lakehouse.restart()
    subject = lakehouse.subject
    if damage is cut_newest_manifest:
        # There is an earlier one to go back to.
        assert run(subject).code == 0
    damage(subject.lake)
    fault = Fault("Cut files", what, (code,), says, may_be_unreadable=True)

    def mend() -> None:
        if remedy:
            mended = run(subject, None, *remedy)
            assert mended.code == 0, mended.said

    found = record(lakehouse.judge(fault, run(subject), mend))
    assert found.is_good, found
