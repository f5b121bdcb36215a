"""`lakehouse status`: what is published."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from tests.cli.command import lakehouse


def test_says_which_run_is_published_with_how_many_rows(lake: Path) -> None:
    manifest = lakehouse("status", "--lake", lake, "--json").json
    lines = [" ".join(line.split()) for line in lakehouse("status", "--lake", lake).out.splitlines()]
    assert lines[0].startswith(f"run {manifest['run_id']}, published ")
    assert lines[0].endswith(" UTC by sail")
    orders = manifest["tables"]["gold.fact_orders"]
    assert f"gold.fact_orders {orders['version']} {orders['rows']:,} {orders['files']}" in " | ".join(lines)
    assert len(lines) == 3 + len(manifest["tables"])


def test_says_how_fresh_it_is_and_what_waits(lake: Path, landing: Path) -> None:
    told = lakehouse("status", "--lake", lake, "--json").json
    newest = max(path.stat().st_mtime for path in landing.glob("*/*"))
    assert datetime.fromisoformat(told["newest_file_at"]).timestamp() == pytest.approx(newest)
    assert told["last_date"] == "2026-01-02"
    assert set(told["known_until"].values()) == {"2026-01-02"}
    assert told["partial"] == []
    assert told["quarantined_rows"] == told["tables"]["quarantine.rejects"]["rows"] > 0
    assert lakehouse("status", "--lake", lake).out.splitlines()[1] == (
        f"business days up to 2026-01-02; newest file of {told['newest_file_at'][:19].replace('T', ' ')} UTC; "
        f"rows in quarantine: {told['quarantined_rows']} rejected, {told['set_aside_rows']} set aside"
    )


def test_nothing_published_is_8(tmp_path: Path) -> None:
    ended = lakehouse("status", "--lake", tmp_path / "lake")
    assert ended.code == 8
    assert ended.err == f"error: nothing was published in {tmp_path / 'lake'} yet: load it with `lakehouse run`\n"
    assert not (tmp_path / "lake").exists()


def test_lake_must_be_named() -> None:
    ended = lakehouse("status")
    assert ended.code == 2
    assert "no lake is named: give --lake, or set `lake` in the environment's settings" in ended.err


def test_lake_that_is_a_file_is_6(tmp_path: Path) -> None:
    (tmp_path / "lake").touch()
    ended = lakehouse("status", "--lake", tmp_path / "lake")
    assert ended.code == 6
    assert "current.json: Not a directory" in ended.err


def test_lake_moved_elsewhere_is_read_all_the_same(lake: Path, tmp_path: Path) -> None:
    for name in ("_snapshots", "gold/coverage", "runs/deliveries"):
        shutil.copytree(lake / name, tmp_path / name)
    assert lakehouse("status", "--lake", tmp_path).out == lakehouse("status", "--lake", lake).out
