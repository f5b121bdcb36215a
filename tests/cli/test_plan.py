"""`lakehouse plan` as a user has it: what it says, that it changes nothing, and that it ends as a run would."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lakehouse.runs.lease import hold
from lakehouse.settings import Storage
from tests.cli.command import CONF, Ended, contents, lakehouse, lakehouse_process
from tests.cli.conftest import PublishedShop


def arguments(lake: Path, landing: Path) -> tuple[str | Path, ...]:
    return ("--lake", lake, "--landing", landing, "--source", "demo_shop", "--conf", CONF)


def plan(lake: Path, landing: Path, *more: str) -> Ended:
    return lakehouse("plan", *arguments(lake, landing), *more)


def words(out: str) -> list[str]:
    return [" ".join(line.split()) for line in out.splitlines()]


@pytest.fixture
def next_day(published_shop: PublishedShop) -> Iterator[Path]:
    """The shop's landing folder with the orders and rates of a day more; the lake knows its files by their place."""
    added = [
        published_shop.landing / "orders" / "orders_2026-01-09.csv",
        published_shop.landing / "exchange_rates" / "exchange_rates_2026-01-09.csv",
    ]
    for path in added:
        newest = max(path.parent.glob("*_2026-01-02*"))
        path.write_bytes(newest.read_bytes().replace(b"2026-01-02", b"2026-01-09"))
    yield published_shop.landing
    for path in added:
        path.unlink()


def test_nothing_new_is_0_and_starts_no_engine(published_shop: PublishedShop) -> None:
    run_id = lakehouse("status", "--lake", published_shop.lake, "--json").json["run_id"]
    ended, engines = lakehouse_process("plan", *arguments(published_shop.lake, published_shop.landing))
    assert (ended.code, ended.out, ended.err) == (0, f"nothing new: run {run_id} would stay published\n", "")
    assert engines == set()


def test_says_files_tables_reasons_and_cost_and_changes_nothing(published_shop: PublishedShop, next_day: Path) -> None:
    before = contents(published_shop.lake)
    times = {path: path.stat().st_mtime_ns for path in published_shop.lake.rglob("*")}
    said, engines = lakehouse_process("plan", *arguments(published_shop.lake, next_day))
    assert (said.code, said.err, engines) == (0, "", set())
    assert contents(published_shop.lake) == before
    assert {path: path.stat().st_mtime_ns for path in published_shop.lake.rglob("*")} == times
    lines = words(said.out)
    assert lines[0] == "new files of files kB records known by"
    assert re.fullmatch(r"demo_shop\.orders 1 [\d.]+ about \d+ [\d.]+ records a kB, as in 4 files before", lines[1])
    (orders,) = (line for line in lines if line.startswith("silver.orders "))
    assert "new files of demo_shop.orders" in orders
    (facts,) = (line for line in lines if line.startswith("gold.fact_orders "))
    assert "reads silver.orders, gold.dim_exchange_rates" in facts
    assert [
        line for line in lines if re.fullmatch(r"as a job on AWS Glue about \d+ s: \d+ DPU-seconds, \$\d+\.\d\d", line)
    ]
    assert "which assumes:" in lines
    assert [line for line in lines if "$0.44 a DPU-hour" in line]
    assert not [line for line in lines if line.startswith(("silver.payments ", "gold.dim_dates "))]


def test_history_has_what_was_planned_beside_what_was_done(next_day: Path, published_shop: PublishedShop) -> None:
    lake, copy = published_shop.lake, published_shop.lake.with_name("planned")
    shutil.copytree(lake, copy)
    planned: dict[str, Any] = plan(copy, next_day, "--json").json
    assert lakehouse("run", *arguments(copy, next_day)).code == 0
    newest, before = lakehouse("history", "--lake", copy, "--json").json
    assert newest["work"]["estimate"] == planned["estimate"]
    assert newest["files"] == sum(len(each["files"]) for each in planned["files"]) == 2
    tables = newest["work"]["tables"]
    assert set(newest["tables"]) <= set(tables) == {table["table"] for table in planned["tables"]}
    assert before["work"]["tables"]["silver.orders"]["is_whole"]
    (one,) = [lakehouse("history", "--lake", copy, "--run", newest["run_id"], "--json").json]
    assert one == newest
    lines = words(lakehouse("history", "--lake", copy, "--run", newest["run_id"]).out)
    assert lines[2] == "table partitions planned rows planned MB read planned MB written planned seconds"
    (ledger,) = (line for line in lines if line.startswith("runs.objects "))
    assert ledger.startswith("runs.objects 1 1 2 2 ")
    shutil.rmtree(copy)


def test_history_of_a_run_that_is_none(lake: Path) -> None:
    (run,) = lakehouse("history", "--lake", lake, "--json").json
    ended = lakehouse("history", "--lake", lake, "--run", run["run_id"][:-1])
    assert ended.code == 2
    assert f"(did you mean '{run['run_id']}'?)" in ended.err


def test_what_was_no_run_has_no_plan(lake: Path, tmp_path: Path) -> None:
    shutil.copytree(lake, tmp_path / "lake")
    (run,) = lakehouse("history", "--lake", lake, "--json").json
    done = lakehouse("restore", "--lake", tmp_path / "lake", "--to-run", run["run_id"], "--json").json
    said = lakehouse("history", "--lake", tmp_path / "lake", "--run", done["run_id"])
    assert (said.code, said.out.splitlines()[-1]) == (
        0,
        "nothing is known of a plan: it was no run, or one before plans were kept",
    )


def test_a_full_run_is_said_to_be_one(published_shop: PublishedShop) -> None:
    lines = words(plan(published_shop.lake, published_shop.landing, "--full").out)
    assert lines[0] == "what it reaches is made anew: asked for by --full"
    assert len([line for line in lines if " asked for by --full " in line]) >= 20


def test_another_command_at_work_is_told(published_shop: PublishedShop, tmp_path: Path) -> None:
    with hold(str(tmp_path / "lake"), Storage(), "restore"):
        ended = plan(tmp_path / "lake", published_shop.landing)
    assert ended.code == 0
    assert ended.out.startswith(f"not now: {tmp_path / 'lake'} is held by `lakehouse restore` on ")


@pytest.mark.parametrize("landing", ["empty", "nowhere"])
def test_nothing_ever_arrived_is_8_as_for_a_run(tmp_path: Path, landing: str) -> None:
    (tmp_path / "empty").mkdir()
    ended = plan(tmp_path / "lake", tmp_path / landing)
    assert (ended.code, ended.err) == (8, lakehouse("run", *arguments(tmp_path / "run", tmp_path / landing)).err)
    assert not (tmp_path / "lake").exists()


def test_landing_must_be_named(tmp_path: Path) -> None:
    ended = lakehouse("plan", "--lake", tmp_path / "lake", "--source", "demo_shop", "--conf", CONF)
    assert ended.code == 2
    assert "no landing is named: give --landing, or set `landing` in the environment's settings" in ended.err


def test_help_has_an_example() -> None:
    assert "Example: lakehouse plan --lake build/lake" in " ".join(lakehouse("plan", "--help").out.split())
