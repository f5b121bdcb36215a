"""The same content in a better shape: fewer files, rows by key, a short way to read the log."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from lakehouse.derive.properties import RETENTION
from lakehouse.errors import ConfigurationError, IntegrityError, NothingArrivedError
from lakehouse.runs import optimize as optimizing
from lakehouse.runs.chain import successor
from lakehouse.runs.manifest import Kind, Snapshots
from lakehouse.runs.optimize import Optimized, optimize
from lakehouse.runs.pins import pin
from lakehouse.runs.read_back import ReadBack, read_back
from lakehouse.settings import Storage
from lakehouse.storage.versions import open_version, table_uri
from tests.runs.small_lake import EVENTS, NOTES, SmallLake
from tests.runs.small_shop import SmallShop


@pytest.fixture
def lake(tmp_path: Path) -> SmallLake:
    """Five files of notes; four files of events on one day, and one on another."""
    small = SmallLake(tmp_path)
    for note in "abcde":
        small.note(note)
    for event in "wxyz":
        small.happen("2026-01-01", event)
    small.happen("2026-01-02", "a")
    small.publish()
    return small


def optimized(lake: SmallLake, *names: str) -> Optimized:
    return optimize(str(lake.root), lake.storage, names, lambda _step, _what: None)


def files(lake: SmallLake) -> dict[str, int]:
    return {name: pinned.files for name, pinned in lake.current().tables.items()}


def test_partitions_of_many_small_files_are_compacted(lake: SmallLake) -> None:
    before, rows = lake.current(), lake.published()
    done = optimized(lake)
    assert [(table.table, table.files_before, table.files_after) for table in done.tables] == [
        ("gold.notes", 5, 1),
        ("silver.events", 5, 2),
    ]
    now = lake.current()
    assert (now.run_id, now.kind, now.parent_run_id) == (done.run_id, Kind.OPTIMIZE, before.run_id)
    assert files(lake) == {"gold.notes": 1, "silver.events": 2}
    assert lake.published() == rows
    assert lake.published(before) == rows


def test_a_second_time_there_is_nothing_to_do(lake: SmallLake) -> None:
    run_id = optimized(lake).run_id
    assert optimized(lake) == Optimized(run_id, ())
    assert lake.current().run_id == run_id


@pytest.mark.parametrize("name", ["gold.notes", "notes"])
def test_only_the_tables_named(lake: SmallLake, name: str) -> None:
    optimized(lake, name)
    assert files(lake) == {"gold.notes": 1, "silver.events": 5}


def test_an_unknown_table_is_told_with_the_nearest(lake: SmallLake) -> None:
    with pytest.raises(ConfigurationError, match=r"no table 'gold.note' is published .*did you mean 'gold.notes'"):
        optimized(lake, "gold.note")


def test_what_is_merged_by_key_is_clustered_where_it_needs_several_files(
    lake: SmallLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for event in "edcba":
        lake.happen("2026-01-03", f"{event}{event}")
    lake.publish()
    rows = lake.published()
    monkeypatch.setattr(optimizing, "_CLUSTERED_BY", {"silver.events": ("event",)})
    monkeypatch.setattr(optimizing, "TARGET_BYTES", 1000)
    done = optimized(lake, "events")
    assert [table.is_clustered for table in done.tables] == [True]
    assert lake.published() == rows
    (clustered,) = [uri for uri in lake.lake.delta(EVENTS).file_uris() if "2026-01-03" in uri]
    assert pq.read_table(clustered)["event"].to_pylist() == ["aa", "bb", "cc", "dd", "ee"]


def test_a_long_log_gets_a_checkpoint(lake: SmallLake, monkeypatch: pytest.MonkeyPatch) -> None:
    optimized(lake)
    assert list(lake.log(NOTES).glob("*.checkpoint.parquet")) == []
    monkeypatch.setattr(optimizing, "COMMITS_WITHOUT_CHECKPOINT", 6)
    before = lake.current()
    done = optimized(lake)
    assert [(table.table, table.has_new_checkpoint) for table in done.tables] == [
        ("gold.notes", True),
        ("silver.events", True),
    ]
    assert lake.current() == before
    assert [path.name for path in lake.log(NOTES).glob("*.checkpoint.parquet")] == [f"{6:020}.checkpoint.parquet"]
    assert optimized(lake).tables == ()


def test_an_older_table_gets_the_retention_that_snapshots_need(tmp_path: Path) -> None:
    lake = SmallLake(tmp_path)
    uri = lake.lake.uri(NOTES)
    with patch("lakehouse.storage.lake.table_properties", lambda _table: {}):
        lake.note("a")
    lake.publish()
    assert DeltaTable(uri).metadata().configuration == {}
    optimized(lake)
    assert DeltaTable(uri).metadata().configuration == RETENTION
    assert lake.published() == {"gold.notes": ["a"]}


def test_what_a_run_left_behind_is_put_back_first(lake: SmallLake) -> None:
    lake.note("left behind")
    optimized(lake)
    assert lake.published()["gold.notes"] == list("abcde")


def test_other_content_is_not_published(lake: SmallLake) -> None:
    """Were a row changed on the way, the sums would say so."""
    before = lake.current()

    def altered(delta: DeltaTable, uri: str, paths: Any = None) -> ReadBack:
        found = read_back(delta, uri, paths)
        sums: Mapping[str, str] = {**found.sums, "note": "5 values, 0"} if delta.version() > 5 else found.sums
        return ReadBack(found.rows, sums, found.faults)

    with patch.object(optimizing, "read_back", altered), pytest.raises(IntegrityError, match="something else"):
        optimized(lake)
    assert lake.current() == before
    assert optimized(lake).tables[0].files_after == 1


def test_nothing_was_published(tmp_path: Path) -> None:
    with pytest.raises(NothingArrivedError):
        optimize(str(tmp_path), Storage(), [], lambda _step, _what: None)


def test_read_back_tells_a_row_from_another(lake: SmallLake) -> None:
    uri = lake.lake.uri(NOTES)
    sums = read_back(open_version(str(lake.root), "gold.notes", Storage()), uri).sums
    rows = DeltaTable(uri).to_pyarrow_table().to_pylist()
    schema = DeltaTable(uri).to_pyarrow_table().schema
    for changed in (rows[1:], [{**rows[0], "note": "A"}, *rows[1:]], [{**rows[0], "size": 2}, *rows[1:]]):
        write_deltalake(uri, _table(changed, schema), mode="overwrite")
        assert read_back(open_version(str(lake.root), "gold.notes", Storage()), uri).sums != sums
    write_deltalake(uri, _table(rows[::-1], schema), mode="overwrite")
    assert read_back(open_version(str(lake.root), "gold.notes", Storage()), uri).sums == sums


def _table(rows: list[dict[str, Any]], schema: Any) -> Any:
    import pyarrow as pa

    return pa.Table.from_pylist(rows, schema)


def _scatter(shop: SmallShop) -> None:
    """Publish the same customers in a file each."""
    name = "silver.customers"
    uri = table_uri(shop.lake.root, name)
    rows = DeltaTable(uri).to_pyarrow_table()
    for number in range(rows.num_rows):
        write_deltalake(uri, rows.slice(number, 1), mode="append" if number else "overwrite")
    snapshots = Snapshots(shop.lake.root, Storage())
    base = shop.snapshot().manifest
    tables = {**base.tables, name: pin(DeltaTable(uri))}
    snapshots.publish(successor(base, Kind.RUN, tables, base.fencing_token), lambda: None)


def test_the_next_run_goes_on_from_there(shop: SmallShop) -> None:
    """Sail and Spark read and merge into what was compacted, and no direct personal data gets into a log."""
    for number in range(2, 6):
        shop.deliver(f"customers_{number}", f"c{number},ann{number}@example.com,1", minute=number)
        shop.run()
    _scatter(shop)
    before = shop.contents()
    done = optimize(shop.lake.root, Storage(), [], lambda _step, _what: None)
    assert "silver.customers" in {table.table for table in done.tables}
    assert shop.contents() == before
    logs = "".join(path.read_text() for path in (Path(shop.lake.root) / "silver").glob("*/_delta_log/*.json"))
    assert "example.com" not in logs
    shop.deliver("customers_6", "c1,bob@example.com,2", minute=9)
    report = shop.run()
    assert [balance.loaded for balance in report.balances] == [1]
    emails = {row["customer_id"]: row["email"] for row in shop.published("customers")}
    assert emails["corner:c1"] == "bob@example.com"
    assert len(emails) == 5
