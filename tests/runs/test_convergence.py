"""Any order and grouping of the same files ends in the same tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.runs.small_shop import SmallShop

FILES = {
    "orders_a": ("o1,2026-01-05,paid,1.00,1", "o2,2026-01-06,placed,2.00,1", "o2,2026-01-06,placed,2.00,1"),
    "orders_b": ("o1,2026-01-05,paid,1.50,2", "o2,2026-01-06,paid,9.00,1", ",2026-01-06,paid,9.00,1"),
    "orders_c": ("o1,2026-01-05,paid,9.99,1", "o3,2026-01-07,lost,3.00,1"),
    "lines_a": ("l1,o1,1,5.00,1", "l2,o1,2,6.00,1", "l3,o2,3,7.00,1"),
    "lines_b": ("l1,o1,1,5.00,2", "l9,o1,1,4.00,2", "l2,o1,many,6.00,2"),
    "lines_c": ("l2,o1,7,6.00,1", "l4,o2,1,1.00,1"),
    "customers_a": ("c1,ann@example.com,1", "c2,bob@example.com,1", *(f"d{n},{n}@example.com,1" for n in range(6))),
    "customers_b": ("c1,ann@example.org,3", "c1,ann@example.net,2", *(f"d{n},{n}@example.org,1" for n in range(6))),
    "customers_c": ("c1,ann@example.com,3", ",eve@example.com,1", *(f"d{n},{n}@example.net,2" for n in range(6))),
}
"""Newer, older, equal and conflicting versions; a set with a line less; a late part of an old set; bad rows."""


def loaded(shop: SmallShop, *deliveries: Sequence[str]) -> SmallShop:
    """The shop after runs over these files, each file from then on in landing."""
    for names in deliveries:
        for name in names:
            shop.deliver(name, *FILES[name])
        shop.run()
    for path in shop.landing.iterdir():
        path.unlink()
    return shop


def test_any_order_and_grouping(spark: SparkSession, engine: str, tmp_path: Path) -> None:
    at_once, bit_by_bit = (SmallShop(spark, engine, tmp_path, lake_name=name) for name in ("one", "other"))
    loaded(at_once, list(FILES))
    by_letter = [[name for name in FILES if name.endswith(letter)] for letter in "cba"]
    loaded(bit_by_bit, *by_letter)
    facts = at_once.facts()
    assert {row["_version"] for row in facts["silver.customer_versions"]} == {1, 2, 3}
    assert {row.get("order_line_id", "gone")[-2:] for row in facts["silver.order_lines"]} == {
        "l1",
        "ne",
        "l9",
        "l3",
        "l4",
    }
    assert bit_by_bit.facts() == facts


def test_what_is_too_much_for_memory_ends_the_same(
    spark: SparkSession, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine reads and writes it, and tables are made anew as a whole."""
    by_driver, by_engine = (SmallShop(spark, engine, tmp_path, lake_name=name) for name in ("driver", "engine"))
    by_letter = [[name for name in FILES if name.endswith(letter)] for letter in "cba"]
    loaded(by_driver, *by_letter)
    monkeypatch.setattr("lakehouse.runs.context.MOST_ROWS", 1)
    monkeypatch.setattr("lakehouse.runs.context.HANDED_ROWS", 0)
    loaded(by_engine, *by_letter)
    assert by_engine.facts() == by_driver.facts()


def test_an_order_that_moves_to_another_month_is_there_once(spark: SparkSession, engine: str, tmp_path: Path) -> None:
    """Its old month is looked up by its key, also where nothing else of that month comes in."""
    shop = SmallShop(spark, engine, tmp_path)
    shop.deliver("orders_1", "o1,2026-01-05,paid,1.00,1", "o2,2026-01-06,paid,2.00,1")
    shop.run()
    shop.deliver("orders_2", "o1,2026-03-05,paid,1.50,2", minute=1)
    shop.run()
    held = sorted((row["order_id"], str(row["_month"])) for row in shop.published("silver.orders"))
    assert held == [("corner:o1", "2026-03-01"), ("corner:o2", "2026-01-01")]
    assert shop.orders() == {"o1": "1.50", "o2": "2.00"}
