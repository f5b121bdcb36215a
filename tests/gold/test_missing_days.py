"""On which days between known ones a fact is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType

import pytest
from pyspark.sql import SparkSession

from lakehouse.gold import missing_days
from lakehouse.gold.coverage import COVERED
from lakehouse.gold.coverage import TABLE as COVERAGE
from lakehouse.gold.missing_days import TABLE
from lakehouse.quality.ledger import DELIVERIES
from lakehouse.runs.catalog import ENTITY_TABLES
from tests.published import published
from tests.rows import rows

Files = Mapping[str, Mapping[int, int | None]]
"""Records by entity and day of March; None for what is missing."""
Damages = Mapping[str, Sequence[int]]
"""Days of March with a damaged file, by entity."""
Spans = Mapping[str, tuple[int | None, int | None]]


def day(number: int) -> date:
    return date(2024, 3, number)


def missing(
    spark: SparkSession, sources: Sequence[Files], known: Spans, damages: Damages = MappingProxyType({})
) -> dict[str, list[int]]:
    """The missing days by fact; each is known from the first to the ninth, unless told otherwise."""
    spans = [
        {
            "table_name": name,
            **{
                field: number and day(number)
                for field, number in zip(("first_known_date", "last_known_date"), known.get(name, (1, 9)), strict=True)
            },
        }
        for name in COVERED
    ]
    deliveries = [
        {"source": f"shop_{n}", "entity": entity, "delivery_date": day(number), "record_count": records}
        for n, files in enumerate(sources)
        for entity, days in files.items()
        for number, records in days.items()
    ]
    deliveries += [
        {
            "source": "other",
            "entity": entity,
            "delivery_date": day(number),
            "damaged_files": "a.csv",
            "record_count": None,
        }
        for entity, days in damages.items()
        for number in days
    ]
    made = missing_days.transform(
        coverage=rows(spark, COVERAGE, *spans), deliveries=rows(spark, DELIVERIES, *deliveries)
    )
    found: dict[str, list[int]] = {}
    for row in sorted(published(TABLE, made), key=lambda row: (row["table_name"], row["calendar_date"])):
        found.setdefault(row["table_name"], []).append(row["calendar_date"].day)
    return found


NO_ORDERS = {"fact_orders": [2], "fact_order_lines": [2]}
CASES = [
    pytest.param([{"orders": {1: 1, 2: None, 3: 1}}], {}, NO_ORDERS, id="a file is missing, whatever rows there are"),
    pytest.param([{"orders": {1: 1, 2: 0, 3: 1}}], {}, {}, id="it came empty"),
    pytest.param([{"orders": {1: 1, 3: 1}}], {}, {}, id="a day that no file was to come for"),
    pytest.param([{"orders": {2: 1}, "order_lines": {2: None}}], {}, NO_ORDERS, id="orders go with their lines"),
    pytest.param([{"orders": {2: None}, "order_lines": {2: None}}], {}, NO_ORDERS, id="several files, and one day"),
    pytest.param([{"orders": {2: None}}, {"orders": {2: 0}}], {}, NO_ORDERS, id="missing of one shop alone"),
    pytest.param(
        [{"orders": {1: 1, 2: None, 3: None}}],
        {"fact_orders": (1, 2), "fact_order_lines": (1, 2)},
        NO_ORDERS,
        id="not after what is known",
    ),
    pytest.param(
        [{"orders": {2: None, 4: None}}],
        {"fact_order_lines": (3, 9)},
        {"fact_orders": [2, 4], "fact_order_lines": [4]},
        id="nor before, each by its own",
    ),
    pytest.param([{"sessions": {2: None}}], {"fact_sessions": (None, None)}, {}, id="of a fact that nobody delivers"),
    pytest.param(
        [{"payments": {1: None}, "refunds": {2: None}, "sessions": {3: None}, "customers": {4: None}}],
        {},
        {"fact_payments": [1], "fact_refunds": [2], "fact_sessions": [3], "fact_registrations": [4]},
        id="payments, refunds, visits and accounts by their own files",
    ),
    pytest.param([{"products": {2: None}, "exchange_rates": {2: None}}], {}, {}, id="what no fact is made of"),
    pytest.param([], {}, {}, id="files without days"),
]


@pytest.mark.parametrize(("sources", "known", "expected"), CASES)
def test_days_on_which_a_fact_is_not_known(
    spark: SparkSession, sources: Sequence[Files], known: Spans, expected: Mapping[str, list[int]]
) -> None:
    assert missing(spark, sources, known) == expected


DAMAGED = [
    pytest.param({"orders": [2]}, {"fact_orders": [2], "fact_order_lines": [2]}, id="though others brought rows"),
    pytest.param({"payments": [2, 3]}, {"fact_payments": [2, 3]}, id="though the file is not required"),
    pytest.param({"orders": [9], "payments": [9]}, {"fact_payments": [9]}, id="not after what is known"),
    pytest.param({"products": [2]}, {}, id="what no fact is made of"),
]


@pytest.mark.parametrize(("damages", "expected"), DAMAGED)
def test_a_day_with_a_damaged_file_is_not_known(
    spark: SparkSession, damages: Damages, expected: Mapping[str, list[int]]
) -> None:
    known = {"fact_orders": (1, 8), "fact_order_lines": (1, 8)}
    assert missing(spark, [{"orders": {2: 5}}], known, damages) == expected


def test_what_feeds_the_facts_is_said_of_entities_and_fields_that_there_are() -> None:
    for name, fact in COVERED.items():
        assert fact.table.name == name
        assert fact.date in fact.table.field_names
        assert fact.fed_by
        assert set(fact.fed_by) <= ENTITY_TABLES.keys()
