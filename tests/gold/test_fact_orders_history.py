"""An order's place in its customer's life: its number, the order before, and the periods it is the first of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

import pytest
from pyspark.sql import SparkSession

from lakehouse.gold.fact_orders import TABLE
from lakehouse.grain import Grain
from tests.gold.order_cases import BERLIN, Case, transformed
from tests.published import Row, assert_row


@dataclass(frozen=True)
class Step:
    """An order of a customer, and its number, the day of the one before, how long ago, and what it is the first of."""

    at: str
    number: int | None
    previous: str | None = None
    days: int | None = None
    first_of: str = ""
    is_test: bool = False


ALL = "day week month quarter year"
LIVES: Mapping[str, Sequence[Step]] = {
    "one order": [Step("2024-03-13", 1, first_of=ALL)],
    "new on Monday, again on Friday": [
        Step("2024-03-11", 1, first_of=ALL),
        Step("2024-03-15", 2, "2024-03-11", 4, "day"),
    ],
    "twice a day": [Step("2024-03-13T08:00", 1, first_of=ALL), Step("2024-03-13T09:00", 2, "2024-03-13", 0)],
    "twice an instant": [Step("2024-03-13", 1, first_of=ALL), Step("2024-03-13", 2, "2024-03-13", 0)],
    "over midnight": [
        Step("2024-03-13T22:59", 1, first_of=ALL),
        Step("2024-03-13T23:00", 2, "2024-03-13", 1, "day"),
    ],
    "week of two months": [
        Step("2024-04-30", 1, first_of=ALL),
        Step("2024-05-01", 2, "2024-04-30", 1, "day month"),
        Step("2024-05-06", 3, "2024-05-01", 5, "day week"),
    ],
    "week of two years": [
        Step("2024-12-30", 1, first_of=ALL),
        Step("2025-01-02", 2, "2024-12-30", 3, "day month quarter year"),
        Step("2025-01-06", 3, "2025-01-02", 4, "day week"),
    ],
    "a test between": [
        Step("2024-03-11", 1, first_of=ALL),
        Step("2024-03-12", None, is_test=True),
        Step("2024-03-13", 2, "2024-03-11", 2, "day"),
    ],
    "a test first": [Step("2024-03-11", None, is_test=True), Step("2024-03-12", 1, first_of=ALL)],
}


@pytest.fixture(scope="module")
def lives(spark: SparkSession) -> dict[str, Row]:
    """All steps, delivered latest first."""
    cases = {
        f"{name} {n}": Case({"customer_id": name, "ordered_at": step.at, "is_test": step.is_test})
        for name, steps in LIVES.items()
        for n, step in reversed(list(enumerate(steps)))
    }
    return transformed(spark, cases, BERLIN)


@pytest.mark.parametrize("name", LIVES)
def test_place_in_its_customers_life(lives: dict[str, Row], name: str) -> None:
    for n, step in enumerate(LIVES[name]):
        row = lives[f"{name} {n}"]
        assert_row(TABLE, row, customer_order_number=step.number, previous_order_date=step.previous)
        assert row["days_since_previous_order"] == step.days
        assert row["is_first_order"] == (step.number == 1)
        assert {grain for grain in Grain if row[f"is_first_of_{grain}"]} == set(step.first_of.split())


@pytest.mark.parametrize("week_start", [1, 7])
def test_flags_of_days_add_up_to_distinct_customers(spark: SparkSession, week_start: int) -> None:
    random = Random(week_start)
    first = date(2024, 11, 1)
    cases = {
        str(n): Case(
            {
                "customer_id": f"shop:{random.randrange(12)}",
                "ordered_at": f"{first + timedelta(days=random.randrange(100))}T{random.randrange(24):02}:00",
                "status": random.choice(["placed", "paid", "cancelled"]),
            }
        )
        for n in range(200)
    }
    found = transformed(spark, cases, BERLIN.model_copy(update={"week_start": week_start})).values()
    for grain in Grain:
        flagged: dict[date, int] = {}
        customers: dict[date, set[str]] = {}
        for row in found:
            start = _period_start(row["order_date"], grain, week_start)
            flagged[start] = flagged.get(start, 0) + row[f"is_first_of_{grain}"]
            customers.setdefault(start, set()).update([row["customer_key"]] if row["is_qualifying"] else [])
        assert flagged == {start: len(members) for start, members in customers.items()}


def _period_start(day: date, grain: Grain, week_start: int) -> date:
    if grain is Grain.WEEK:
        return day - timedelta(days=(day.isoweekday() - week_start) % 7)
    month = {Grain.MONTH: day.month, Grain.QUARTER: day.month - (day.month - 1) % 3, Grain.YEAR: 1}.get(grain)
    return day if month is None else date(day.year, month, 1)
