"""One small shop, loaded once by the command line itself, for all that only reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import CONF, Ended, lakehouse


@dataclass(frozen=True)
class PublishedShop:
    """A shop's files, its truth, the lake that they were loaded into, and what was said at that."""

    landing: Path
    lake: Path
    said: Ended

    @property
    def truth(self) -> dict[str, Any]:
        return dict(json.loads((self.landing / "truth.json").read_text()))


@pytest.fixture(scope="session")
def published_shop(tmp_path_factory: pytest.TempPathFactory) -> PublishedShop:
    """Four days around New Year, so that every grain has two periods; some rows are broken."""
    folder = tmp_path_factory.mktemp("published_shop")
    landing, lake = folder / "landing", folder / "lake"
    shop = ("--days", "4", "--orders-per-day", "10", "--seed", "3", "--start", "2025-12-30", "--dirty", "0.05")
    assert lakehouse("generate", "--out", landing, *shop).code == 0
    said = lakehouse("run", "--lake", lake, "--landing", landing, "--source", "demo_shop", "--conf", CONF)
    assert said.code == 0, said.err
    return PublishedShop(landing, lake, said)


@pytest.fixture(scope="session")
def landing(published_shop: PublishedShop) -> Path:
    return published_shop.landing


@pytest.fixture(scope="session")
def lake(published_shop: PublishedShop) -> Path:
    return published_shop.lake
