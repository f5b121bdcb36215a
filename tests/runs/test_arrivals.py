"""What is new in landing: by the ledger, by pattern, and never a file that is still being written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from deltalake import write_deltalake

from lakehouse.quality.ledger import OBJECTS
from lakehouse.runs.arrivals import UNFINISHED, Landing, known_files, look
from lakehouse.runs.manifest import Basis, Manifest, PinnedTable
from lakehouse.settings import Business, Storage
from lakehouse.sources.definition import Source
from lakehouse.storage.lake import Lake
from tests.rows import arrow_rows

MOMENT = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)


def source(name: str = "shop", **objects: Any) -> Source:
    return Source(source=name, objects=objects, entities={})


SHOP = source(
    orders={"files": ["orders/*.csv", "late/**/orders_?.csv"], "required": True}, notes={"files": "notes*.jsonl"}
)


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return tmp_path / "landing"


def put(landing: Path, *names: str, content: str = "x", moment: datetime = MOMENT) -> None:
    for name in names:
        path = landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        os.utime(path, (moment.timestamp(), moment.timestamp()))


def found(landing: Path, *sources: Source, known: frozenset[tuple[str, ...]] = frozenset()) -> Landing:
    return look(sources or (SHOP,), str(landing), Storage(), known)


def arrived(landing: Path, looked: Landing) -> dict[str, list[str]]:
    """New files by `source.object`, relative to landing."""
    return {
        f"{arrival.source}.{arrival.object_name}": sorted(
            file.uri.removeprefix(f"{landing}/") for file in arrival.files
        )
        for arrival in looked.arrivals
    }


def test_files_are_matched_by_pattern(landing: Path) -> None:
    wanted = ["late/2026/01/orders_7.csv", "late/orders_1.csv", "orders/a.csv", "orders/b.csv"]
    put(landing, *wanted, "notes.jsonl", "notes_2.jsonl")
    put(
        landing,
        "orders/sub/c.csv",
        "orders/a.csv.gz",
        "orders.csv",
        "late/orders_10.csv",
        "x_notes.jsonl",
        "notes.jsonlx",
    )
    looked = found(landing)
    assert arrived(landing, looked) == {"shop.orders": wanted, "shop.notes": ["notes.jsonl", "notes_2.jsonl"]}
    assert (looked.seen, looked.missing) == (6, ())


@pytest.mark.parametrize("ending", UNFINISHED)
def test_a_file_that_some_tool_still_writes_is_left(landing: Path, ending: str) -> None:
    everything = source(orders={"files": "**/*"})
    put(landing, f"orders.csv{ending}", "whole.csv")
    assert arrived(landing, found(landing, everything)) == {"shop.orders": ["whole.csv"]}


def test_hidden_files_and_markers_are_none(landing: Path) -> None:
    everything = source(orders={"files": "**/*"})
    put(
        landing, ".DS_Store", "_SUCCESS", "_temporary/orders.csv", ".staging/orders.csv", "sub/.orders.csv", "sub/o.csv"
    )
    assert arrived(landing, found(landing, everything)) == {"shop.orders": ["sub/o.csv"]}


def test_only_what_is_required_is_missed(landing: Path) -> None:
    put(landing, "other.txt")
    assert found(landing) == Landing(str(landing), (), 0, ("shop.orders",))
    put(landing, "notes.jsonl")
    looked = found(landing)
    assert (arrived(landing, looked), looked.missing) == ({"shop.notes": ["notes.jsonl"]}, ("shop.orders",))


def test_no_folder_is_nothing(tmp_path: Path) -> None:
    assert found(tmp_path / "nowhere") == Landing(str(tmp_path / "nowhere"), (), 0, ("shop.orders",))


def test_a_source_has_its_own_folder_if_there_is_one(landing: Path) -> None:
    everything = {"orders": {"files": "*.csv"}}
    put(landing, "shop/a.csv", "b.csv")
    looked = found(landing, source("shop", **everything), source("till", **everything))
    assert arrived(landing, looked) == {"shop.orders": ["shop/a.csv"], "till.orders": ["b.csv"]}


# ── the ledger ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(str(tmp_path / "lake"), Storage())
    lake.create(OBJECTS)
    return lake


def write_down(lake: Lake, landing: Path, name: str, **changes: Any) -> None:
    """A line of the ledger about a file as `put` makes it."""
    line = {
        "source": "shop",
        "object_name": "orders",
        "source_file": str(landing / name),
        "size_bytes": 1,
        "modified_at": MOMENT,
        "state": "loaded",
    }
    write_deltalake(lake.uri(OBJECTS), arrow_rows(OBJECTS, {**line, **changes}), mode="append")


def published(tables: Mapping[str, int]) -> Manifest:
    return Manifest(
        run_id="before",
        created_at=MOMENT,
        engine="sail",
        parent_run_id=None,
        parent_sha256=None,
        basis=Basis(code_sha256="", metrics_sha256="", business=Business(), sources={}),
        tables={name: PinnedTable(version=version, rows=0, files=0, bytes=0) for name, version in tables.items()},
        files_in=0,
        rows_in=0,
    )


def known(lake: Lake, retried: str = "", version: int | None = None) -> frozenset[tuple[str, ...]]:
    pinned = lake.version(OBJECTS) if version is None else version
    assert pinned is not None
    return known_files(lake, published({"runs.objects": pinned}), frozenset({retried} - {""}))


@pytest.mark.parametrize(
    ("line", "is_known"),
    [
        ({}, True),
        ({"state": "quarantined"}, True),
        ({"state": "deferred"}, False),
        ({"size_bytes": 2}, False),
        ({"modified_at": MOMENT.replace(microsecond=123457)}, False),
        ({"source": "till"}, False),
        ({"object_name": "notes"}, False),
        ({"source_file": "elsewhere/orders/a.csv"}, False),
    ],
    ids=[
        "loaded",
        "set aside",
        "put off",
        "other size",
        "other time",
        "read for another source",
        "read as another object",
        "another file",
    ],
)
def test_a_file_is_known_by_place_size_and_time(
    lake: Lake, landing: Path, line: dict[str, Any], is_known: bool
) -> None:
    put(landing, "orders/a.csv")
    write_down(lake, landing, "orders/a.csv", **line)
    looked = found(landing, known=known(lake))
    assert (looked.arrivals == ()) == is_known
    assert (looked.seen, looked.missing) == (1, ())


def test_what_was_set_aside_is_tried_again_by_a_changed_definition(lake: Lake, landing: Path) -> None:
    put(landing, "orders/a.csv", "orders/b.csv")
    write_down(lake, landing, "orders/a.csv", state="quarantined")
    write_down(lake, landing, "orders/b.csv")
    assert arrived(landing, found(landing, known=known(lake, retried="shop"))) == {"shop.orders": ["orders/a.csv"]}
    assert found(landing, known=known(lake, retried="till")).arrivals == ()


def test_only_what_was_published_is_known(lake: Lake, landing: Path) -> None:
    put(landing, "orders/a.csv")
    write_down(lake, landing, "orders/a.csv")
    assert len(found(landing, known=known(lake, version=0)).arrivals) == 1
    assert known_files(lake, None, frozenset()) == frozenset()
    assert known_files(lake, published({}), frozenset()) == frozenset()


def test_a_file_that_went_away_is_no_news(lake: Lake, landing: Path) -> None:
    put(landing, "orders/a.csv")
    write_down(lake, landing, "orders/a.csv")
    write_down(lake, landing, "orders/gone.csv")
    assert found(landing, known=known(lake)) == Landing(str(landing), (), 1, ())
