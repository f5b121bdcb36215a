"""What happens to a run at one of its moments; sent to the process of the run, so picklable."""

from __future__ import annotations

import os
import resource
import signal
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from deltalake import DeltaTable, write_deltalake

from lakehouse.silver.versions import classify
from lakehouse.spark import DataFrame
from lakehouse.table import Table
from tests.faults.moments import NO_NUMBER, Moment
from tests.faults.reading import note
from tests.faults.subject import Subject

FILLING = "filling"


@dataclass(frozen=True)
class At:
    """A moment by its number, or by its name; of moments with one name the first."""

    moment: int | str

    def is_it(self, moment: Moment) -> bool:
        return self.moment in {moment.number, str(moment)}


@dataclass(frozen=True)
class Signal(At):
    """The process gets a signal: SIGKILL ends it, SIGSTOP pauses it."""

    number: int = signal.SIGKILL

    def __call__(self, moment: Moment) -> None:
        if self.is_it(moment):
            os.kill(os.getpid(), self.number)


@dataclass(frozen=True)
class FillDisk(At):
    """From then on there is no room on the disk that holds the folder."""

    folder: Path = Path()

    def __call__(self, moment: Moment) -> None:
        if self.is_it(moment):
            with (self.folder / FILLING).open("wb", buffering=0) as file:
                for size in (1 << 20, 1 << 12, 1):
                    try:
                        while True:
                            file.write(b"\0" * size)
                    except OSError:
                        continue


@dataclass(frozen=True)
class ForbidGrowth(At):
    """From then on no file of the process can grow, as with a full disk or a used up quota."""

    def __call__(self, moment: Moment) -> None:
        if self.is_it(moment):
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


@dataclass(frozen=True)
class CommitToo(At):
    """A writer that knows nothing of the lease adds the rows of a table a second time: the moment's, or another."""

    table: str = ""

    def __call__(self, moment: Moment) -> None:
        if self.is_it(moment):
            append_again(self.table or moment.location)


def append_again(location: str) -> None:
    """A foreign commit: the table's rows, once more."""
    write_deltalake(location, DeltaTable(location).to_pyarrow_table(), mode="append")


@dataclass(frozen=True)
class LoseRows:
    """A defect of the product's own: rows get lost on their way into the silver orders."""

    def __call__(self, moment: Moment) -> None:
        if moment.number == 0:
            patch("lakehouse.runs.load_silver.classify", _classify_some).start()


def _classify_some(candidates: DataFrame, current: DataFrame, table: Table, parent: str | None) -> DataFrame:
    kept = candidates.where("order_id <> 'corner:o3'") if str(table) == "silver.orders" else candidates
    return classify(kept, current, table, parent)


@dataclass(frozen=True)
class Note:
    """Write down each moment's name."""

    file: Path

    def __call__(self, moment: Moment) -> None:
        if moment.number == NO_NUMBER:
            return
        with self.file.open("a") as notes:
            notes.write(f"{moment}\n")


@dataclass(frozen=True)
class Read:
    """Somebody reads everything, at every moment."""

    subject: Subject
    seen: Path

    def __call__(self, _moment: Moment) -> None:
        note(self.subject, self.seen)
