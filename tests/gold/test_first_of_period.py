"""Whose first event of a period it is: the previous one lies before the period."""

from __future__ import annotations

from datetime import date

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse import verbs
from lakehouse.gold.first_of_period import flag_fields, flags
from lakehouse.grain import Grain
from lakehouse.settings import Business

# previous day, day, grains of which it is the first, with weeks from Monday and from Sunday
CASES = {
    "never before": (None, "2024-03-13", "day week month quarter year", "day week month quarter year"),
    "same day": ("2024-03-13", "2024-03-13", "", ""),
    "day before": ("2024-03-12", "2024-03-13", "day", "day"),
    "Saturday, then Sunday": ("2024-03-09", "2024-03-10", "day", "day week"),
    "Sunday, then Monday": ("2024-03-10", "2024-03-11", "day week", "day"),
    "week before": ("2024-03-05", "2024-03-13", "day week", "day week"),
    "new month within a week": ("2024-04-30", "2024-05-01", "day month", "day month"),
    "new quarter with a new week": ("2024-03-31", "2024-04-01", "day week month quarter", "day month quarter"),
    "new year within a week": ("2024-12-31", "2025-01-01", "day month quarter year", "day month quarter year"),
    "same quarter": ("2024-01-31", "2024-03-31", "day week month", "day week month"),
    "leap day": ("2024-02-29", "2024-03-01", "day month", "day month"),
    "year to the day": ("2023-03-13", "2024-03-13", "day week month quarter year", "day week month quarter year"),
}


@pytest.fixture(scope="module")
def flagged(spark: SparkSession) -> dict[tuple[str, int], set[Grain]]:
    """Grains that are flagged, by case and first day of the week; those of `not <case>` where no flag applies."""
    days = [
        (name, previous and date.fromisoformat(previous), date.fromisoformat(day))
        for name, (previous, day, *_) in CASES.items()
    ]
    frame = spark.createDataFrame(days, "name string, previous date, day date")
    found = {}
    for week_start in (1, 7):
        business = Business(week_start=week_start)
        for prefix, applies in (("", True), ("not ", False), ("null ", None)):
            columns = flags(F.col("previous"), F.col("day"), business, applies=F.lit(applies).cast("boolean"))
            for row in verbs.to_arrow(frame.select("name", *(c.alias(n) for n, c in columns.items()))).to_pylist():
                found[prefix + row["name"], week_start] = {grain for grain in Grain if row[f"is_first_of_{grain}"]}
    return found


@pytest.mark.parametrize("name", CASES)
def test_flags(flagged: dict[tuple[str, int], set[Grain]], name: str) -> None:
    assert flagged[name, 1] == set(CASES[name][2].split())
    assert flagged[name, 7] == set(CASES[name][3].split())


@pytest.mark.parametrize("name", CASES)
def test_no_flag_where_none_applies(flagged: dict[tuple[str, int], set[Grain]], name: str) -> None:
    assert flagged[f"not {name}", 1] == flagged[f"null {name}", 1] == set()


def test_five_flags_are_declared() -> None:
    fields = flag_fields("visitor", "session")
    assert [field.name for field in fields] == [f"is_first_of_{grain}" for grain in Grain]
    assert fields[1].description == "Whether it is the visitor's first session of the business week."
