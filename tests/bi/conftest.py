"""A published shop, opened to be asked what the exports amount to."""

from __future__ import annotations

import pytest

import lakehouse
from lakehouse.ask.lake import Lake
from tests.cli.command import CONF
from tests.cli.command import lakehouse as command


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Six weeks around New Year, in which goods come back, customers too, and some rows are broken."""
    folder = tmp_path_factory.mktemp("exported")
    landing, root = folder / "landing", folder / "lake"
    shop = ("--days", "42", "--orders-per-day", "20", "--seed", "11", "--start", "2025-12-01", "--dirty", "0.02")
    assert command("generate", "--out", landing, *shop).code == 0
    ran = command("run", "--lake", root, "--landing", landing, "--source", "demo_shop", "--conf", CONF)
    assert ran.code == 0, ran.err
    return lakehouse.open(root, conf=CONF)
