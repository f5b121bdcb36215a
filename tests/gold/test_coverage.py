"""From when to when each fact is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from pyspark.sql import SparkSession

from lakehouse.gold import coverage
from lakehouse.gold.coverage import TABLE
from lakehouse.quality.ledger import DELIVERIES
from tests.published import by, published
from tests.rows import rows

DATES = {
    "fact_orders": "order_date",
    "fact_order_lines": "order_date",
    "fact_payments": "attempt_date",
    "fact_refunds": "refund_date",
    "fact_registrations": "registration_date",
    "fact_sessions": "session_date",
}
Span = tuple[int | None, int | None]


def covered(
    spark: SparkSession, facts: Mapping[str, Sequence[Mapping[str, Any]]], files: Mapping[str, Mapping[int, int | None]]
) -> dict[str, dict[str, Any]]:
    """Coverage of facts given as rows by the day of March, and of entities' files given as records by their day.

    A file without a number is missing.
    """
    frames = {
        table.name: rows(spark, table, *(_row(row, DATES[table.name]) for row in facts.get(table.name, ())))
        for table in TABLE.inputs
        if table.name in DATES
    }
    delivered = [
        {"entity": entity, "delivery_date": day(number), "record_count": records}
        for entity, days in files.items()
        for number, records in days.items()
    ]
    frame = coverage.transform(**frames, deliveries=rows(spark, DELIVERIES, *delivered))
    return by("table_name", published(TABLE, frame))


def _row(given: Mapping[str, Any], date_field: str) -> dict[str, Any]:
    return {date_field: day(given["day"]), **{name: value for name, value in given.items() if name != "day"}}


def day(number: int) -> date:
    return date(2024, 3, number)


def days(*numbers: int, **more: Any) -> list[dict[str, Any]]:
    return [{"day": number, **more} for number in numbers]


def test_rows_and_days_of_each_fact(spark: SparkSession) -> None:
    facts = {
        "fact_orders": days(5, 1, 2),
        "fact_order_lines": days(1, 5),
        "fact_payments": days(2, 2),
        "fact_registrations": days(1, 7),
        "fact_sessions": days(1, 9),
    }
    found = covered(spark, facts, {})
    spans = {name: (row["row_count"], row["first_date"], row["last_date"]) for name, row in found.items()}
    assert spans == {
        "fact_orders": (3, day(1), day(5)),
        "fact_order_lines": (2, day(1), day(5)),
        "fact_payments": (2, day(2), day(2)),
        "fact_refunds": (0, None, None),
        "fact_registrations": (2, day(1), day(7)),
        "fact_sessions": (2, day(1), day(9)),
    }


ORDERED = {"fact_orders": days(2, 4), "fact_order_lines": days(2, 4)}
UNPRICED = {"fact_orders": [*days(2), *days(4, line_count=0)], "fact_order_lines": days(2, 4)}
KNOWN = [
    pytest.param(ORDERED, {}, {"fact_orders": (2, 4), "fact_order_lines": (2, 4)}, id="rows tell"),
    pytest.param(
        ORDERED,
        {"orders": {2: 1, 4: 1, 5: 0}, "order_lines": {2: 1, 4: 1, 5: 0}},
        {"fact_orders": (2, 5), "fact_order_lines": (2, 5)},
        id="an empty file makes a day with none",
    ),
    pytest.param(
        ORDERED,
        {"orders": {2: 1, 4: 1, 5: 0}, "order_lines": {2: 1, 4: 1}},
        {"fact_orders": (2, 4)},
        id="orders are known with their lines",
    ),
    pytest.param(
        UNPRICED,
        {"orders": {2: 1, 4: 1}, "order_lines": {2: 1}},
        {"fact_orders": (2, 2), "fact_order_lines": (2, 2)},
        id="orders of which no line has come are not known",
    ),
    pytest.param(
        {"fact_orders": days(2, 4, line_count=0)}, {}, {"fact_orders": (2, 4)}, id="orders that never have lines are"
    ),
    pytest.param(
        {"fact_orders": [*days(2), *days(4, line_count=0, declared_total_amount=5)]},
        {},
        {"fact_orders": (2, 4)},
        id="orders that state their total are",
    ),
    pytest.param(
        ORDERED, {"orders": {3: 1, 5: 1}}, {"fact_orders": (2, 4)}, id="files named by the day after are not believed"
    ),
    pytest.param(
        ORDERED,
        {"orders": {3: 1, 5: 1, 6: 0}},
        {"fact_orders": (2, 4)},
        id="nor is an empty one of theirs",
    ),
    pytest.param({**ORDERED, "fact_refunds": days(3)}, {}, {"fact_refunds": (2, 4)}, id="refunds follow orders"),
    pytest.param({**ORDERED, "fact_refunds": days(6)}, {}, {"fact_refunds": (2, 6)}, id="and may go further"),
    pytest.param(ORDERED, {}, {"fact_refunds": (None, None)}, id="refunds that nobody delivers are not known"),
    pytest.param(ORDERED, {"refunds": {4: 0}}, {"fact_refunds": (2, 4)}, id="refunds of which there was none yet"),
    pytest.param(
        {**ORDERED, "fact_registrations": days(3)}, {}, {"fact_registrations": (2, 4)}, id="registrations follow orders"
    ),
    pytest.param(
        {**ORDERED, "fact_registrations": days(1, 6)},
        {},
        {"fact_registrations": (2, 6), "fact_orders": (2, 4)},
        id="they begin with orders, and may go further",
    ),
    pytest.param(
        {**ORDERED, "fact_registrations": days(1)},
        {"customers": {1: 1, 5: 0}},
        {"fact_registrations": (2, 4)},
        id="accounts that were all there before",
    ),
    pytest.param(
        {**ORDERED, "fact_registrations": days(3)},
        {"customers": {1: 0, 3: 1, 6: 0}},
        {"fact_registrations": (2, 6)},
        id="files of accounts go further, but begin no earlier",
    ),
    pytest.param(
        ORDERED,
        {"customers": {2: 1, 4: 1}},
        {"fact_registrations": (None, None)},
        id="accounts without a day of registration tell none",
    ),
    pytest.param(ORDERED, {"customers": {2: 0, 3: 0}}, {"fact_registrations": (2, 4)}, id="nobody has an account yet"),
    pytest.param(
        {"fact_registrations": days(3, 5)}, {}, {"fact_registrations": (3, 5)}, id="a shop that has accounts alone"
    ),
    pytest.param({**ORDERED, "fact_payments": days(2)}, {}, {"fact_payments": (2, 2)}, id="payments do not follow"),
    pytest.param(
        {**ORDERED, "fact_payments": days(2)},
        {"payments": {2: 1, 4: 0}},
        {"fact_payments": (2, 4)},
        id="but for files of their own",
    ),
    pytest.param({"fact_sessions": days(3)}, {"sessions": {2: 0, 3: 1}}, {"fact_sessions": (2, 3)}, id="empty before"),
    pytest.param(
        {"fact_sessions": days(2, 4)},
        {"sessions": {1: None, 2: 1, 4: 1, 5: None}},
        {"fact_sessions": (2, 4)},
        id="a file that is missing tells nothing",
    ),
    pytest.param(
        {},
        {"orders": {2: 0, 3: 0}, "order_lines": {2: 0, 3: 0}},
        {"fact_orders": (2, 3), "fact_order_lines": (2, 3)},
        id="a shop that has sold nothing yet",
    ),
    pytest.param({}, {"orders": {2: 5}}, {"fact_orders": (None, None)}, id="files whose rows do not count"),
]


@pytest.mark.parametrize(("facts", "files", "expected"), KNOWN)
def test_from_when_to_when_a_fact_is_known(
    spark: SparkSession,
    facts: Mapping[str, Sequence[Mapping[str, Any]]],
    files: Mapping[str, Mapping[int, int | None]],
    expected: Mapping[str, Span],
) -> None:
    found = covered(spark, facts, files)
    known = {name: tuple(found[name][field] for field in ("first_known_date", "last_known_date")) for name in expected}
    assert known == {name: tuple(number and day(number) for number in span) for name, span in expected.items()}


BEGINNINGS = [
    pytest.param({**ORDERED, "fact_registrations": days(1, 3, 4)}, {}, 3, id="accounts before the first order"),
    pytest.param({**ORDERED, "fact_registrations": days(1)}, {}, None, id="all of them"),
    pytest.param(
        {**ORDERED, "fact_registrations": days(1, 3)},
        {"orders": {1: 0, 4: 1}, "order_lines": {1: 0, 4: 1}},
        1,
        id="orders are known to be none by then",
    ),
    pytest.param({"fact_registrations": days(1, 3)}, {}, 1, id="without any order"),
]


@pytest.mark.parametrize(("facts", "files", "first"), BEGINNINGS)
def test_accounts_of_before_do_not_lengthen_the_lake(
    spark: SparkSession,
    facts: Mapping[str, Sequence[Mapping[str, Any]]],
    files: Mapping[str, Mapping[int, int | None]],
    first: int | None,
) -> None:
    found = covered(spark, facts, files)["fact_registrations"]
    assert found["first_date"] == (first and day(first))
    assert found["row_count"] == len(facts["fact_registrations"])
