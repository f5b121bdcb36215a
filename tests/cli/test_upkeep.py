"""`lakehouse history`, `verify`, `restore`, `vacuum`, `optimize` and `doctor`, as a person or a schedule calls them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from lakehouse.runs.manifest import FOLDER, POINTER
from tests.cli.command import CONF, but_for_the_lease, lakehouse

COMMANDS = (("history",), ("verify",), ("restore", "--to-run", "any"), ("vacuum",), ("optimize",), ("doctor",))


@pytest.fixture
def copy(lake: Path, tmp_path: Path) -> Path:
    """A lake of one run, to be changed."""
    shutil.copytree(lake, tmp_path / "lake")
    return tmp_path / "lake"


def words(out: str) -> list[str]:
    return [" ".join(line.split()) for line in out.splitlines()]


@pytest.mark.parametrize("command", COMMANDS, ids=[command[0] for command in COMMANDS])
def test_nothing_published_is_8_and_help_has_an_example(command: tuple[str, ...], tmp_path: Path) -> None:
    ended = lakehouse(*command, "--lake", tmp_path / "lake")
    assert (ended.code, ended.err.splitlines()[-1]) == (
        8,
        f"error: nothing was published in {tmp_path / 'lake'} yet: load it with `lakehouse run`",
    )
    assert f"Example: lakehouse {command[0]} --lake build/lake" in " ".join(lakehouse(command[0], "--help").out.split())


def test_history(lake: Path) -> None:
    (run,) = lakehouse("history", "--lake", lake, "--json").json
    assert (run["kind"], run["engine"], run["restored_from"]) == ("run", "sail", None)
    assert {balance["entity"] for balance in run["balances"]} >= {"orders", "customers"}
    heading, line = words(lakehouse("history", "--lake", lake).out)
    assert heading.startswith("run published (UTC) what engine files rows")
    assert line.startswith(f"{run['run_id']} ")
    assert f" run sail {run['files']} {run['rows']} " in line


def test_verify(copy: Path) -> None:
    run_id = lakehouse("status", "--lake", copy, "--json").json["run_id"]
    found = lakehouse("verify", "--lake", copy, "--conf", CONF, "--json").json
    assert (found["run_id"], found["differences"], len(found["tables"])) == (run_id, [], 41)
    again = lakehouse("verify", "--lake", copy, "--conf", CONF, "--run", run_id)
    assert again.out.splitlines()[-1] == (
        f"run {run_id} reads as it was published: 1 manifests, 41 tables, {found['rules']} rules; "
        f"columns add up as when run {run_id} was verified"
    )


def test_verify_with_other_metrics_says_what_it_left_out(copy: Path, tmp_path: Path) -> None:
    shutil.copytree(CONF, tmp_path / "conf")
    path = tmp_path / "conf" / "metrics" / "revenue.yml"
    path.write_text(path.read_text() + "\n")
    ended = lakehouse("verify", "--lake", copy, "--conf", tmp_path / "conf")
    assert ended.code == 0
    assert ended.out.rstrip().endswith("; KPI tables were made with other metric definitions and not compared")


def test_verify_names_every_difference_with_7(copy: Path) -> None:
    gone = 0
    for name in ("gold/dim_dates", "silver/customers"):
        for path in (copy / name).rglob("*.parquet"):
            path.unlink()
            gone += 1
    ended = lakehouse("verify", "--lake", copy)
    assert ended.code == 7
    assert "does not read as it was published:" in ended.err.splitlines()[0]
    assert ended.err.count(".parquet is missing") == gone > 2
    as_json = lakehouse("verify", "--lake", copy, "--json")
    assert as_json.code == 7
    assert len(json.loads(as_json.out)["differences"]) == gone


def test_restore(copy: Path) -> None:
    run_id = lakehouse("status", "--lake", copy, "--json").json["run_id"]
    done = lakehouse("restore", "--lake", copy, "--to-run", run_id, "--json").json
    assert (done["restored_from"], done["before"], done["tables"]) == (run_id, run_id, [])
    assert lakehouse("history", "--lake", copy, "--json").json[0]["run_id"] == done["run_id"]
    said = lakehouse("restore", "--lake", copy, "--to-run", run_id).out
    assert said.startswith("published run ")
    assert f"what run {run_id} published, instead of run {done['run_id']}; 0 tables were put back" in said


def test_restore_to_an_unknown_run_is_2(copy: Path) -> None:
    run_id = lakehouse("status", "--lake", copy, "--json").json["run_id"]
    ended = lakehouse("restore", "--lake", copy, "--to-run", run_id[:-1])
    assert ended.code == 2
    assert f"(did you mean '{run_id}'?)" in ended.err
    assert lakehouse("restore", "--lake", copy).code == 2


def test_vacuum(copy: Path) -> None:
    run_id = lakehouse("status", "--lake", copy, "--json").json["run_id"]
    lakehouse("restore", "--lake", copy, "--to-run", run_id)
    before = but_for_the_lease(copy)
    told = lakehouse("vacuum", "--lake", copy, "--keep-runs", "1", "--dry-run")
    assert told.out.splitlines()[-1].startswith("would remove 1 snapshots and 0.00 MB; 1 snapshots stay, back to run ")
    assert but_for_the_lease(copy) == before
    done = lakehouse("vacuum", "--lake", copy, "--keep-runs", "1", "--json").json
    assert (done["runs_kept"], done["runs_removed"], done["is_dry_run"]) == (1, 1, False)
    assert before.keys() - but_for_the_lease(copy).keys() == {f"{FOLDER}/{run_id}.json"}
    assert lakehouse("vacuum", "--lake", copy).out.startswith("removed 0 snapshots and 0.00 MB; 1 snapshots stay")


def test_vacuum_takes_one_limit(copy: Path) -> None:
    ended = lakehouse("vacuum", "--lake", copy, "--keep-runs", "1", "--keep-days", "1")
    assert (ended.code, ended.err) == (2, "error: settings: give --keep-days or --keep-runs, not both\n")
    assert lakehouse("vacuum", "--lake", copy, "--keep-days", "401").code == 2


def test_optimize(copy: Path) -> None:
    said = lakehouse("optimize", "--lake", copy, "--table", "silver.orders")
    run_id = lakehouse("status", "--lake", copy, "--json").json["run_id"]
    assert said.out == f"nothing to optimize; run {run_id} stays published\n"
    assert lakehouse("optimize", "--lake", copy, "--json").json == {"run_id": run_id, "tables": []}
    assert lakehouse("optimize", "--lake", copy, "--table", "orderz").code == 2


def test_doctor(copy: Path) -> None:
    assert lakehouse("doctor", "--lake", copy).out == "all is well\n"
    assert lakehouse("doctor", "--lake", copy, "--json").json == []
    (copy / FOLDER / POINTER).write_text("{")
    ended = lakehouse("doctor", "--lake", copy)
    assert ended.code == 7
    assert ended.out.startswith(f"can be mended: {copy / FOLDER / POINTER} can not be read: it is damaged\n")
    assert ended.err == "error: 1 faults; `lakehouse doctor --mend` mends 1 of them\n"
    mended = lakehouse("doctor", "--lake", copy, "--mend", "--json").json
    assert [(finding["is_mendable"], finding["is_mended"]) for finding in mended] == [(True, True)]
    assert lakehouse("status", "--lake", copy).code == 0
