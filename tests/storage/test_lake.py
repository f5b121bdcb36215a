"""The lake's tables without an engine: created as declared, read at a version, put back, given later columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from deltalake import write_deltalake
from deltalake.exceptions import TableNotFoundError

from lakehouse.errors import LockedError
from lakehouse.settings import Storage
from lakehouse.storage.lake import Files, Lake
from lakehouse.table import AMOUNT, DATE, STRING, Field, Layer, Table
from tests.rows import arrow_rows

SALES = Table(
    Layer.GOLD,
    "sales",
    "One row per sale.",
    (
        Field("sale_key", STRING, "The sale."),
        Field("sale_date", DATE, "The partition."),
        Field("net_amount", AMOUNT, "What it brought.", nullable=True),
    ),
    ("sale_key",),
    partition_by=("sale_date",),
)
NOTE = Field("note", STRING, "Why.", nullable=True)
WIDER = replace(SALES, fields=(*SALES.fields, NOTE))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path), Storage())


def add(lake: Lake, table: Table, *keys: str) -> None:
    given = [{"sale_key": key, "net_amount": 1} for key in keys]
    write_deltalake(lake.uri(table), arrow_rows(table, *given), mode="append")


def keys(lake: Lake, version: int | None = None) -> list[str]:
    return sorted(lake.delta(SALES, version).to_pyarrow_table()["sale_key"].to_pylist())


def test_a_table_that_was_never_created_has_no_version(lake: Lake) -> None:
    assert lake.version(SALES) is None
    with pytest.raises(TableNotFoundError):
        lake.delta(SALES)


def test_a_table_is_created_empty_and_once(lake: Lake) -> None:
    assert lake.create(SALES) == 0
    assert lake.uri(SALES) == f"{lake.root}/gold/sales"
    assert lake.files(SALES, 0) == Files(rows=0, files=0, bytes=0)
    add(lake, SALES, "a")
    assert lake.create(SALES) == 0
    lake.forget()
    assert lake.create(SALES) == 1
    assert keys(lake) == ["a"]


def test_it_is_as_declared(lake: Lake) -> None:
    lake.create(SALES)
    delta = lake.delta(SALES)
    assert [(field.name, field.nullable) for field in delta.schema().fields] == [
        ("sale_key", False),
        ("sale_date", False),
        ("net_amount", True),
    ]
    metadata = delta.metadata()
    assert (metadata.name, metadata.description) == ("sales", "One row per sale.")
    assert metadata.partition_columns == ["sale_date"]
    assert (delta.protocol().min_reader_version, delta.protocol().min_writer_version) == (1, 2)


def test_every_version_is_there_and_can_be_the_latest_again(lake: Lake) -> None:
    lake.create(SALES)
    add(lake, SALES, "a")
    add(lake, SALES, "b", "c")
    assert (keys(lake, 1), keys(lake)) == (["a"], ["a", "b", "c"])
    assert (lake.files(SALES, 1).rows, lake.files(SALES, 2).rows, lake.files(SALES, 2).files) == (1, 3, 2)
    assert lake.files(SALES, 2).bytes > lake.files(SALES, 1).bytes > 0
    lake.restore(SALES, 1)
    assert (lake.version(SALES), keys(lake)) == (3, ["a"])


class TestEvolve:
    def test_creates_a_table_that_is_not_there(self, lake: Lake) -> None:
        assert lake.evolve(SALES) == SALES
        assert lake.version(SALES) == 0

    def test_adds_what_is_declared_later_and_keeps_what_is_no_longer(self, lake: Lake) -> None:
        lake.create(SALES)
        add(lake, SALES, "a")
        assert lake.evolve(WIDER) == WIDER
        assert lake.delta(SALES).to_pyarrow_table().to_pylist()[0]["note"] is None
        added = lake.delta(SALES).schema().fields[-1]
        assert (added.name, added.nullable, added.metadata["comment"]) == ("note", True, "Why.")
        assert lake.evolve(SALES).fields == (*SALES.fields, replace(NOTE, description="No longer declared."))
        assert keys(lake) == ["a"]

    def test_changes_nothing_where_all_is_there(self, lake: Lake) -> None:
        lake.create(WIDER)
        for table in (WIDER, SALES):
            lake.evolve(table)
        assert lake.version(SALES) == 0

    def test_a_field_that_must_have_a_value_can_not_come_later(self, lake: Lake) -> None:
        lake.create(SALES)
        add(lake, SALES, "a")
        with pytest.raises(
            ValueError, match=r"gold\.sales: \['note'\] can not be added to rows that have no such value"
        ):
            lake.evolve(replace(SALES, fields=(*SALES.fields, replace(NOTE, nullable=False))))
        assert lake.version(SALES) == 1


def test_who_may_not_commit_does_not(lake: Lake) -> None:
    def refuse() -> None:
        raise LockedError("lost")

    refused = replace(lake, before_commit=refuse)
    with pytest.raises(LockedError):
        refused.create(SALES)
    assert lake.version(SALES) is None
    lake.create(SALES)
    add(lake, SALES, "a")
    commits: tuple[Callable[[], object], ...] = (
        lambda: refused.declare(WIDER),
        lambda: refused.evolve(WIDER),
        lambda: refused.restore(SALES, 0),
    )
    for commit in commits:
        with pytest.raises(LockedError):
            commit()
    assert lake.version(SALES) == 1
