"""One writer at a time; a lock ends with its process, however that ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakehouse.errors import LockedError
from lakehouse.runs.lock import FILE, only_writer
from lakehouse.runs.run import Request, run
from lakehouse.runs.workspace import CHECKOUT, open_workspace

HOLDER = """
import sys, time
from lakehouse.runs.lock import only_writer
with only_writer(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lake."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_two_processes_never_hold_a_lake(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    with (
        pytest.raises(LockedError, match=f"another run is at work on {tmp_path}") as locked,
        only_writer(str(tmp_path)),
    ):
        pytest.fail("two hold it")
    assert locked.value.exit_code == 5
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with only_writer(str(tmp_path)):
        pass


def test_a_run_waits_for_no_other_and_writes_nothing(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    (landing / "raw_orders.csv").write_text("id\n")
    request = Request(open_workspace(CHECKOUT, "local", ["jaffle_shop"]), str(tmp_path), str(landing), "sail")
    with pytest.raises(LockedError):
        run(request, lambda _progress: pytest.fail("the run began"))
    assert {path.name for path in tmp_path.iterdir()} == {FILE, "landing"}


def test_it_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), only_writer(str(tmp_path)):
        raise RuntimeError
    with only_writer(str(tmp_path)):
        pass


def test_lakes_are_held_one_by_one(tmp_path: Path) -> None:
    with only_writer(str(tmp_path / "one")), only_writer(str(tmp_path / "other")):
        pass


def test_in_s3_the_pointer_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with only_writer("s3://bucket/lake"), only_writer("s3://bucket/lake"):
        assert list(tmp_path.iterdir()) == []
