"""`lakehouse backfill` as a user has it: what it says of each day and in total, and how it ends."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lakehouse.runs.lease import hold
from lakehouse.settings import Storage
from tests.cli.command import CONF, Ended, but_for_the_lease, lakehouse, lakehouse_process
from tests.cli.conftest import PublishedShop


def command(lake: Path, landing: Path, first: str, last: str, *more: str) -> list[str | Path]:
    place = ("--lake", lake, "--landing", landing, "--source", "demo_shop", "--conf", CONF)
    return ["backfill", *place, "--from", first, "--to", last, *more]


def backfill(lake: Path, landing: Path, first: str, last: str, *more: str) -> Ended:
    return lakehouse(*command(lake, landing, first, last, *more))


def words(line: str) -> str:
    return " ".join(line.split())


@pytest.fixture(scope="module")
def filled(published_shop: PublishedShop, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ended]:
    """Two of the shop's four days, day by day; the lake, and what was said."""
    lake = tmp_path_factory.mktemp("filled") / "lake"
    return lake, backfill(lake, published_shop.landing, "2025-12-31", "2026-01-01", "--publish", "day")


def test_a_line_for_each_day_and_a_total(filled: tuple[Path, Ended]) -> None:
    _, said = filled
    assert said.code == 0, said.err
    first, second, total = (words(line) for line in said.out.splitlines() if not line.startswith("  "))
    assert first.startswith("2025-12-31 8 files with ")
    assert second.startswith("2026-01-01 8 files with ")
    assert " loaded, " in first
    assert "; published run " in first
    assert total.startswith("2025-12-31 to 2026-01-01: 16 files with ")
    assert ", 2 published, in " in total


def test_what_came_empty_is_told_below_its_day(filled: tuple[Path, Ended]) -> None:
    lines = filled[1].out.splitlines()
    second = next(number for number, line in enumerate(lines) if line.startswith("2026-01-01 "))
    assert lines[second + 1] == "  2026-01-01 empty: demo_shop.exchange_rates, demo_shop.refunds"


def test_log_has_the_steps_of_each_day(filled: tuple[Path, Ended]) -> None:
    steps = [json.loads(line)["step"] for line in filled[1].err.splitlines()]
    assert steps.count("published") == 2
    assert steps[-1] == "published"


def test_nothing_to_do_is_said_without_an_engine(filled: tuple[Path, Ended], published_shop: PublishedShop) -> None:
    lake, _ = filled
    before = but_for_the_lease(lake)
    ended, engines = lakehouse_process(*command(lake, published_shop.landing, "2025-12-31", "2026-01-01"))
    assert (ended.code, ended.err, engines) == (0, "", set())
    assert ended.out == "nothing to do: no file of 2025-12-31 to 2026-01-01 is new\n"
    assert but_for_the_lease(lake) == before


def test_nothing_to_do_as_json(filled: tuple[Path, Ended], published_shop: PublishedShop) -> None:
    said = backfill(filled[0], published_shop.landing, "2026-01-01", "2026-01-01", "--json").json
    assert said == {"first": "2026-01-01", "last": "2026-01-01", "status": "unchanged", "files": 0}


def test_what_was_touched_is_told(filled: tuple[Path, Ended], published_shop: PublishedShop, tmp_path: Path) -> None:
    shutil.copytree(published_shop.landing, tmp_path / "landing", copy_function=shutil.copy)
    (tmp_path / "landing" / "orders" / "orders_extra.csv").write_text("order_number\n")
    said = backfill(filled[0], tmp_path / "landing", "2025-12-31", "2026-01-01")
    assert said.code == 0, said.err
    undated, same, nothing = said.out.splitlines()
    assert undated.startswith("1 new files have no day in their path, for `lakehouse run`: ")
    assert undated.endswith("/orders/orders_extra.csv, …")
    assert same.startswith("16 files were touched or moved and hold what is loaded already: ")
    assert nothing == "nothing to do: no file of 2025-12-31 to 2026-01-01 is new"


def test_by_default_all_days_are_one_snapshot_and_json_has_a_line_for_it(
    filled: tuple[Path, Ended], published_shop: PublishedShop, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(filled[0], lake)
    said = backfill(lake, published_shop.landing, "2025-12-30", "2026-01-02", "--json").json
    assert (said["first"], said["last"], said["status"]) == ("2025-12-30", "2026-01-02", "published")
    assert said["files"] == 16
    assert said["run_id"] == lakehouse("status", "--lake", lake, "--json").json["run_id"]


# ── how it ends when it can not go on ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("first", "last", "more", "message"),
    [
        pytest.param("2026-01-02", "2026-01-01", (), "no day is from 2026-01-02 to 2026-01-01", id="backwards"),
        pytest.param("2026-01-32", "2026-02-01", (), "2026-01-32", id="no day"),
        pytest.param("2026-01-01", "2026-01-02", ("--publish", "week"), "week", id="no way to publish"),
    ],
)
def test_wrong_options_are_2(tmp_path: Path, first: str, last: str, more: tuple[str, ...], message: str) -> None:
    ended = backfill(tmp_path / "lake", tmp_path, first, last, *more)
    assert ended.code == 2
    assert message in ended.err
    assert not (tmp_path / "lake").exists()


def test_days_are_required(tmp_path: Path) -> None:
    ended = lakehouse("backfill", "--lake", tmp_path / "lake", "--landing", tmp_path, "--from", "2026-01-01")
    assert ended.code == 2
    assert "--to" in ended.err


def test_no_source_is_2(tmp_path: Path) -> None:
    place = ("--lake", tmp_path / "lake", "--landing", tmp_path, "--conf", CONF)
    ended = lakehouse("backfill", *place, "--from", "2026-01-01", "--to", "2026-01-01")
    assert ended.code == 2
    assert "no source is named" in ended.err


def test_second_writer_is_5(published_shop: PublishedShop, tmp_path: Path) -> None:
    with hold(str(tmp_path / "lake"), Storage(), "run"):
        ended = backfill(tmp_path / "lake", published_shop.landing, "2026-01-01", "2026-01-01")
    assert ended.code == 5


def test_no_file_of_these_days_is_8(published_shop: PublishedShop, tmp_path: Path) -> None:
    ended = backfill(tmp_path / "lake", published_shop.landing, "2024-01-01", "2024-01-01")
    assert ended.code == 8
    assert ended.err.endswith("; new files there are for 2025-12-30 to 2026-01-02\n")


def test_earlier_days_stay_published_when_a_later_one_is_refused(published_shop: PublishedShop, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    shutil.copytree(published_shop.landing, landing)
    refused = landing / "orders" / "orders_2026-01-01.csv"
    refused.write_text("order_number,total\n1,10.00\n")
    # Older than its day it is for none that could lack it.
    os.utime(refused, (0, datetime(2025, 12, 31, tzinfo=UTC).timestamp()))
    ended = backfill(tmp_path / "lake", landing, "2025-12-31", "2026-01-01", "--publish", "day", "--json")
    assert ended.code == 3
    assert "orders_2026-01-01.csv: file:" in ended.err
    (published,) = map(json.loads, ended.out.splitlines())
    assert (published["first"], published["last"], published["files"]) == ("2025-12-31", "2025-12-31", 8)
    assert lakehouse("status", "--lake", tmp_path / "lake", "--json").json["run_id"] == published["run_id"]
