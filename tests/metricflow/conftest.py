"""Lakes and definitions that MetricFlow and our compiler are both asked of, and the page that tells what was found."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from lakehouse.runs.snapshot import open_snapshot
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.metrics import Metrics
from lakehouse.settings import Storage
from tests.cli.command import CONF, lakehouse
from tests.metricflow.asking import Lake
from tests.metricflow.page import Page
from tests.metricflow.samples import written

DEFINITIONS = Path(__file__).with_name("definitions")
FIRST, DAYS = date(2025, 11, 1), 75


@dataclass(frozen=True)
class Published:
    """A published demo lake as Parquet files, and the columns of its KPI tables."""

    lake: Lake
    stored: Mapping[str, tuple[str, ...]]

    @property
    def last(self) -> date:
        return FIRST + timedelta(days=DAYS - 1)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Two whole months, the turn of a year and half a month."""
    folder = tmp_path_factory.mktemp("demo")
    landing, root = folder / "landing", folder / "lake"
    shop = ("--days", str(DAYS), "--orders-per-day", "40", "--seed", "5", "--start", FIRST.isoformat())
    assert lakehouse("generate", "--out", landing, *shop).code == 0
    ran = lakehouse("run", "--lake", root, "--landing", landing, "--source", "demo_shop", "--conf", CONF)
    assert ran.code == 0, ran.err
    snapshot = open_snapshot(str(root), Storage())
    names = [name.rpartition(".")[2] for name in snapshot.tables if name.startswith(("gold.", "kpi."))]
    tables = {name: snapshot.query(f"SELECT * FROM {name}", (name,)) for name in names}
    kpis = {name: tuple(table.column_names) for name, table in tables.items() if name.startswith("kpi_")}
    return Published(written(folder / "tables", tables), kpis)


@pytest.fixture(scope="session")
def shipped_metrics() -> Metrics:
    """The metrics that ship."""
    return load_metrics(CONF / "metrics")


@pytest.fixture(scope="session")
def sample_metrics(tmp_path_factory: pytest.TempPathFactory) -> Metrics:
    """MetricFlow's sample metrics in our words."""
    return _definitions("samples", tmp_path_factory.mktemp("definitions"))


@pytest.fixture(scope="session")
def more_metrics(tmp_path_factory: pytest.TempPathFactory) -> Metrics:
    """Metrics with all that the language has."""
    return _definitions("more", tmp_path_factory.mktemp("definitions"))


def _definitions(name: str, folder: Path) -> Metrics:
    """The metrics of a folder of definitions, with the dimensions that ship."""
    shutil.copytree(DEFINITIONS / name, folder / name)
    shutil.copy(CONF / "dimensions.yml", folder)
    return load_metrics(folder / name)


@pytest.fixture(scope="session")
def page(request: pytest.FixtureRequest) -> Iterator[Page]:
    """What tests tell of their comparisons; written where it is asked for, if all of them told."""
    told = Page()
    yield told
    path = request.config.getoption("--metricflow-page")
    if path and told.is_whole:
        Path(path).write_text(told.text(), encoding="utf-8")
