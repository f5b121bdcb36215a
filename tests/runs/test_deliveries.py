"""Which day a file is for, and which files are missing by those that came."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from lakehouse.quality.ledger import DELIVERIES
from lakehouse.runs.deliveries import File, day_of, missed, missing, told
from lakehouse.sources.definition import Source
from tests.rows import arrow_rows
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


# ── what is missing ───────────────────────────────────────────────────────────────────────────────────────────────────


def source(name: str, told: str = "required") -> Source:
    """Orders, with their refunds in the same files, are required, or come daily; visits are neither."""
    orders = {"files": "orders*.csv", "columns": ["id"], told: True}
    visits = {"files": "visits*.csv", "columns": ["id"]}
    return Source.model_validate({"source": name, "objects": {"orders": orders, "visits": visits}, "entities": {}})


SHOPS = {**{name: source(name) for name in ("shop", "till")}, "daily": source("daily", "daily")}
ENTITIES = {"orders": ("orders", "refunds"), "visits": ("sessions",)}
Came = dict[str, dict[int, int]]
MISSED = [
    pytest.param({"shop.orders": {1: 5, 2: 0}, "shop.visits": {1: 7, 2: 7}}, {}, id="nothing: an empty file is one"),
    pytest.param({"shop.orders": {1: 5, 3: 5}, "shop.visits": {2: 7}}, {"shop": [2]}, id="a day between"),
    pytest.param({"shop.orders": {1: 5}, "shop.visits": {2: 7, 3: 0}}, {"shop": [2, 3]}, id="days at the end"),
    pytest.param({"shop.orders": {2: 5}, "shop.visits": {1: 7, 2: 7}}, {}, id="none before the first of the object"),
    pytest.param({"shop.orders": {1: 5, 2: 5}, "shop.visits": {1: 7}}, {}, id="none of what is not required"),
    pytest.param({"shop.orders": {1: 5, 3: 5}}, {}, id="none of a day that nothing came for"),
    pytest.param({"daily.orders": {1: 5, 4: 5}}, {"daily": [2, 3]}, id="of a daily one, days that nothing came for"),
    pytest.param(
        {"daily.orders": {2: 5, 3: 0}, "daily.visits": {1: 7, 5: 7}}, {"daily": [4, 5]}, id="up to the source's last"
    ),
    pytest.param({"shop.visits": {1: 7, 2: 7}}, {}, id="none of an object that does not come by day"),
    pytest.param(
        {"shop.orders": {1: 5, 3: 5}, "till.visits": {2: 7}}, {}, id="none of a day that another source delivered for"
    ),
    pytest.param(
        {"shop.orders": {1: 5}, "shop.visits": {2: 7}, "till.orders": {1: 5, 2: 5}},
        {"shop": [2]},
        id="though another source delivered the like",
    ),
]


def rows(came: Came) -> pa.Table:
    return arrow_rows(
        DELIVERIES,
        *(
            {"source": shop, "object_name": name, "entity": entity, "delivery_date": day(number), "record_count": count}
            for of, days in came.items()
            for shop, name in [of.split(".")]
            for number, count in days.items()
            for entity in ENTITIES[name]
        ),
    )


def day(number: int) -> date:
    return date(2026, 3, number)


@pytest.mark.parametrize(("came", "expected"), MISSED)
def test_a_required_file_is_missing_where_others_of_its_source_came(came: Came, expected: dict[str, list[int]]) -> None:
    found = missed(rows(came), SHOPS).to_pylist()
    assert {row["object_name"] for row in found} <= {"orders"}
    assert {row["record_count"] for row in found} <= {None}
    days = sorted((row["source"], row["delivery_date"], row["entity"]) for row in found)
    assert days == [
        (shop, day(number), entity)
        for shop, numbers in expected.items()
        for number in numbers
        for entity in ENTITIES["orders"]
    ]


# ── what is damaged ───────────────────────────────────────────────────────────────────────────────────────────────────


def file(path: str, records: int | None, *, is_cut_off: bool = False) -> File:
    return File("shop", "visits", path, datetime(2026, 3, 9, tzinfo=UTC), records, is_cut_off)


VISITS = {"from": "visits", "version": "integer(id)", "fields": {"session_id": "id"}}
WITH_SESSIONS = {
    "shop": Source.model_validate(
        {
            "source": "shop",
            "objects": {"visits": {"files": "visits*.csv", "columns": ["id"]}},
            "entities": {"sessions": VISITS},
        }
    )
}
WHOLE, SET_ASIDE, CUT_OFF = (
    file("visits_2026-03-02.csv", 9),
    file("visits_2026-03-02.csv", None),
    file("visits_2026-03-02.csv", 4, is_cut_off=True),
)
OTHER = file("visits_2026-03-02_b.csv", 3)
OF_NO_DAY, OF_A_LATER_DAY = file("visits.csv", None), file("visits_2026-03-10.csv", None)
DAMAGES = [
    pytest.param([WHOLE], 9, None, id="none"),
    pytest.param([SET_ASIDE], None, "visits_2026-03-02.csv", id="set aside, though it is not required"),
    pytest.param([CUT_OFF], 4, "visits_2026-03-02.csv", id="cut off"),
    pytest.param([SET_ASIDE, WHOLE], 9, None, id="it came whole"),
    pytest.param([WHOLE, SET_ASIDE], 9, "visits_2026-03-02.csv", id="the last one counts"),
    pytest.param([CUT_OFF, OTHER], 4, "visits_2026-03-02.csv", id="another file of the day mends nothing"),
    pytest.param(
        [file(OTHER.path, None), SET_ASIDE], None, "visits_2026-03-02.csv\nvisits_2026-03-02_b.csv", id="two of them"
    ),
]


@pytest.mark.parametrize("by_run", [False, True], ids=["in one run", "each in its own"])
@pytest.mark.parametrize(("files", "records", "damaged"), DAMAGES)
def test_a_file_is_damaged_until_it_comes_whole(
    files: list[File], records: int | None, damaged: str | None, by_run: bool
) -> None:
    known = rows({})
    for each in [[file] for file in files] if by_run else [files]:
        known = told(known, each, WITH_SESSIONS)
    (row,) = known.to_pylist()
    assert (row["record_count"], row["damaged_files"], row["delivery_date"]) == (records, damaged, day(2))
    assert missing(known).num_rows == 0


@pytest.mark.parametrize("undated", [OF_NO_DAY, OF_A_LATER_DAY], ids=["no day", "older than its day"])
def test_a_damaged_file_without_a_day_is_of_none(undated: File) -> None:
    assert told(rows({}), [undated], WITH_SESSIONS).num_rows == 0
