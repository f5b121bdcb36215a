"""Without any one guard the suite fails: each is removed from a copy of the product, and its story told."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

pytestmark = pytest.mark.faults

FAILED = 1


@dataclass(frozen=True)
class Mutant:
    """A guard, what is put in the place of its text in a file, and the story that misses it."""

    guard: str
    file: str
    changes: Mapping[str, str]
    story: str


MUTANTS = [
    Mutant(
        "the version guard",
        "silver/versions.py",
        {
            'version < F.greatest("_best_version", known)': 'version < F.col("_best_version")',
            "    is_newer = known.isNull() | (version > known)\n": "    is_newer = F.lit(True)\n",
        },
        "test_deliveries.py::test_an_older_version_comes_after_a_newer",
    ),
    Mutant(
        "the fencing check",
        "runs/manifest.py",
        {"if pointer.fencing_token > token:": "if pointer.fencing_token < 0:"},
        "test_writers.py::test_a_paused_writer_wakes_up_after_another[ahead of publishing]",
    ),
    Mutant(
        "the fence",
        "runs/lease.py",
        {"                snapshots.fence(token)\n": "                pass\n"},
        "test_writers.py::test_a_paused_writer_wakes_up_beside_another",
    ),
    Mutant(
        "the lease before each commit",
        "runs/run.py",
        {"request.workspace.settings.storage, lease.require)": "request.workspace.settings.storage)"},
        "test_writers.py::test_a_paused_writer_wakes_up_after_another[ahead of a commit]",
    ),
    Mutant(
        "the read-back",
        "storage/write.py",
        {"if not is_ours and not (version == before and may_be_noop()):": "if version < before:"},
        "test_foreign_commit.py::test_in_the_middle[after-silver.orders]",
    ),
    Mutant(
        "the pins",
        "runs/pins.py",
        {"        if not is_ours:\n": "        if False:\n"},
        "test_foreign_commit.py::test_after_our_commit_was_read_back[silver.customers]",
    ),
    Mutant(
        "the balance gate",
        "runs/run.py",
        {"    require_balance(context, sources, accounts)\n": ""},
        "test_deliveries.py::test_rows_that_get_lost_are_noticed",
    ),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.guard for mutant in MUTANTS])
def test_without(mutant: Mutant, tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "conf").symlink_to(REPOSITORY / "conf")
    path = tmp_path / "src" / "lakehouse" / mutant.file
    text = path.read_text()
    for guard, replacement in mutant.changes.items():
        assert text.count(guard) == 1, f"{mutant.file} has no such guard any more: {guard}"
        text = text.replace(guard, replacement)
    path.write_text(text)
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "faults", "-p", "no:cacheprovider", f"tests/faults/{mutant.story}"],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == FAILED, told.stdout
    assert "is_good" in told.stdout, told.stdout
    assert "1 failed" in told.stdout.splitlines()[-1]
