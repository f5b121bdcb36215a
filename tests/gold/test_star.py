"""The star schema as a whole: keys that point somewhere, and what must not matter to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from random import Random

import pytest
from pyspark.sql import SparkSession

from lakehouse.runs.catalog import GOLD
from lakehouse.settings import Business
from lakehouse.table import Layer, Table
from tests.gold.star import Star, star
from tests.published import Row

BERLIN = Business(
    timezone="Europe/Berlin", currency="EUR", calendar_from=date(2024, 1, 1), calendar_to=date(2024, 6, 30)
)
TABLES: Mapping[str, Table] = {model.table.name: model.table for model in GOLD}

ZONES = ("America/New_York", "Asia/Tokyo")
DATES = {
    "fact_orders": "order_date",
    "fact_payments": "attempt_date",
    "fact_refunds": "refund_date",
    "fact_sessions": "session_date",
}


def shop() -> dict[str, list[Row]]:
    """Three months of a shop in which everything happens that the rules know of."""
    random = Random(1)
    customers = [
        {
            "customer_id": f"shop:{n}",
            "email": random.choice([None, f"{n % 5}@example.com"]),
            "registered_at": f"2024-0{1 + n % 3}-1{n}T22:30" if n < 8 else None,
            "_is_deleted": n > 6,
        }
        for n in (*range(9), 99)
    ]
    orders = [
        {
            "order_id": f"o{n:03}",
            "customer_id": random.choice([None, f"shop:{random.randrange(12)}"]),
            "email": random.choice([None, f"{random.randrange(9)}@example.com"]),
            "session_id": random.choice([None, f"s{random.randrange(60):03}"]),
            "ordered_at": _moment(random),
            "status": random.choice(["draft", "placed", "paid", "returned", "cancelled"]),
            "is_test": random.random() < 0.1,
            "currency_code": random.choice(["EUR", "USD", "CHF"]),
            "shipping_amount": f"{random.randrange(900)}e-2",
            "declared_total_amount": "10",
            "_is_deleted": random.random() < 0.1,
        }
        for n in range(80)
    ]
    lines = [
        {
            "order_line_id": f"l{n:03}",
            "order_id": f"o{random.randrange(90):03}",
            "product_id": random.choice([None, f"p{random.randrange(8)}"]),
            "quantity": random.randint(-1, 3),
            "unit_price_amount": f"{random.randrange(90_000)}e-4",
            "_is_deleted": random.random() < 0.1,
        }
        for n in range(160)
    ]
    payments = [
        {
            "payment_id": f"y{n:03}",
            "order_id": random.choice([None, f"o{random.randrange(90):03}"]),
            "customer_id": random.choice([None, f"shop:{random.randrange(15)}"]),
            "attempted_at": _moment(random),
            "status": random.choice(["succeeded", "failed", "pending"]),
            "amount": f"{random.randrange(9000)}e-2",
            "idempotency_key": random.choice([None, "a"]),
        }
        for n in range(80)
    ]
    refunds = [
        {"refund_id": f"r{n:03}", "order_id": f"o{random.randrange(90):03}", "refunded_at": _moment(random),
         "goods_amount": f"{random.randrange(900)}e-2"}
        for n in range(20)
    ]  # fmt: skip
    sessions = [
        {"session_id": f"s{n:03}", "visitor_id": f"v{random.randrange(20)}", "started_at": _moment(random),
         "customer_id": random.choice([None, f"shop:{random.randrange(18)}"])}
        for n in range(50)
    ]  # fmt: skip
    products = [
        {"product_id": f"p{n}", "product_name": f"Product {n}", "_is_deleted": n in {4, 5, 9}} for n in range(10)
    ]
    product_versions = [
        {"product_id": f"p{n}", "_version": version, "updated_at": f"2024-0{version}-15", "currency_code": "EUR",
         "unit_cost_amount": random.randrange(9), "_is_deleted": n in {4, 5, 9} and version == 3}
        for n in range(10) for version in (1, 2, 3)
    ]  # fmt: skip
    customer_versions = [
        {"customer_id": f"shop:{n}", "_version": version, "updated_at": f"2024-0{version}-15",
         "country_code": random.choice(["DE", "AT"]), "_is_deleted": n > 6 and version == 2}
        for n in (*range(9), 99) for version in (1, 2)
    ]  # fmt: skip
    rates = [
        {"from_currency_code": "USD", "to_currency_code": "EUR", "rate_date": f"2024-0{month}-{day:02}",
         "exchange_rate": f"0.9{day}"}
        for month in (1, 2, 3) for day in (1, 8, 15, 22)
    ]  # fmt: skip
    return {
        "customers": customers,
        "customer_versions": customer_versions,
        "products": products,
        "product_versions": product_versions,
        "orders": orders,
        "order_lines": lines,
        "payments": payments,
        "refunds": refunds,
        "sessions": sessions,
        "exchange_rates": rates,
        "deliveries": [
            {"source": "shop", "object_name": name, "entity": name, "delivery_date": "2024-02-29", "record_count": None}
            for name in ("orders", "payments", "refunds", "sessions")
        ],
    }


def _moment(random: Random) -> str:
    """Often close to midnight, sometimes out of the calendar."""
    month = random.choice([1, 2, 3, 3, 3, 7])
    return (
        f"2024-{month:02}-{random.randint(1, 28):02}T{random.choice([0, 12, 21, 22, 23]):02}:{random.randrange(60):02}"
    )


@pytest.fixture(scope="module")
def gold(spark: SparkSession) -> Star:
    return star(spark, BERLIN, shop())


def _sorted(table: str, found: Sequence[Row]) -> list[Row]:
    return sorted(found, key=lambda row: [str(row[name]) for name in TABLES[table].primary_key])


def test_everything_is_in_the_shop(gold: Star) -> None:
    assert all(gold[name] for name in TABLES)
    assert {row["customer_type"] for row in gold["dim_customers"]} == {"registered", "inferred", "guest", "unknown"}
    assert any(row["order_line_id"] is None for row in gold["fact_order_lines"])
    assert any(row["cost_amount"] for row in gold["fact_order_lines"])


@pytest.mark.parametrize(
    ("table", "field", "target"),
    [
        (table.name, field.name, field.references)
        for table in TABLES.values()
        for field in table.fields
        if field.references
    ],
)
def test_every_reference_points_somewhere(gold: Star, table: str, field: str, target: str) -> None:
    name, _, column = target.partition(".")
    known = {row[column] for row in gold[name]}
    pointing = {row[field] for row in gold[table]} - {None}
    assert TABLES[name].layer is Layer.GOLD
    assert pointing <= known


def test_the_order_of_the_rows_does_not_matter(spark: SparkSession, gold: Star) -> None:
    random = Random(2)
    silver = {name: random.sample(given, len(given)) for name, given in shop().items()}
    again = star(spark, BERLIN, silver)
    for name in TABLES:
        assert _sorted(name, again[name]) == _sorted(name, gold[name]), name


def test_the_time_zone_moves_dates_only(spark: SparkSession) -> None:
    """In one currency, and far from the ends of the calendar: elsewhere the day decides on the rate and what is in."""
    silver = {name: [row for row in given if not _is_near_the_end(row)] for name, given in shop().items()}
    silver["orders"] = [{**row, "currency_code": "EUR"} for row in silver["orders"]]
    here, there = (star(spark, BERLIN.model_copy(update={"timezone": zone}), silver, *DATES) for zone in ZONES)
    for name, day in DATES.items():
        pairs = list(zip(_sorted(name, here[name]), _sorted(name, there[name]), strict=True))
        assert all(_undated(one) == _undated(other) for one, other in pairs), name
        assert {(one[day] - other[day]).days for one, other in pairs} == {-1, 0}, name


def _is_near_the_end(row: Row) -> bool:
    moments = (row.get(name, "") for name in ("ordered_at", "attempted_at", "refunded_at", "started_at"))
    return any(moment.startswith(("2024-07", "2024-01-01")) for moment in moments)


def _undated(row: Row) -> Row:
    """What is left when dates, hours, days between dates and what is the first of a period are taken away."""
    endings = ("_date", "_week", "_hour", "days_since_previous_order")
    return {
        name: value for name, value in row.items() if not name.endswith(endings) and not name.startswith("is_first_of_")
    }
