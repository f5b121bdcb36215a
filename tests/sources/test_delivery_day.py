"""The day in a delivered file's path."""

from __future__ import annotations

from datetime import date

import pytest

from lakehouse.sources.delivery_day import delivery_day, path_below, path_of_ledger

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


def test_a_path_begins_below_landing() -> None:
    assert path_below("/data/2026-02-28", "/data/2026-02-28/shop/orders_2026-03-01.csv") == "shop/orders_2026-03-01.csv"


def test_of_files_whose_landing_folder_is_not_known_any_more_the_name_counts() -> None:
    uri = "/data/2026-02-28/2026-03-01/orders.csv"
    assert path_of_ledger("2026-03-01/orders.csv", uri) == "2026-03-01/orders.csv"
    assert path_of_ledger(None, uri) == "orders.csv"
