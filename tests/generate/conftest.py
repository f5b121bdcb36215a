"""A clean and a dirty shop, each generated once, and their files read back as text."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest

from lakehouse.generate import generate, truth_duckdb, truth_python
from tests.generate.truth_cases import Measure

Row = dict[str, str]

KEYS = {
    "customers": "customer_id",
    "products": "product_id",
    "orders": "order_id",
    "order_lines": "order_line_id",
    "payments": "payment_id",
    "refunds": "refund_id",
    "sessions": "session_id",
}

_NUMBERS = (
    "amount",
    "goods_amount",
    "line_discount",
    "order_discount",
    "page_views",
    "quantity",
    "shipping",
    "shipping_amount",
    "tax",
    "tax_amount",
    "unit_price",
)
_STATUSES = frozenset(
    {
        "abandoned",
        "cancelled",
        "draft",
        "failed",
        "fulfilled",
        "paid",
        "pending",
        "placed",
        "returned",
        "succeeded",
    }
)


@dataclass(frozen=True)
class GeneratedShop:
    folder: Path
    dirty: float

    @property
    def truth(self) -> Any:
        return json.loads((self.folder / "truth.json").read_text(encoding="utf-8"))

    def files(self, object_name: str) -> list[Path]:
        return sorted((self.folder / object_name).iterdir())

    def text(self, path: Path) -> str:
        """The file's text without a byte order mark."""
        content = path.read_bytes()
        return (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8-sig")

    def delivered(self, object_name: str) -> list[Row]:
        """All rows that have as many fields as their header, in the order of delivery."""
        rows = []
        for path in self.files(object_name):
            header, *records = csv.reader(io.StringIO(self.text(path), newline=""))
            rows += [dict(zip(header, record, strict=True)) for record in records if len(record) == len(header)]
        return rows

    def good(self, object_name: str) -> list[Row]:
        """The delivered rows that a strict reader would accept."""
        return [row for row in self.delivered(object_name) if _accepted(object_name, row)]

    def newest(self, object_name: str) -> list[Row]:
        """The newest version of each row."""
        found: dict[str, Row] = {}
        for row in self.good(object_name):
            held = found.get(row[KEYS[object_name]])
            if held is None or row.get("updated_at", "") > held.get("updated_at", ""):
                found[row[KEYS[object_name]]] = row
        return list(found.values())


def _accepted(object_name: str, row: Row) -> bool:
    checks: dict[str, Callable[[str], bool]] = {
        **dict.fromkeys(_NUMBERS, _is_amount),
        **{name: _is_instant for name in row if name.endswith("_at")},
        "status": _STATUSES.__contains__,
    }
    key = KEYS.get(object_name)
    return (key is None or bool(row[key].strip())) and all(
        check(row[name]) for name, check in checks.items() if row.get(name)
    )


def _is_amount(text: str) -> bool:
    try:
        return abs(Decimal(text)) < 10**16
    except InvalidOperation:
        return False


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _generated(folder: Path, dirty: float) -> GeneratedShop:
    generate(folder, days=60, orders_per_day=40, seed=11, start=date(2024, 3, 4), dirty=dirty)
    return GeneratedShop(folder, dirty)


@pytest.fixture(scope="session")
def clean_shop(tmp_path_factory: pytest.TempPathFactory) -> GeneratedShop:
    return _generated(tmp_path_factory.mktemp("clean_shop"), 0.0)


@pytest.fixture(scope="session")
def dirty_shop(tmp_path_factory: pytest.TempPathFactory) -> GeneratedShop:
    return _generated(tmp_path_factory.mktemp("dirty_shop"), 0.1)


@pytest.fixture(params=[truth_python.measure, truth_duckdb.measure], ids=["python", "duckdb"])
def measure(request: pytest.FixtureRequest) -> Measure:
    """Each of the two computations of the truth."""
    found: Measure = request.param
    return found
