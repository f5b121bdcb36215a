"""The day in a delivered file's path."""

from __future__ import annotations

from datetime import date

import pytest

from lakehouse.sources.delivery_day import delivery_day

DAY = date(2026, 3, 1)
PATHS = {
    "orders/orders_2026-03-01.csv": DAY,
    "s3://bucket/shop/2026/03/01/orders.json.gz": DAY,
    "20260301.csv": DAY,
    "orders_2026_03_01_0930.csv": DAY,
    "2026-02-28/orders_2026-03-01.csv": DAY,
    "2026-03-01/part-00012.parquet": DAY,
    "orders_2026-02-30.csv": None,
    "orders_120260301.csv": None,
    "orders.csv": None,
    "orders_2026-0301.csv": None,
}


@pytest.mark.parametrize("path", PATHS)
def test_delivery_day(path: str) -> None:
    assert delivery_day(path) == PATHS[path]
