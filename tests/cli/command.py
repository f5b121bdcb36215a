"""The command line as a user has it: arguments in; exit code, standard output and standard error out."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lakehouse.cli.app import main
from lakehouse.runs.lease import FILE, LOCK

REPOSITORY = Path(__file__).resolve().parents[2]
CONF = REPOSITORY / "conf"

ENGINE_MODULES = ("grpc", "py4j", "pysail", "pyspark.sql.connect.session")
"""No engine is started, or spoken to, without one of these."""

_SCRIPT = f"""
import sys
from lakehouse.cli import main
try:
    main(sys.argv[1:])
finally:
    print("engine modules:", *({ENGINE_MODULES!r} & sys.modules.keys()), file=sys.stderr)
""".replace(repr(ENGINE_MODULES), repr(set(ENGINE_MODULES)))


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        return self.raw.decode()

    @property
    def json(self) -> Any:
        """What `--json` printed: exactly one line."""
        assert self.code == 0, self.err
        assert self.out.count("\n") == 1
        assert self.out.endswith("\n")
        return json.loads(self.out)


def lakehouse(*arguments: str | Path, entry: Callable[[list[str]], None] = main) -> Ended:
    """Run a command in this process."""
    raw, err = io.BytesIO(), io.StringIO()
    out = io.TextIOWrapper(raw, "utf-8", write_through=True)
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
        entry([str(argument) for argument in arguments])
    return Ended(int(ended.value.code or 0), raw.getvalue(), err.getvalue())


def lakehouse_process(*arguments: str | Path, folder: Path | None = None) -> tuple[Ended, set[str]]:
    """Run a command in a process of its own; how it ended, and the engine modules that it loaded."""
    ended = subprocess.run(
        [sys.executable, "-c", _SCRIPT, *map(str, arguments)],
        cwd=folder,
        env={"PYTHONPATH": str(REPOSITORY / "src")},
        capture_output=True,
        timeout=120,
        check=False,
    )
    said, _, modules = ended.stderr.decode().rpartition("engine modules:")
    return Ended(ended.returncode, ended.stdout, said), set(modules.split())


def but_for_the_lease(lake: Path) -> dict[str, bytes]:
    """Every file of a lake by its path, but those that say who holds it, and how many did before."""
    return {name: content for name, content in contents(lake).items() if name not in {FILE, f".{FILE}.lock", LOCK}}


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
