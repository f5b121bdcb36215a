"""Only what changed is measured anew; and the same content is recognised, whatever its version."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest

from lakehouse.errors import IntegrityError
from lakehouse.runs import pins
from lakehouse.runs.manifest import PinnedTable
from lakehouse.runs.pins import holds, move, pin, pin_tables
from lakehouse.storage.versions import content_of
from tests.runs.small_lake import NOTES, TABLES, SmallLake


@pytest.fixture
def lake(tmp_path: Path) -> SmallLake:
    small = SmallLake(tmp_path)
    small.note("a", "b")
    small.happen("2026-01-01", "x")
    small.publish()
    return small


def test_unchanged_tables_are_carried_over(lake: SmallLake) -> None:
    base = lake.current()
    lake.note("c")
    with patch.object(pins, "content_of", wraps=content_of) as measured:
        now = pin_tables(lake.lake, TABLES, base, {"gold.notes": 2})
    assert measured.call_count == 1
    assert now["silver.events"] == base.tables["silver.events"]
    assert (now["gold.notes"].version, now["gold.notes"].rows, now["gold.notes"].files) == (2, 3, 2)


@pytest.mark.parametrize("written", [{}, {"gold.notes": 1}], ids=["to another table", "to a table it wrote"])
def test_what_somebody_else_wrote_meanwhile_is_never_published(lake: SmallLake, written: dict[str, int]) -> None:
    base = lake.current()
    lake.note("foreign")
    with pytest.raises(IntegrityError, match=r"gold\.notes: version 2 is not of this run; another writer is at work"):
        pin_tables(lake.lake, TABLES, base, written)


def test_a_table_that_is_new_and_has_rows_of_nobody_is_not_published(lake: SmallLake) -> None:
    with pytest.raises(IntegrityError, match=r"gold\.notes: version 1 is not of this run"):
        pin_tables(lake.lake, TABLES, None, {})


def test_a_table_that_was_never_measured_is(lake: SmallLake) -> None:
    base = lake.current()
    old = PinnedTable(version=1, rows=2, files=1, bytes=base.tables["gold.notes"].bytes)
    assert pin(lake.lake.delta(NOTES), old) == base.tables["gold.notes"]


def test_a_table_that_was_put_back_holds_the_same(lake: SmallLake) -> None:
    pinned = lake.current().tables["gold.notes"]
    lake.renote("z")
    assert not holds(lake.lake.delta(NOTES), pinned)
    assert move(str(lake.root), "gold.notes", lake.storage, pinned) == pinned
    lake.lake.restore(NOTES, 1)
    assert holds(lake.lake.delta(NOTES), pinned)
    moved = move(str(lake.root), "gold.notes", lake.storage, pinned)
    assert moved == pinned.model_copy(update={"version": 3})


def test_a_reader_does_not_take_another_content_for_what_was_published(lake: SmallLake) -> None:
    """A number of a version that was lost is given again."""
    lake.note("c")
    manifest = lake.publish()
    (lake.log(NOTES) / "00000000000000000002.json").unlink()
    lake.note("other")
    with pytest.raises(IntegrityError, match=r"gold/notes at version 2 is not what was published"):
        lake.published(manifest)
