"""A run starts from what is published: what an earlier one left behind is undone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from deltalake import write_deltalake

from lakehouse.runs.heal import heal, left_behind
from lakehouse.runs.manifest import Basis, Manifest, PinnedTable
from lakehouse.settings import Business, Storage
from lakehouse.storage.lake import Lake
from lakehouse.table import STRING, Field, Layer, Table
from tests.rows import arrow_rows

NOTES = Table(Layer.RUNS, "notes", "One row per note.", (Field("note", STRING, "The note."),), ("note",))
OTHERS = Table(Layer.RUNS, "others", "One row per note.", (Field("note", STRING, "The note."),), ("note",))
TABLES = (NOTES, OTHERS)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path), Storage())


def add(lake: Lake, table: Table, note: str) -> None:
    lake.create(table)
    write_deltalake(lake.uri(table), arrow_rows(table, {"note": note}), mode="append")


def notes(lake: Lake, table: Table) -> list[str]:
    return sorted(lake.delta(table).to_pyarrow_table()["note"].to_pylist())


def published(**versions: int) -> Manifest:
    return Manifest(
        run_id="before",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        engine="sail",
        parent_run_id=None,
        parent_sha256=None,
        basis=Basis(code_sha256="", metrics_sha256="", business=Business(), sources={}),
        tables={
            f"runs.{name}": PinnedTable(version=version, rows=0, files=0, bytes=0) for name, version in versions.items()
        },
        files_in=0,
        rows_in=0,
    )


def healed(lake: Lake, base: Manifest | None) -> list[tuple[str, str]]:
    """What was put back; always just what could be seen to be left behind before."""
    expected = left_behind(lake.root, lake.storage, map(str, TABLES), base)
    told: list[tuple[str, str]] = []
    heal(lake, TABLES, base, lambda step, what: told.append((step, what)))
    assert [step for step, _ in told] == expected
    return told


def test_what_went_on_after_publishing_is_put_back(lake: Lake) -> None:
    for note in ("a", "b", "c"):
        add(lake, NOTES, note)
    add(lake, OTHERS, "o")
    assert healed(lake, published(notes=1, others=1)) == [
        ("runs.notes", "put back to version 1: an earlier run ended before publishing")
    ]
    assert notes(lake, NOTES) == ["a"]
    assert lake.version(OTHERS) == 1


def test_a_table_that_was_never_published_is_emptied(lake: Lake) -> None:
    add(lake, NOTES, "a")
    add(lake, OTHERS, "o")
    assert [step for step, _ in healed(lake, published(notes=1))] == ["runs.others"]
    assert (notes(lake, NOTES), notes(lake, OTHERS)) == (["a"], [])


def test_before_the_first_publish_all_is_emptied(lake: Lake) -> None:
    add(lake, NOTES, "a")
    assert [step for step, _ in healed(lake, None)] == ["runs.notes"]
    assert notes(lake, NOTES) == []
    assert lake.version(OTHERS) is None


def test_what_is_published_is_left_alone(lake: Lake) -> None:
    add(lake, NOTES, "a")
    lake.create(OTHERS)
    assert healed(lake, published(notes=1)) == []
    assert (lake.version(NOTES), lake.version(OTHERS)) == (1, 0)
