"""Type 2 history: what held at any time, without overlaps, and without gaps but where the key was deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from pyspark.sql import SparkSession

from lakehouse import verbs
from lakehouse.gold.history import BEGINNING, END, stretches
from lakehouse.silver.customer_versions import TABLE as CUSTOMER_VERSIONS
from tests.published import Row
from tests.rows import rows


@dataclass(frozen=True)
class Version:
    """`month` is the one of 2024 in which the change took effect; `city` is not tracked here."""

    month: int | None
    country: str | None = None
    is_deleted: bool = False
    city: str | None = None


@dataclass(frozen=True)
class Stretch:
    """From one month of 2024 to another; None for the beginning and the end of time."""

    since: int | None
    until: int | None
    country: str | None

    @classmethod
    def of(cls, row: Row) -> Stretch:
        assert row["is_current"] == (row["valid_to"] == END)
        since = None if row["valid_from"] == BEGINNING else row["valid_from"].month
        return cls(since, None if row["is_current"] else row["valid_to"].month, row["country_code"])


DE, FR, GONE = Version(1, "DE"), Version(3, "FR"), Version(3, "DE", is_deleted=True)

CASES: Mapping[str, tuple[Sequence[Version], Sequence[Stretch]]] = {
    "one version": ([DE], [Stretch(None, None, "DE")]),
    "a change": ([DE, FR], [Stretch(None, 3, "DE"), Stretch(3, None, "FR")]),
    "nothing changed": ([DE, Version(2, "DE")], [Stretch(None, None, "DE")]),
    "nothing tracked changed": ([DE, Version(2, "DE", city="Bonn")], [Stretch(None, None, "DE")]),
    "nothing changed, then a change": ([DE, Version(2, "DE"), FR], [Stretch(None, 3, "DE"), Stretch(3, None, "FR")]),
    "there and back": (
        [DE, FR, Version(5, "DE")],
        [Stretch(None, 3, "DE"), Stretch(3, 5, "FR"), Stretch(5, None, "DE")],
    ),
    "null is a value": (
        [DE, Version(3), Version(5, "DE")],
        [Stretch(None, 3, "DE"), Stretch(3, 5, None), Stretch(5, None, "DE")],
    ),
    "null is no empty text": ([Version(1), Version(3, "")], [Stretch(None, 3, None), Stretch(3, None, "")]),
    "null stays null": ([Version(1), Version(3)], [Stretch(None, None, None)]),
    "effective in the past": ([DE, FR, Version(2, "AT")], [Stretch(None, 2, "DE"), Stretch(2, None, "AT")]),
    "effective in the past, as before it": ([DE, FR, Version(2, "DE")], [Stretch(None, None, "DE")]),
    "effective in the past, then on": (
        [DE, FR, Version(2, "AT"), Version(5, "FR")],
        [Stretch(None, 2, "DE"), Stretch(2, 5, "AT"), Stretch(5, None, "FR")],
    ),
    "two at one instant": ([DE, FR, Version(3, "AT")], [Stretch(None, 3, "DE"), Stretch(3, None, "AT")]),
    "two at one instant, there and back": ([DE, FR, Version(3, "DE")], [Stretch(None, None, "DE")]),
    "deleted": ([DE, GONE], [Stretch(None, 3, "DE")]),
    "deleted from the first": ([GONE], []),
    "deleted twice": ([DE, GONE, Version(4, "FR", is_deleted=True)], [Stretch(None, 3, "DE")]),
    "deleted and revived": ([DE, GONE, Version(5, "DE")], [Stretch(None, 3, "DE"), Stretch(5, None, "DE")]),
    "deleted and revived at one instant": ([DE, GONE, Version(3, "DE")], [Stretch(None, None, "DE")]),
    "dated by its delivery": ([DE, Version(None, "FR")], [Stretch(None, 2, "DE"), Stretch(2, None, "FR")]),
}


def _versions(name: str, versions: Sequence[Version]) -> list[Row]:
    """The n-th version is delivered on the first of the n-th month."""
    return [
        {
            "customer_id": name,
            "_version": int(datetime(2024, n, 1, tzinfo=UTC).timestamp()) * 1_000_000,
            "updated_at": version.month and f"2024-{version.month:02}-01",
            "country_code": version.country,
            "city": version.city,
            "_is_deleted": version.is_deleted,
        }
        for n, version in enumerate(versions, start=1)
    ]


def _history(spark: SparkSession, histories: Mapping[str, Sequence[Version]]) -> dict[str, list[Row]]:
    """The stretches by key, in the order of time; versions are delivered newest first."""
    versions = [row for name, given in histories.items() for row in reversed(_versions(name, given))]
    found: dict[str, list[Row]] = {name: [] for name in histories}
    frame = stretches(rows(spark, CUSTOMER_VERSIONS, *versions), "customer_id", ["country_code"])
    for row in verbs.to_arrow(frame).to_pylist():
        found[row["customer_id"]].append(row)
    assert len({row["history_key"] for group in found.values() for row in group}) == sum(map(len, found.values()))
    return {name: sorted(group, key=lambda row: row["valid_from"]) for name, group in found.items()}


@pytest.fixture(scope="module")
def history(spark: SparkSession) -> dict[str, list[Row]]:
    return _history(spark, {name: versions for name, (versions, _) in CASES.items()})


@pytest.mark.parametrize("name", CASES)
def test_stretches(history: dict[str, list[Row]], name: str) -> None:
    assert [Stretch.of(row) for row in history[name]] == CASES[name][1]


def test_at_any_time_the_newest_version_by_then_holds(spark: SparkSession) -> None:
    random = Random(7)
    histories = {
        str(number): [
            Version(random.randint(1, 5), random.choice(["DE", "FR", None]), random.random() < 0.3)
            for _ in range(random.randint(1, 6))
        ]
        for number in range(200)
    }
    for name, found in _history(spark, histories).items():
        for month in range(7):
            held = [version for n, version in enumerate(histories[name]) if n == 0 or (version.month or 0) <= month][-1]
            at = datetime(2023, 12, 1, tzinfo=UTC) + timedelta(days=31 * month)
            covering = [row["country_code"] for row in found if row["valid_from"] <= at < row["valid_to"]]
            assert covering == ([] if held.is_deleted else [held.country]), (histories[name], month)
        adjacent = [(a, b) for a, b in pairwise(found) if a["valid_to"] == b["valid_from"]]
        assert all(a["country_code"] != b["country_code"] for a, b in adjacent)
