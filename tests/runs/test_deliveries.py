"""Which day a file is for."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from lakehouse.runs.deliveries import day_of

DAYS = [
    pytest.param("orders_2026-03-01.csv", "2026-03-02T01:00", date(2026, 3, 1), id="the day in its path"),
    pytest.param("orders_2026-03-01.csv", "2026-03-01T00:00", date(2026, 3, 1), id="written on the day"),
    pytest.param("orders_2026-03-01.csv", "2026-02-28T23:59", None, id="written before the day"),
    pytest.param("orders.csv", "2026-03-02T01:00", None, id="no day in its path"),
]


@pytest.mark.parametrize(("path", "modified_at", "day"), DAYS)
def test_day_of_a_file(path: str, modified_at: str, day: date | None) -> None:
    assert day_of(path, datetime.fromisoformat(modified_at).replace(tzinfo=UTC)) == day
