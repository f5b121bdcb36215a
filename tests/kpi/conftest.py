"""The metrics that ship, read once."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.metrics import Metrics

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def metrics() -> Metrics:
    return load_metrics(REPOSITORY / "conf" / "metrics")
