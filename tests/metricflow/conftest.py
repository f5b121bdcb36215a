"""Lakes and definitions that MetricFlow and our compiler are both asked of."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.metrics import Metrics
from tests.metricflow.asking import REPOSITORY

DEFINITIONS = Path(__file__).with_name("definitions")


def definitions(name: str, folder: Path) -> Metrics:
    """The metrics of a folder of definitions, with the dimensions that ship."""
    shutil.copytree(DEFINITIONS / name, folder / name)
    shutil.copy(REPOSITORY / "conf" / "dimensions.yml", folder)
    return load_metrics(folder / name)


@pytest.fixture(scope="session")
def sample_metrics(tmp_path_factory: pytest.TempPathFactory) -> Metrics:
    """MetricFlow's sample metrics in our words."""
    return definitions("samples", tmp_path_factory.mktemp("definitions"))
