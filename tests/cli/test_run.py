"""`lakehouse run` as a user has it: what it says, what it changes, and how it ends when it can not go on."""

from __future__ import annotations

import gzip
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from lakehouse.runs.catalog import GOLD
from lakehouse.runs.lease import hold
from lakehouse.settings import Storage
from lakehouse.table import Expectation
from tests.cli.command import CONF, Ended, but_for_the_lease, lakehouse, lakehouse_process
from tests.cli.conftest import PublishedShop


def run(lake: Path, landing: Path, *more: str) -> Ended:
    return lakehouse("run", "--lake", lake, "--landing", landing, "--source", "demo_shop", "--conf", CONF, *more)


# ── what it says ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_summary_says_what_was_delivered_and_what_came_out(published_shop: PublishedShop) -> None:
    said, truth = published_shop.said, published_shop.truth
    last = truth["grains"]["day"][-1]
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    assert lines[0] == f"{4 * 8} files with {sum(records(published_shop.landing)):,} records"
    assert " empty: demo_shop." in lines[lines.index("days for which files came empty, late, or not all:") + 1]
    assert f"last day, {last['start']}" in lines
    assert f"Total Orders {last['total_orders']}" in lines
    assert f"Total Revenue {float(last['total_revenue']):,.2f} EUR" in lines
    assert lines[-1].startswith("published run ")
    assert str(published_shop.lake) in lines[-1]


def records(landing: Path) -> list[int]:
    """Lines of each file but its header; no record of the shop is longer than a line."""
    texts = [path.read_bytes() for path in landing.glob("*/*") if path.suffix in {".csv", ".gz"}]
    return [(gzip.decompress(text) if text[:2] == b"\x1f\x8b" else text).count(b"\n") - 1 for text in texts]


def test_log_has_a_line_of_json_for_every_step(published_shop: PublishedShop) -> None:
    """Standard error is no terminal here."""
    steps = [json.loads(line) for line in published_shop.said.err.splitlines()]
    assert all({"at", "step", "what"} <= set(step) for step in steps)
    names = [step["step"] for step in steps]
    assert names[0] == "engine"
    assert names[-1] == "published"
    assert {"bronze.demo_shop__orders", "silver.orders", "gold.fact_orders", "kpi.kpi_revenue_daily"} <= set(names)


# ── a second time ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_second_run_says_nothing_new_and_changes_nothing(published_shop: PublishedShop) -> None:
    before = but_for_the_lease(published_shop.lake)
    ended, engines = lakehouse_process(
        *("run", "--lake", published_shop.lake, "--landing", published_shop.landing),
        *("--source", "demo_shop", "--conf", CONF),
    )
    assert ended.code == 0
    assert ended.out.startswith("nothing new: run ")
    assert ended.err == ""
    assert engines == set()
    assert but_for_the_lease(published_shop.lake) == before


def test_second_run_as_json(published_shop: PublishedShop) -> None:
    report = run(published_shop.lake, published_shop.landing, "--json").json
    assert report["status"] == "unchanged"
    assert report["files"] == 0
    assert report["run_id"] == lakehouse("status", "--lake", published_shop.lake, "--json").json["run_id"]


# ── how it ends when it can not go on ─────────────────────────────────────────────────────────────────────────────────


def test_rejected_required_file_is_3_and_publishes_nothing(tmp_path: Path) -> None:
    orders = tmp_path / "landing" / "orders" / "orders_2026-01-01.csv"
    orders.parent.mkdir(parents=True)
    orders.write_text("order_number,total\n1,10.00\n")
    ended = run(tmp_path / "lake", tmp_path / "landing")
    assert ended.code == 3
    assert "a required file could not be read, nothing was published" in ended.err
    assert f"{orders}: file:" in ended.err
    assert lakehouse("status", "--lake", tmp_path / "lake").code == 8


def test_failed_check_is_4_and_readers_keep_what_was_published(
    published_shop: PublishedShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, landing = tmp_path / "lake", tmp_path / "landing"
    shutil.copytree(published_shop.lake, lake)
    newest = max((published_shop.landing / "exchange_rates").iterdir())
    late = landing / "exchange_rates" / "exchange_rates_2026-01-09.csv"
    late.parent.mkdir(parents=True)
    late.write_text(newest.read_text().replace("2026-01-02", "2026-01-09"))
    monkeypatch.setattr("lakehouse.runs.run.GOLD", strict("dim_exchange_rates", "exchange_rate < 0"))
    before = lakehouse("status", "--lake", lake, "--json").json
    ended = run(lake, landing)
    assert ended.code == 4, ended.err
    assert "gold.dim_exchange_rates: no_such_rate (" in ended.err
    assert "readers keep the snapshot before" in ended.err
    assert lakehouse("status", "--lake", lake, "--json").json == before


def strict(name: str, predicate: str) -> tuple[object, ...]:
    """Gold with one more check, that forbids publishing, on a table."""
    expectation = Expectation("no_such_rate", predicate)
    return tuple(
        replace(model, table=replace(model.table, expectations=(*model.table.expectations, expectation)))
        if model.table.name == name
        else model
        for model in GOLD
    )


def test_second_writer_is_5(published_shop: PublishedShop, tmp_path: Path) -> None:
    with hold(str(tmp_path / "lake"), Storage(), "restore"):
        ended = run(tmp_path / "lake", published_shop.landing)
    assert ended.code == 5
    assert ended.err.startswith(f"error: {tmp_path / 'lake'} is held by `lakehouse restore` on ")
    assert ended.err.endswith("; wait for it to end: the lake is free as soon as that process is gone\n")


def test_lake_that_can_not_be_is_6(published_shop: PublishedShop, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for lake in (tmp_path / "file", tmp_path / "file" / "lake"):
        ended = run(lake, published_shop.landing)
        assert ended.code == 6
        assert ended.err.startswith(f"error: could not make the folder {lake}: ")


def test_landing_that_is_no_folder_is_6(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = run(tmp_path / "lake", tmp_path / "file")
    assert (ended.code, ended.err) == (6, f"error: could not list {tmp_path / 'file'}: Not a directory\n")


def test_damaged_manifest_is_7(published_shop: PublishedShop, tmp_path: Path) -> None:
    shutil.copytree(published_shop.lake / "_snapshots", tmp_path / "lake" / "_snapshots")
    (manifest,) = (path for path in (tmp_path / "lake" / "_snapshots").iterdir() if path.name.startswith("2"))
    manifest.write_bytes(manifest.read_bytes().replace(b'"EUR"', b'"USD"'))
    for ended in (run(tmp_path / "lake", published_shop.landing), lakehouse("status", "--lake", tmp_path / "lake")):
        assert ended.code == 7
        assert ended.err == f"error: {manifest} is not the manifest that was published: its hash differs\n"


@pytest.mark.parametrize("landing", ["empty", "nowhere"])
def test_nothing_arrived_is_8(tmp_path: Path, landing: str) -> None:
    (tmp_path / "empty").mkdir()
    ended = run(tmp_path / "lake", tmp_path / landing)
    assert ended.code == 8
    assert f"no file in {tmp_path / landing} matches what the sources look for:" in ended.err
    assert "  demo_shop.orders: orders/*.csv" in ended.err
    assert (f"there is no folder {tmp_path / landing}" in ended.err) == (landing == "nowhere")


def test_a_source_that_fills_no_entity_yet_is_kept_in_bronze(tmp_path: Path) -> None:
    """As it is drafted where no entity could be made out."""
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / "sales.csv").write_text("receipt,total\n1,5.00\n")
    objects = "objects:\n  sales: {files: 'sales*.csv', columns: [receipt, total]}\n"
    (tmp_path / "till.yml").write_text(f"source: till\n{objects}entities: {{}}\n")
    place = ("--lake", tmp_path / "lake", "--landing", tmp_path / "landing", "--source", tmp_path / "till.yml")
    ended = lakehouse("run", *place, "--conf", CONF, "--json")
    assert (ended.code, ended.json["rows"]) == (0, 1)
    asked = lakehouse("query", "total_orders", "--lake", tmp_path / "lake", "--conf", CONF)
    assert (asked.code, asked.out) == (0, "no rows: nothing that is known answers this\n")
