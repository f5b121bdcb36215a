"""A command is measured with everything it starts, what outlives it too."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.conftest import REPOSITORY

CPU_SECONDS = 0.6
HELD = 150 * 2**20
READ = 40 * 2**20

WORKER = f"""
import pathlib, sys, time
held = bytearray({HELD})
pathlib.Path(sys.argv[1]).read_bytes()
while time.process_time() < {CPU_SECONDS}:
    pass
"""

FORKS = f"""
import os, time
held = bytearray({HELD})
child = os.fork()
while time.process_time() < {CPU_SECONDS}:
    pass
if child:
    os.waitpid(child, 0)
"""

STARTS_A_WORKER = "import subprocess, sys; subprocess.Popen([sys.executable, *sys.argv[1:]])"


def measured(tmp_path: Path, *arguments: str) -> dict[str, Any]:
    log = tmp_path / "output.log"
    command = [sys.executable, "-m", "benchmarks.measure", str(log), sys.executable, *arguments]
    done = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def test_a_process_that_outlives_the_command_is_counted(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(READ))
    (tmp_path / "worker.py").write_text(WORKER)
    usage = measured(tmp_path, "-c", STARTS_A_WORKER, str(tmp_path / "worker.py"), str(tmp_path / "file"))
    assert usage["exit_code"] == 0
    assert usage["cpu_seconds"] >= CPU_SECONDS
    assert READ <= usage["read_bytes"] < 2 * READ
    assert HELD <= usage["peak_bytes"] < 2 * HELD
    assert usage["engines"] == []


def test_memory_that_a_process_still_shares_with_its_parent_counts_once(tmp_path: Path) -> None:
    assert HELD <= measured(tmp_path, "-c", FORKS)["peak_bytes"] < 2 * HELD


def test_exit_code_and_output_are_the_commands(tmp_path: Path) -> None:
    usage = measured(tmp_path, "-c", "print('what it said'); raise SystemExit(3)")
    assert usage["exit_code"] == 3
    assert (tmp_path / "output.log").read_text() == "what it said\n"


def test_an_engine_in_a_process_is_seen(tmp_path: Path) -> None:
    opens = "from lakehouse.session import open_session\nwith open_session('sail'): pass"
    assert measured(tmp_path, "-c", opens)["engines"] == ["sail"]
