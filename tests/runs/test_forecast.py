"""How much of a table will be written: by its published partitions, and by what earlier runs wrote of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse.runs.forecast import BYTES_PER_ROW, Published
from lakehouse.runs.manifest import Manifest
from lakehouse.runs.work import NOTHING, Estimate, TableWork, Work
from lakehouse.table import Table
from tests.runs.small_lake import EVENTS, NOTES, SmallLake

UNKNOWN = Estimate(seconds=1, correction=1, glue_seconds=1, dpu_seconds=1, dollars=1)


@pytest.fixture
def lake(tmp_path: Path) -> SmallLake:
    """Six events on three days, one of them written by two commits; two notes."""
    lake = SmallLake(tmp_path)
    lake.happen("2026-01-01", "a")
    lake.happen("2026-01-02", "b", "c")
    lake.happen("2026-01-03", "d")
    lake.happen("2026-01-03", "e", "f")
    lake.note("x", "y")
    lake.publish()
    return lake


def published(lake: SmallLake, *past: Manifest, arriving_bytes: int = 100) -> Published:
    return Published(lake.lake, lake.current(), past, arriving_bytes)


def wrote(
    lake: SmallLake, partitions: int | None, table: Table = EVENTS, arrived: int = 100, *, whole: bool = False
) -> Manifest:
    """A run in which so many bytes arrived, and that wrote so many partitions of a table."""
    actual = None if partitions is None else NOTHING.model_copy(update={"partitions": partitions})
    tables = {str(table): TableWork(is_whole=whole, planned=None, actual=actual)}
    work = Work(files=1, rows=1, bytes=arrived, estimate=UNKNOWN, tables=tables)
    return lake.current().model_copy(update={"work": work})


def test_a_table_as_a_whole_is_as_it_is_and_what_comes(lake: SmallLake) -> None:
    pinned = lake.current().tables[str(EVENTS)]
    found = published(lake).whole(EVENTS, 3)
    assert (found.partitions, found.of_partitions, found.rows) == (3, 3, 9)
    assert found.bytes == round(pinned.bytes * 1.5)
    assert found.replaced_bytes == pinned.bytes
    assert found.likely == ("2026-01-03", "2026-01-02", "2026-01-01")
    assert found.basis == "6 rows and 3 more"


def test_of_what_is_not_there_each_row_is_assumed_a_size(tmp_path: Path) -> None:
    nothing = Published(SmallLake(tmp_path).lake, None, [], 100)
    assert (nothing.whole(EVENTS, 4).rows, nothing.whole(EVENTS, 4).bytes) == (4, 4 * BYTES_PER_ROW)
    assert (nothing.whole(EVENTS, 0).partitions, nothing.scoped(EVENTS, 5).partitions) == (0, 0)


def test_rows_of_a_run_are_a_partition_of_their_own(lake: SmallLake) -> None:
    assert (published(lake).added(EVENTS, 5).partitions, published(lake).added(EVENTS, 0).partitions) == (1, 0)
    assert published(lake).added(EVENTS, 5).rows == 5


@pytest.mark.parametrize(
    ("added", "likely", "rows"),
    [
        (0, ("2026-01-03",), 3),
        (3, ("2026-01-03",), 6),
        (4, ("2026-01-03", "2026-01-02"), 9),
        (99, ("2026-01-03", "2026-01-02", "2026-01-01"), 105),
    ],
    ids=["no row", "as many as the newest has", "more", "more than there are"],
)
def test_the_first_time_it_is_the_newest_partitions(
    lake: SmallLake, added: int, likely: tuple[str, ...], rows: int
) -> None:
    found = published(lake).scoped(EVENTS, added)
    assert (found.likely, found.rows) == (likely, rows)


def test_then_it_is_as_many_as_the_last_scoped_runs_wrote(lake: SmallLake) -> None:
    past = (
        wrote(lake, 3, whole=True),
        wrote(lake, 3, whole=True),
        wrote(lake, 2),
        wrote(lake, 3, NOTES),
        wrote(lake, 1),
        wrote(lake, 2),
    )
    found = published(lake, *past, wrote(lake, 3)).scoped(EVENTS, 1)
    assert (found.partitions, found.likely) == (2, ("2026-01-03", "2026-01-02"))
    assert (found.rows, found.basis) == (5 + 1, "as the last 3 scoped runs")


def test_a_table_that_the_last_runs_left_alone_is_likely_left_alone(lake: SmallLake) -> None:
    found = published(lake, wrote(lake, None), wrote(lake, None), wrote(lake, 1)).scoped(EVENTS, 1)
    assert (found.partitions, found.rows, found.bytes, found.likely) == (0, 0, 0, ())


@pytest.mark.parametrize(
    ("arriving", "added", "partitions"),
    [(150, 99, 1), (151, 3, 1), (151, 4, 2), (151, 99, 3)],
    ids=["as usual", "more in the newest", "more than the newest holds", "more than all hold"],
)
def test_much_more_than_usual_reaches_as_much_as_arrives(
    lake: SmallLake, arriving: int, added: int, partitions: int
) -> None:
    found = published(lake, wrote(lake, 1), arriving_bytes=arriving).scoped(EVENTS, added)
    assert found.partitions == partitions
    assert ("more than the last scoped run" in found.basis) == (partitions > 1)


def test_a_table_without_partitions_is_written_as_a_whole(lake: SmallLake) -> None:
    found = published(lake, wrote(lake, 1, NOTES)).scoped(NOTES, 1)
    assert (found.partitions, found.of_partitions, found.rows) == (1, 1, 3)
