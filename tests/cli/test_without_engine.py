"""A base install, without any engine: everything but a run works; and nothing is imported before it is needed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import CONF, REPOSITORY, Ended
from tests.cli.conftest import PublishedShop

ENGINES = {"delta", "grpc", "pandas", "py4j", "pysail", "pyspark"}

_SCRIPT = f"""
import json, sys
from importlib.machinery import PathFinder

find = PathFinder.find_spec
PathFinder.find_spec = lambda name, *where: None if name.split(".")[0] in {ENGINES!r} else find(name, *where)
from lakehouse.cli import main

for arguments in json.loads(sys.argv[1]):
    try:
        main(arguments)
    except SystemExit as ended:
        sys.stdout.flush()
        print(json.dumps([arguments[0], ended.code or 0]), flush=True)
"""


def ended(*commands: tuple[str | Path, ...]) -> tuple[list[list[object]], Ended]:
    """The exit code of each command, run one after the other in a Python where no engine is installed."""
    arguments = json.dumps([[str(argument) for argument in command] for command in commands])
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, arguments],
        env={"PYTHONPATH": str(REPOSITORY / "src")},
        capture_output=True,
        check=False,
    )
    lines = done.stdout.decode().splitlines()
    codes = [json.loads(line) for line in lines if line.startswith('["')]
    return codes, Ended(done.returncode, done.stdout, done.stderr.decode())


def test_readers_checks_and_documentation_need_no_engine(published_shop: PublishedShop, tmp_path: Path) -> None:
    lake, conf = ("--lake", published_shop.lake), ("--conf", CONF)
    codes, said = ended(
        ("query", "total_orders", "total_revenue", *lake, *conf, "--grain", "month"),
        ("sql", "total_orders", *conf),
        ("status", *lake, *conf),
        ("history", *lake, *conf),
        ("plan", *lake, *conf, "--landing", published_shop.landing, "--source", "demo_shop"),
        ("metrics", "list", *conf),
        ("sources", "check", *conf),
        ("sources", "infer", published_shop.landing),
        ("docs", "--out", tmp_path / "docs", *conf),
        ("export", "metricflow", "--out", tmp_path / "metricflow", *conf),
        ("quarantine", "list", *lake, *conf),
        ("generate", "--out", tmp_path / "landing", "--days", "1", "--orders-per-day", "3"),
    )
    assert said.err == ""
    assert [code for _, code in codes] == [0] * 12
    assert (tmp_path / "docs" / "metrics.md").is_file()


@pytest.mark.parametrize(("engine", "extra"), [("sail", "sail"), ("spark", "spark"), ("sc://127.0.0.1:1", "sail")])
def test_run_says_what_to_install(published_shop: PublishedShop, tmp_path: Path, engine: str, extra: str) -> None:
    place = ("--lake", tmp_path / "lake", "--landing", published_shop.landing, "--source", "demo_shop", "--conf", CONF)
    codes, said = ended(("run", *place, "--engine", engine))
    assert codes == [["run", 2]]
    assert said.err == f"error: settings: this engine is not installed: pip install 'lakehouse[{extra}]'\n"


def test_starting_imports_little() -> None:
    """What is slow to import is imported by the command that needs it."""
    code = "import sys, lakehouse.cli; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(REPOSITORY / "src")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    slow = {"boto3", "deltalake", "duckdb", "holidays", "numpy", "pyarrow", "pydantic", "sqlglot", *ENGINES}
    assert "typer" in loaded
    assert slow & set(loaded) == set()


def test_a_question_to_kpi_tables_imports_no_arrow(published_shop: PublishedShop) -> None:
    """It takes longer to import than KPI tables to be read."""
    code = (
        "import sys\nfrom lakehouse.cli import main\ntry:\n    main(sys.argv[1:])\n"
        "finally:\n    print(*{name.split('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    asked = ("query", "total_orders", "--lake", published_shop.lake, "--conf", CONF, "--json")
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, asked)],
        env={"PYTHONPATH": str(REPOSITORY / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"total_orders": ' in done.stdout
    assert {"holidays", "numpy", "pandas", "pyarrow"} & set(done.stderr.split()) == set()
