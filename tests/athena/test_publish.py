"""A snapshot for Athena: what is in the catalog and in the bucket after each step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import boto3
import duckdb
import pytest

from lakehouse.athena.catalog import Catalog, stored_columns
from lakehouse.athena.listing import FOLDER, listing
from lakehouse.athena.publish import publish
from lakehouse.athena.views import POINTER, SLOTS, entry_name, shown
from lakehouse.errors import ConfigurationError, IntegrityError
from lakehouse.runs.snapshot import Snapshot, open_snapshot
from lakehouse.semantic.metrics import Metrics
from lakehouse.settings import Storage
from tests.athena.conftest import BUCKET, as_run
from tests.cli.conftest import PublishedShop
from tests.object_storage import ObjectStorage


def lists(aws: ObjectStorage) -> set[str]:
    """The runs that there are lists of."""
    prefix = f"lake/{FOLDER}/"
    return {key.removeprefix(prefix).split("/")[0] for key in aws.keys(BUCKET) if key.startswith(prefix)}


def seen_by_readers(catalog: Catalog) -> tuple[str, str]:
    pointer = catalog.pointer()
    assert pointer is not None
    return pointer.slot, pointer.run_id


def locations(catalog: Catalog, table: str) -> Mapping[str, str]:
    """Which run each slot of a table reads."""
    there = catalog.tables()
    places = {slot: there[entry_name(table, slot)]["StorageDescriptor"]["Location"] for slot in SLOTS}
    return {slot: place.split("/")[-2] for slot, place in places.items()}


def test_snapshots_take_turns(in_s3: Snapshot, shop_metrics: Metrics, catalog: Catalog, aws: ObjectStorage) -> None:
    seen = []
    for run_id in ("one", "two", "three"):
        done = publish(as_run(in_s3, run_id), shop_metrics, catalog)
        assert seen_by_readers(catalog) == (done.slot, run_id)
        seen.append((done.slot, locations(catalog, "fact_orders"), lists(aws)))
    assert seen == [
        # There is no snapshot before the first: both slots have it.
        ("a", {"a": "one", "b": "one"}, {"one"}),
        ("b", {"a": "one", "b": "two"}, {"one", "two"}),
        ("a", {"a": "three", "b": "two"}, {"two", "three"}),
    ]


def test_the_pointer_moves_last_and_not_at_all_if_something_fails(
    in_s3: Snapshot, shop_metrics: Metrics, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(as_run(in_s3, "one"), shop_metrics, catalog)
    names: list[str] = []
    put = Catalog.put

    def failing(self: Catalog, entry: Mapping[str, Any], there: Mapping[str, Any]) -> None:
        names.append(entry["Name"])
        if entry["Name"] == POINTER:
            raise RuntimeError
        put(self, entry, there)

    monkeypatch.setattr(Catalog, "put", failing)
    with pytest.raises(RuntimeError):
        publish(as_run(in_s3, "two"), shop_metrics, catalog)
    assert seen_by_readers(catalog) == ("a", "one")
    assert names[-1] == POINTER
    assert not {name for name in names if name.endswith("__a")}


def test_every_list_has_the_rows_of_its_table(in_s3: Snapshot, published_shop: PublishedShop) -> None:
    """Read as Athena does: the files of each folder, and the week from the folder's name."""
    local = open_snapshot(str(published_shop.lake), Storage())
    for name in [name for name in in_s3.tables if name.startswith(("gold.", "kpi."))]:
        found = listing(in_s3, name)
        rows, weeks = 0, set()
        for uri, text in found.files.items():
            files = text.decode().splitlines()
            paths = [each.replace(in_s3.root, str(published_shop.lake)) for each in files]
            rows += len(duckdb.read_parquet(paths)) if paths else 0
            folder = uri.removeprefix(found.location).strip("/").rpartition("/")[0]
            weeks |= {date.fromisoformat(folder.partition("=")[2])} if folder else set()
        assert rows == local.dataset(name).count_rows(), name
        assert found.weeks == ((min(weeks), max(weeks)) if weeks else None), name
        # A range of one week is none to Trino, and a fact may have rows of one week or of none.
        assert found.weeks is None or found.weeks[0] < found.weeks[1], name


def test_entries_have_the_columns_of_their_tables(in_s3: Snapshot, shop_metrics: Metrics, catalog: Catalog) -> None:
    publish(in_s3, shop_metrics, catalog)
    there = catalog.tables()
    for table in shown(in_s3, shop_metrics).values():
        expected = {field.name: field.type for field in table.fields}
        assert stored_columns(there[entry_name(table.name, "a")]) == expected
        assert stored_columns(there[table.name]) == expected
    assert not [name for name in there if name.startswith(("silver", "bronze"))]


def test_what_is_not_made_any_more_is_removed_and_what_is_somebody_elses_stays(
    in_s3: Snapshot, shop_metrics: Metrics, catalog: Catalog, aws: ObjectStorage
) -> None:
    publish(in_s3, shop_metrics, catalog)
    glue = boto3.client("glue")
    glue.create_table(DatabaseName=catalog.database, TableInput={"Name": "theirs"})
    catalog.put({"Name": "of_old", "Parameters": {}}, {})
    publish(in_s3, shop_metrics, catalog)
    assert "theirs" in catalog.tables()
    assert "of_old" not in catalog.tables()


def test_a_name_that_is_taken_is_told_and_left_as_it_is(
    in_s3: Snapshot, shop_metrics: Metrics, catalog: Catalog
) -> None:
    catalog.make_database("s3://elsewhere")
    boto3.client("glue").create_table(DatabaseName=catalog.database, TableInput={"Name": "fact_orders"})
    with pytest.raises(IntegrityError, match="has fact_orders, not of a lakehouse: nothing was changed"):
        publish(in_s3, shop_metrics, catalog)
    assert catalog.pointer() is None
    assert list(catalog.tables()) == ["fact_orders"]


def test_a_lake_in_a_folder_is_refused(published_shop: PublishedShop, shop_metrics: Metrics, catalog: Catalog) -> None:
    with pytest.raises(ConfigurationError, match="is a folder: Athena reads lakes in S3"):
        publish(open_snapshot(str(published_shop.lake), Storage()), shop_metrics, catalog)
