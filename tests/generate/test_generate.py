from __future__ import annotations

import hashlib
import importlib
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from lakehouse.errors import ConfigurationError
from lakehouse.generate import generate, truth_duckdb, truth_python
from tests.generate.conftest import GeneratedShop

_entry = importlib.import_module("lakehouse.generate.generate")


def _digests(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def _small(folder: Path, **changed: Any) -> dict[str, str]:
    generate(folder, **{"days": 4, "orders_per_day": 30, "seed": 5, "start": date(2024, 3, 29), **changed})
    return _digests(folder)


@pytest.mark.parametrize("dirty", [0.0, 0.1])
def test_the_same_arguments_give_the_same_bytes(tmp_path: Path, dirty: float) -> None:
    assert _small(tmp_path / "one", dirty=dirty) == _small(tmp_path / "two", dirty=dirty)


@pytest.mark.parametrize("changed", [{"seed": 6}, {"orders_per_day": 31}, {"dirty": 0.1}], ids=str)
def test_other_arguments_give_another_shop(tmp_path: Path, changed: dict[str, Any]) -> None:
    one, two = _small(tmp_path / "one"), _small(tmp_path / "two", **changed)
    assert one.keys() == two.keys()
    assert one["orders/orders_2024-03-30.csv"] != two["orders/orders_2024-03-30.csv"]


def test_an_earlier_shop_is_replaced_and_nothing_else_touched(tmp_path: Path) -> None:
    _small(tmp_path / "shop", days=9, seed=6)
    (tmp_path / "shop" / "orders" / "notes.txt").write_text("mine")
    (tmp_path / "shop" / "orders" / "orders_2024-03-30.csv.gz").write_text("packed meanwhile")
    again = _small(tmp_path / "shop")
    assert again.pop("orders/notes.txt") == hashlib.sha256(b"mine").hexdigest()
    assert again == _small(tmp_path / "fresh")


def test_the_report_is_what_was_written(tmp_path: Path) -> None:
    report = generate(tmp_path, days=3, orders_per_day=20, seed=1, start=date(2024, 1, 1))
    data = [path for path in tmp_path.rglob("*.csv*") if path.is_file()]
    assert report.files == len(data) == 8 * 3
    assert report.bytes == sum(path.stat().st_size for path in data)
    assert report.truth == tmp_path / "truth.json"
    shop = GeneratedShop(tmp_path, 0.0)
    rows = {name: len(shop.delivered(name)) for name in shop.truth["delivered"]}
    assert rows == {name: each["rows"] for name, each in shop.truth["delivered"].items()}
    assert report.rows == sum(rows.values())


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        generate(tmp_path / "shop", days=0, orders_per_day=0, seed=-1, start=date(1900, 1, 1), dirty=0.6)
    assert [problem.message.split()[0] for problem in caught.value.problems] == [
        "--days",
        "--dirty",
        "--orders-per-day",
        "--seed",
        "--start",
    ]
    assert not (tmp_path / "shop").exists()


@pytest.mark.parametrize("seed", range(3))
def test_a_shop_with_hardly_an_order(tmp_path: Path, seed: int) -> None:
    generate(tmp_path, days=3, orders_per_day=1, seed=seed, start=date(2024, 2, 28), dirty=0.5)
    assert set(GeneratedShop(tmp_path, 0.5).truth["grains"]) == {"day", "week", "month", "quarter", "year"}


@pytest.mark.parametrize("dirty", [0.0, 0.05])
def test_both_computations_give_the_same_truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dirty: float) -> None:
    truths = []
    for limit, unused in ((10**9, truth_duckdb), (0, truth_python)):
        with monkeypatch.context() as patch:
            patch.setattr(_entry, "PLAIN_PYTHON_UP_TO", limit)
            patch.setattr(unused, "measure", None)
            generate(tmp_path, days=45, orders_per_day=60, seed=3, start=date(2024, 10, 10), dirty=dirty)
            truths.append((tmp_path / "truth.json").read_text())
    assert truths[0] == truths[1]


def _executed_lines(run: Callable[[], object]) -> int:
    """Lines of the generator's own code that Python executes meanwhile; a loop over rows executes one per row."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        if "/lakehouse/generate/" not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(before)
    return count


def test_a_large_shop_is_not_made_row_by_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty times the orders take the same steps: no step is one order's."""
    monkeypatch.setattr(_entry, "PLAIN_PYTHON_UP_TO", 0)
    small, large = (
        _executed_lines(partial(generate, tmp_path / str(size), 2, size, 1, date(2024, 1, 1))) for size in (500, 20_000)
    )
    assert large < 1.1 * small


def test_a_benchmark_sized_shop_is_measured_in_sql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(truth_python, "measure", None)
    generate(tmp_path, days=2, orders_per_day=50_000, seed=2, start=date(2024, 11, 28))
    (year,) = GeneratedShop(tmp_path, 0.0).truth["grains"]["year"]
    assert year["total_orders"] == pytest.approx(95_000, rel=0.02)


_ADDITIVE = (
    "total_revenue",
    "gross_sales",
    "discounts",
    "shipping_revenue",
    "tax_collected",
    "total_orders",
    "items_sold",
    "cancelled_orders",
    "online_orders",
    "sessions",
    "total_payments",
    "decided_payments",
    "successful_payments",
    "failed_payments",
    "refunds",
    "net_revenue",
    "new_customers",
)


@pytest.fixture(params=["clean_shop", "dirty_shop"])
def grains(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param).truth["grains"]


def test_days_add_up_to_every_other_grain(grains: Any) -> None:
    for name in _ADDITIVE:
        totals = {grain: sum(Decimal(row[name]) for row in rows) for grain, rows in grains.items()}
        assert len(set(totals.values())) == 1, (name, totals)
        assert totals["day"] > 0, name
    months = {row["start"][:7]: row for row in grains["month"]}
    for month, row in months.items():
        days = [each for each in grains["day"] if each["start"].startswith(month)]
        assert all(sum(Decimal(day[name]) for day in days) == Decimal(row[name]) for name in _ADDITIVE)


def test_every_period_is_consistent_in_itself(grains: Any) -> None:
    for row in (row for rows in grains.values() for row in rows):
        parts = Decimal(row["gross_sales"]) - Decimal(row["discounts"])
        assert Decimal(row["total_revenue"]) == parts + Decimal(row["shipping_revenue"]) + Decimal(row["tax_collected"])
        assert row["new_customers"] + row["returning_customers"] == row["active_customers"] <= row["total_orders"]
        assert row["visitors"] <= row["sessions"]
        if row["active_customers"]:
            shares = (row["customer_acquisition_rate"]["value"], row["customer_retention_rate"]["value"])
            assert sum(shares) == pytest.approx(1, abs=1e-12)
        for ratio in (value for value in row.values() if isinstance(value, dict)):
            if ratio["value"] is not None:
                quotient = Decimal(ratio["numerator"]) / Decimal(ratio["denominator"])
                assert float(quotient) == pytest.approx(ratio["value"], rel=1e-12)


def test_growth_compares_with_the_period_before(grains: Any) -> None:
    for rows in grains.values():
        for before, now in pairwise(rows):
            growth = now["revenue_growth_rate"]
            if growth["denominator"] is None:
                assert before is rows[0] or now is rows[-1], "only the first and the last period lack days"
                continue
            assert Decimal(growth["denominator"]) == Decimal(before["total_revenue"])
            assert Decimal(growth["numerator"]) == Decimal(now["total_revenue"]) - Decimal(before["total_revenue"])


def test_the_truth_says_what_it_is_of(dirty_shop: GeneratedShop) -> None:
    assert dirty_shop.truth["meta"] == {
        "source": "demo_shop",
        "seed": 11,
        "days": 60,
        "orders_per_day": 40,
        "start": "2024-03-04",
        "dirty": 0.1,
        "time_zone": "Europe/Berlin",
        "reporting_currency": "EUR",
        "week_start": "monday",
    }
