"""Visits: whose they are, what came of them, and which are a visitor's first of a period."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from pyspark.sql import SparkSession

from lakehouse import verbs
from lakehouse.gold import fact_sessions
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.gold.fact_sessions import TABLE
from lakehouse.grain import Grain
from lakehouse.settings import Business
from lakehouse.silver.sessions import TABLE as SESSIONS
from lakehouse.table import UNKNOWN_KEY
from tests.published import Row, assert_row, by, published
from tests.rows import rows

BUSINESS = Business(timezone="Europe/Berlin", calendar_from=date(2024, 1, 1), calendar_to=date(2024, 12, 31))
NOON = "2024-03-01T12:00"
ALL = "day week month quarter year"

# The session, the orders placed in it, and what must come out.
CASES: Mapping[str, tuple[Row, list[Row], Row]] = {
    "no order": ({}, [], {"order_count": 0, "has_order": False}),
    "an order": ({}, [{}], {"order_count": 1, "has_order": True}),
    "two orders": ({}, [{}, {}], {"order_count": 2, "has_order": True}),
    "order that does not count": ({}, [{"is_qualifying": False}], {"order_count": 0, "has_order": False}),
    "order that was not placed online": ({}, [{"is_online": False}], {"order_count": 0, "has_order": False}),
    "one of two orders counts": ({}, [{}, {"is_qualifying": False}], {"order_count": 1, "has_order": True}),
    "nobody signed in": ({"customer_id": None}, [], {"customer_key": UNKNOWN_KEY, "customer_id": None}),
    "local day": (
        {"started_at": "2024-03-31T22:30"},
        [],
        {"session_date": "2024-04-01", "session_hour": 0, "session_week": "2024-04-01"},
    ),
    "nothing known": ({}, [], {"marketing_channel": "unknown", "device_type": "unknown", "country_code": "ZZ"}),
    "as delivered": (
        {"marketing_channel": "mail", "device_type": "mobile", "country_code": "AT", "page_view_count": 3},
        [],
        {"marketing_channel": "mail", "device_type": "mobile", "country_code": "AT", "page_view_count": 3},
    ),
}
ABSENT: Mapping[str, Row] = {
    "before the calendar": {"started_at": "2023-12-31T22:59"},
    "after the calendar": {"started_at": "2024-12-31T23:00"},
}
# A visitor's sessions in the order of time, each with the grains it is the first of.
VISITORS: Mapping[str, list[tuple[str, str]]] = {
    "one visit": [("2024-03-13", ALL)],
    "Monday and Friday": [("2024-03-11", ALL), ("2024-03-15", "day")],
    "twice a day": [("2024-03-13T08:00", ALL), ("2024-03-13T09:00", "")],
    "twice an instant": [("2024-03-13", ALL), ("2024-03-13", "")],
    "week of two months": [("2024-04-30", ALL), ("2024-05-01", "day month")],
}
SIGNED_IN = {"signed in": "shop:1", "signed in again": "shop:1", "somebody else": "shop:2"}


def silver() -> list[Row]:
    alone = {**{name: given for name, (given, *_) in CASES.items()}, **ABSENT}
    visits = [(name, n, at) for name, visits in VISITORS.items() for n, (at, _) in enumerate(visits)]
    return [
        *({"session_id": name, "visitor_id": name, "started_at": NOON, **given} for name, given in alone.items()),
        *({"session_id": f"{name} {n}", "visitor_id": name, "started_at": at} for name, n, at in reversed(visits)),
        *({"session_id": name, "visitor_id": name, "customer_id": account} for name, account in SIGNED_IN.items()),
        {"session_id": "deleted", "_is_deleted": True, "started_at": "2023-01-01"},
    ]


@pytest.fixture(scope="module")
def facts(spark: SparkSession) -> dict[str, Row]:
    sessions = rows(spark, SESSIONS, *silver())
    keys = {
        row["session_id"]: row["key"]
        for row in verbs.to_arrow(
            sessions.select("session_id", verbs.surrogate_key(sessions.session_id).alias("key"))
        ).to_pylist()
    }
    orders = [
        {"session_key": keys[name], "is_qualifying": True, "is_online": True, **order}
        for name, (_, placed, _) in CASES.items()
        for order in placed
    ]
    elsewhere = {"session_key": None, "is_qualifying": True, "is_online": True}
    frame = fact_sessions.transform(sessions, rows(spark, FACT_ORDERS, *orders, elsewhere), BUSINESS)
    return by("session_id", published(TABLE, frame))


@pytest.mark.parametrize("name", CASES)
def test_session(facts: dict[str, Row], name: str) -> None:
    assert_row(TABLE, facts[name], **CASES[name][2])


@pytest.mark.parametrize("name", VISITORS)
def test_first_visits(facts: dict[str, Row], name: str) -> None:
    for n, (_, first_of) in enumerate(VISITORS[name]):
        assert {grain for grain in Grain if facts[f"{name} {n}"][f"is_first_of_{grain}"]} == set(first_of.split())


def test_a_visitor_has_one_key(facts: dict[str, Row]) -> None:
    assert facts["twice a day 0"]["visitor_key"] == facts["twice a day 1"]["visitor_key"]
    assert len({row["visitor_key"] for row in facts.values()}) == len(CASES) + len(VISITORS) + len(SIGNED_IN)


def test_who_is_signed_in_has_the_key_of_the_account(facts: dict[str, Row]) -> None:
    first, again, other = (facts[name]["customer_key"] for name in SIGNED_IN)
    assert first == again != other
    assert UNKNOWN_KEY not in {first, other}


def test_what_is_set_aside_is_not_in_the_fact(spark: SparkSession, facts: dict[str, Row]) -> None:
    frame = fact_sessions.set_aside(rows(spark, SESSIONS, *silver()), BUSINESS)
    reasons = {row["row_id"]: row["reason"] for row in verbs.to_arrow(frame).to_pylist()}
    assert reasons == dict.fromkeys(ABSENT, "out_of_calendar")
    assert facts.keys() == {row["session_id"] for row in silver()} - ABSENT.keys() - {"deleted"}
