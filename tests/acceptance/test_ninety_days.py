"""Ninety days of a dirty shop through the command line: every engine publishes the truth, also taking turns.

Engines are found as `lakehouse` commands in the environments that `make environment ENGINE=…` makes.
"""

from __future__ import annotations

import json
import random
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lakehouse.runs.snapshot import Snapshot, open_snapshot
from lakehouse.runs.workspace import CHECKOUT, Workspace, open_workspace
from lakehouse.settings import Storage
from tests.conftest import REPOSITORY
from tests.runs.shops import Shop, differences

pytestmark = pytest.mark.acceptance

ENVIRONMENTS = {"sail": ".venv", "spark-4.1": ".venv-spark-4.1", "spark-3.5": ".venv-spark-3.5"}
ENGINES = [
    "sail",
    pytest.param("spark-4.1", marks=pytest.mark.in_turn),
    pytest.param("spark-3.5", marks=pytest.mark.in_turn),
]
DELIVERIES = 3
DAYS_PER_TURN = 30


@dataclass(frozen=True)
class Command:
    """The command line of one engine's environment."""

    name: str

    @property
    def path(self) -> Path:
        return REPOSITORY / ENVIRONMENTS[self.name] / "bin" / "lakehouse"

    def run(self, lake: Path, landing: Path) -> dict[str, Any]:
        engine = self.name.partition("-")[0]
        options = [
            "--lake",
            str(lake),
            "--landing",
            str(landing),
            "--source",
            "demo_shop",
            "--engine",
            engine,
            "--json",
        ]
        done = subprocess.run([str(self.path), "run", *options], check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-4000:]
        return dict(json.loads(done.stdout.splitlines()[-1]))


def command(name: str) -> Command:
    found = Command(name)
    if not found.path.exists():
        pytest.skip(f"no environment of {name}: make environment ENGINE={name}")
    return found


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("ninety")
    sizes = ["--days", "90", "--orders-per-day", "222", "--seed", "7", "--dirty", "0.02"]
    subprocess.run([Command("sail").path, "generate", "--out", folder, *sizes], check=True, capture_output=True)
    return Shop(folder)


@dataclass(frozen=True)
class Published:
    """A lake's published snapshot, for comparison with the truth."""

    lake: Path

    @property
    def workspace(self) -> Workspace:
        return open_workspace(CHECKOUT, "local", ["demo_shop"])

    def snapshot(self) -> Snapshot:
        return open_snapshot(str(self.lake), Storage())


@pytest.mark.parametrize("engine_name", ENGINES)
def test_every_number_is_the_truth(shop: Shop, engine_name: str, tmp_path: Path) -> None:
    command(engine_name).run(tmp_path / "lake", shop.folder)
    assert list(differences(Published(tmp_path / "lake"), shop.truth)) == []


@pytest.mark.in_turn
def test_engines_taking_turns_over_shuffled_deliveries(shop: Shop, tmp_path: Path) -> None:
    engines = [name for name in ENVIRONMENTS if Command(name).path.exists()]
    for number in range(DELIVERIES):
        shop.deliver(shuffled(shop)[number::DELIVERIES], tmp_path / "landing")
        command(engines[number % len(engines)]).run(tmp_path / "lake", tmp_path / "landing")
    assert list(differences(Published(tmp_path / "lake"), shop.truth)) == []


@pytest.mark.soak
def test_one_run_a_day_in_any_order_now_and_then_on_another_engine(shop: Shop, tmp_path: Path) -> None:
    others = [name for name in ENVIRONMENTS if name != "sail" and Command(name).path.exists()]
    for number, day in enumerate(shuffled(shop)):
        turn, is_other = divmod(number, DAYS_PER_TURN)
        name = others[turn % len(others)] if others and is_other == DAYS_PER_TURN - 1 else "sail"
        shop.deliver([day], tmp_path / "landing")
        command(name).run(tmp_path / "lake", tmp_path / "landing")
    assert list(differences(Published(tmp_path / "lake"), shop.truth)) == []


def shuffled(shop: Shop) -> list[str]:
    days = list(shop.days)
    random.Random(3).shuffle(days)
    return days
