"""The views of Athena, read by DuckDB: whatever the pointer says, every view is of one snapshot."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import duckdb
import pytest

from lakehouse.athena.catalog import pointed_to
from lakehouse.athena.views import SLOTS, AthenaView, entry_name, pointer, table_views
from lakehouse.gold.coverage import TABLE as COVERAGE
from lakehouse.gold.missing_days import TABLE as MISSING_DAYS
from lakehouse.semantic.query import Dialect
from lakehouse.table import STRING, Field

AT = datetime(2026, 1, 31, 6, 30, 12, 345678, UTC)
TABLES = {str(table): table for table in (COVERAGE, MISSING_DAYS)}


def as_in_duckdb(view: AthenaView) -> str:
    return f"create or replace view {view.name} as {view.tree.sql(dialect=Dialect.DUCKDB.value)}"


@pytest.fixture
def reader() -> duckdb.DuckDBPyConnection:
    """Two tables, each with a row of its own in each slot."""
    connection = duckdb.connect()
    for table in TABLES.values():
        for slot in SLOTS:
            columns = ", ".join(f"{field.name} {field.type}" for field in table.fields)
            connection.execute(f"create table {entry_name(table.name, slot)} ({columns})")
            values = ", ".join(f"'{slot}'" if field.type == STRING else "null" for field in table.fields)
            connection.execute(f"insert into {entry_name(table.name, slot)} values ({values})")
    return connection


def test_all_views_change_with_the_pointer(reader: duckdb.DuckDBPyConnection) -> None:
    stored = {
        entry_name(table.name, slot): {field.name: field.type for field in table.fields}
        for table in TABLES.values()
        for slot in SLOTS
    }
    both = "select c.table_name, m.table_name from coverage c, missing_days m"
    for slot in SLOTS:
        for view in (pointer(slot, f"run-{slot}", AT), *table_views(TABLES, stored)):
            reader.execute(as_in_duckdb(view))
        assert reader.sql(both).fetchall() == [(slot, slot)]
        assert reader.sql("select * from published_snapshot").fetchall() == [
            (slot, f"run-{slot}", AT.replace(microsecond=345000, tzinfo=None))
        ]


def test_a_field_that_the_snapshot_before_does_not_have_is_null_in_it(reader: duckdb.DuckDBPyConnection) -> None:
    added = replace(COVERAGE, fields=(*COVERAGE.fields, Field("note", STRING, "Anything.", nullable=True)))
    reader.execute("alter table coverage__b add column note varchar")
    reader.execute("update coverage__b set note = 'new'")
    stored = {
        "coverage__a": {field.name: field.type for field in COVERAGE.fields},
        "coverage__b": {field.name: field.type for field in added.fields},
    }
    for slot, expected in (("a", None), ("b", "new")):
        for view in (pointer(slot, "run", AT), *table_views({"gold.coverage": added}, stored)):
            reader.execute(as_in_duckdb(view))
        assert reader.sql("select table_name, note from coverage").fetchall() == [(slot, expected)]


def test_a_type_that_the_snapshot_before_had_is_cast(reader: duckdb.DuckDBPyConnection) -> None:
    stored = {
        "missing_days__a": {"table_name": "string", "calendar_date": "string"},
        "missing_days__b": {field.name: field.type for field in MISSING_DAYS.fields},
    }
    reader.execute("alter table missing_days__a alter calendar_date type varchar using '2026-01-31'")
    for view in (pointer("a", "run", AT), *table_views({"gold.missing_days": MISSING_DAYS}, stored)):
        reader.execute(as_in_duckdb(view))
    (day,) = reader.sql("select calendar_date from missing_days").fetchall()
    assert str(day[0]) == "2026-01-31"


def test_the_pointer_is_read_back_from_its_entry() -> None:
    view = pointer("b", "20260131T063012-1234abcd", AT)
    assert pointed_to(view.entry("shop")["ViewOriginalText"]) == ("b", "20260131T063012-1234abcd")
