"""What holds for the repository as a whole: import rules, file sizes, locks, and words that lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
LOCKS = ("build", "demo", "dev", "notebook", "spark-3.5", "spark-4.1")

# These are imported, or used as commands, where no engine is installed or before one may start.
ENGINE_FREE = (
    "lakehouse",
    "lakehouse.bronze",
    "lakehouse.cli",
    "lakehouse.configuration",
    "lakehouse.derive",
    "lakehouse.errors",
    "lakehouse.generate",
    "lakehouse.gold",
    "lakehouse.kpi",
    "lakehouse.quality",
    "lakehouse.runs",
    "lakehouse.semantic",
    "lakehouse.session",
    "lakehouse.settings",
    "lakehouse.silver",
    "lakehouse.sources",
    "lakehouse.spark",
    "lakehouse.storage",
    "lakehouse.table",
    "lakehouse.verbs",
)

_IMPORT_WITHOUT_ENGINE = """
import importlib, pkgutil, sys

class NoEngine:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"delta", "grpc", "pandas", "pysail", "pyspark"}:
            raise ModuleNotFoundError(f"{name} is an engine's")

sys.meta_path.insert(0, NoEngine())
for name in sys.argv[1:]:
    module = importlib.import_module(name)
    for inner in pkgutil.walk_packages(getattr(module, "__path__", ()), name + ".") if name != "lakehouse" else ():
        importlib.import_module(inner.name)
"""


def python_files() -> list[Path]:
    """The product's own; a test may be one long table of cases."""
    return [path for folder in ("src", "jobs") for path in sorted((REPOSITORY / folder).rglob("*.py"))]


def committed_texts() -> dict[str, str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    texts = {}
    for name in filter(None, listed.stdout.split("\0")):
        path = REPOSITORY / name
        if path.is_file():
            texts[name] = path.read_text(encoding="utf-8", errors="replace")
    return texts


def requirements(lock: str) -> dict[str, str]:
    """Each locked package's block of lines."""
    text = (REPOSITORY / "requirements" / f"{lock}.txt").read_text()
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)
    return {found[1]: block for block in blocks if (found := re.match(r"([a-z0-9._-]+)==", block))}


def test_imports_point_one_way() -> None:
    pytest.importorskip("importlinter", reason="import rules are checked where the tools are installed")
    linted = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.returncode == 0, linted.stdout[linted.stdout.find("Contracts") :]


def test_reading_and_checking_need_no_engine() -> None:
    run = subprocess.run(
        [sys.executable, "-c", _IMPORT_WITHOUT_ENGINE, *ENGINE_FREE], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def test_importing_the_package_is_cheap() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys; old = set(sys.modules); import lakehouse; print(*set(sys.modules) - old)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert loaded.split() == ["lakehouse"]


def test_files_stay_readable() -> None:
    lines = {
        path.relative_to(REPOSITORY): len(path.read_text(encoding="utf-8").splitlines()) for path in python_files()
    }
    assert {str(path): count for path, count in lines.items() if count > 400} == {}


def test_nothing_committed_knows_a_machine_or_a_registry() -> None:
    hosts = ("pypi.org", "pythonhosted", "crates.io", "registry.npmjs", "proxy.golang", "repo1.maven", "repo.maven")
    homes = ("work", "root", "home", "tmp/w", "Users")
    forbidden = re.compile("|".join([*map(re.escape, hosts), *(rf"(?<![\w.}}$)]){'/'}{home}/" for home in homes)]))
    found = [
        f"{name}: {match[0]}"
        for name, text in committed_texts().items()
        if name != "tests/test_architecture.py" and (match := forbidden.search(text))
    ]
    assert found == []


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_pins_every_package_by_hash(lock: str) -> None:
    blocks = requirements(lock)
    assert blocks
    assert [name for name, block in blocks.items() if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("lock", LOCKS[1:])
def test_lock_holds_what_the_package_needs(lock: str) -> None:
    declared = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split(r"[<>=\[ ]", requirement)[0].lower() for requirement in declared}
    assert names - set(requirements(lock)) == set()


@pytest.mark.parametrize(("lock", "glue"), [("spark-4.1", "glue-6.0"), ("spark-3.5", "glue-5.1")])
def test_spark_environment_is_what_glue_ships(lock: str, glue: str) -> None:
    shipped = re.findall(r"^([\w-]+)==(\S+)", (REPOSITORY / "requirements" / f"{glue}.txt").read_text(), re.MULTILINE)
    blocks = requirements(lock)
    assert {name: version for name, version in shipped if not blocks[name].startswith(f"{name}=={version} ")} == {}


def test_demo_versions_are_the_tested_ones() -> None:
    tested = {block.split(" ")[0] for block in requirements("dev").values()}
    assert {block.split(" ")[0] for block in requirements("demo").values()} - tested == set()


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_documented_make_targets_exist(document: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", (REPOSITORY / document).read_text(), re.MULTILINE))
    assert named
    assert named - targets == set()


@pytest.mark.parametrize("document", ["README.md"])
def test_documented_commands_exist(document: str) -> None:
    from lakehouse.cli.app import app

    commands = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    named = set(re.findall(r"(?:`|^|bin/)lakehouse ([a-z]+)", (REPOSITORY / document).read_text(), re.MULTILINE))
    assert named
    assert named - commands == set()
