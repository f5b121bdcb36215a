"""Which day a file is for."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse.runs.deliveries import day_of
from tests.runs.small_shop import SmallShop

DAYS = [
    pytest.param("orders_2026-03-01.csv", "2026-03-02T01:00", date(2026, 3, 1), id="the day in its path"),
    pytest.param("orders_2026-03-01.csv", "2026-03-01T00:00", date(2026, 3, 1), id="written on the day"),
    pytest.param("orders_2026-03-01.csv", "2026-02-28T23:59", None, id="written before the day"),
    pytest.param("orders.csv", "2026-03-02T01:00", None, id="no day in its path"),
]


@pytest.mark.parametrize(("path", "modified_at", "day"), DAYS)
def test_day_of_a_file(path: str, modified_at: str, day: date | None) -> None:
    assert day_of(path, datetime.fromisoformat(modified_at).replace(tzinfo=UTC)) == day


def test_a_date_in_the_path_of_landing_is_no_day_of_its_files(spark: SparkSession, engine: str, tmp_path: Path) -> None:
    shop = SmallShop(spark, engine, tmp_path / "2026-01-01")
    shop.deliver_first()
    shop.deliver("orders_2025-12-31", "o3,2025-12-31,paid,1.00,1")
    shop.run()
    days = [(row["object_name"], row["delivery_date"]) for row in shop.published("deliveries")]
    assert days == [("orders", date(2025, 12, 31))]
    shop.deliver("customers_2", "c2,bob@example.com,1")
    assert "runs.deliveries" not in [planned.table for planned in shop.plan().tables]
    # Nor does it come to be one where all is told anew from the ledger, and landing is elsewhere.
    elsewhere = SmallShop(spark, engine, tmp_path, lake_name=shop.lake.root)
    elsewhere.deliver("customers_3", "c3,eve@example.com,1")
    elsewhere.run(full=True)
    assert [(row["object_name"], row["delivery_date"]) for row in elsewhere.published("deliveries")] == days
