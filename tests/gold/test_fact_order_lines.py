"""Lines that add up to their order to the cent, and what the goods cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random

import pytest
from pyspark.sql import SparkSession

from lakehouse import verbs
from lakehouse.gold import fact_order_lines
from lakehouse.gold.fact_order_lines import TABLE
from lakehouse.gold.fact_orders import PARTS
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.settings import Business
from lakehouse.silver.order_lines import TABLE as ORDER_LINES
from lakehouse.table import UNKNOWN_KEY
from tests.gold.star import Star, star
from tests.published import Row, assert_row, by
from tests.rows import rows

BUSINESS = Business(currency="EUR", timezone="Europe/Berlin")
NOON = "2024-03-01T12:00"
RATES: list[Row] = [
    {"from_currency_code": code, "to_currency_code": "EUR", "rate_date": "2024-03-01", "exchange_rate": rate}
    for code, rate in (("USD", "0.9"), ("JPY", "0.00612345"), ("KWD", "2.98765432"), ("TRY", "0.00513239"))
]
# What a product cost from when on; the first cost holds since ever.
COSTS: Mapping[str, Sequence[tuple[str, str | None, str | None]]] = {
    "tea": [("2024-01-01", "4", "EUR"), ("2024-03-01T12:00", "5", "EUR"), ("2024-03-02", "6", "EUR")],
    "rice": [("2024-01-01", "100.1234", "JPY")],
    "salt": [("2024-01-01", "2", None)],
    "silk": [("2024-01-01", "3", "CHF")],
    "kilim": [("2024-01-01", "2.1649", "TRY")],
    "pin": [("2024-01-01", "0.0049", "KWD")],
    "gift": [("2024-01-01", None, "EUR")],
    "gone": [("2024-01-01", "7", "EUR")],
}
PRODUCTS: list[Row] = [
    {"product_id": name, "_version": n, "updated_at": since, "unit_cost_amount": cost, "currency_code": currency}
    for name, versions in COSTS.items()
    for n, (since, cost, currency) in enumerate(versions)
] + [{"product_id": "gone", "_version": 9, "updated_at": "2024-02-01", "_is_deleted": True}]


@dataclass(frozen=True)
class Case:
    """An order, its lines, and the lines it must have in the fact, in their order."""

    order: Row
    lines: Sequence[Row]
    expected: Sequence[Row]


def line(product: str | None = None, quantity: str = "1", price: str = "10", **others: object) -> Row:
    return {"product_id": product, "quantity": quantity, "unit_price_amount": price, **others}


def part(gross: str, discount: str, shipping: str, tax: str, total: str) -> Row:
    parts = {"gross_amount": gross, "discount_amount": discount, "shipping_amount": shipping, "tax_amount": tax}
    return {**parts, "total_amount": total}


CASES = {
    "head spread by what the lines are worth": Case(
        {"discount_amount": "3", "shipping_amount": "6", "tax_amount": "0.30"},
        [line(price="10"), line(price="25", discount_amount="5")],
        [part("10", "1.00", "2.00", "0.10", "11.10"), part("25", "7.00", "4.00", "0.20", "22.20")],
    ),
    "odd cents": Case(
        {"shipping_amount": "1"},
        [line(), line(), line()],
        [part("10", "0", cents, "0", f"10{cents[1:]}") for cents in ("0.33", "0.34", "0.33")],
    ),
    "own tax and a share of the head's": Case(
        {"tax_amount": "2"},
        [line(tax_amount="1.90"), line(tax_amount="0.70")],
        [part("10", "0", "0", "2.90", "12.90"), part("10", "0", "0", "1.70", "11.70")],
    ),
    "tax included": Case(
        {"tax_amount": "2", "is_tax_included": True},
        [line(tax_amount="1"), line()],
        [part("8", "0", "0", "2", "10"), part("9", "0", "0", "1", "10")],
    ),
    "free goods": Case(
        {"shipping_amount": "5"},
        [line(price="0"), line(price="0")],
        [part("0", "0", "2.50", "0", "2.50"), part("0", "0", "2.50", "0", "2.50")],
    ),
    "one of them free": Case(
        {"shipping_amount": "5"},
        [line(price="0"), line()],
        [part("0", "0", "0", "0", "0"), part("10", "0", "5", "0", "15")],
    ),
    "other currency": Case(
        {"currency_code": "USD", "shipping_amount": "0.05"},
        [line(price="0.05"), line(price="0.05")],
        [part("0.04", "0", "0.03", "0", "0.07"), part("0.05", "0", "0.02", "0", "0.07")],
    ),
    "goods exchanged": Case(
        {"shipping_amount": "1"},
        [line(), line(quantity="-1")],
        [part("10", "0", "0.50", "0", "10.50"), part("-10", "0", "0.50", "0", "-9.50")],
    ),
    "goods exchanged in another currency": Case(
        {"currency_code": "USD"},
        [line(price="100"), line(quantity="-1", price="99.99")],
        [part("90", "0", "0", "0", "90"), part("-89.99", "0", "0", "0", "-89.99")],
    ),
    "no lines": Case(
        {"declared_total_amount": "12", "shipping_amount": "2", "tax_amount": "1"},
        [],
        [{**part("9", "0", "2", "1", "12"), "order_line_id": None, "product_id": None, "product_key": UNKNOWN_KEY,
          "quantity": "0", "unit_price_amount": None, "line_number": 1, "cost_amount": None}],
    ),
    "deleted lines only": Case(
        {"declared_total_amount": "12"},
        [line(_is_deleted=True)],
        [{**part("12", "0", "0", "0", "12"), "order_line_id": None}],
    ),
    "numbered from 1 by their own numbers, then by their ids": Case(
        {},
        [line("d", order_line_id="n9"), line("b", line_number=20, order_line_id="n8"), line("c", order_line_id="n7"),
         line("a", line_number=10, order_line_id="n6")],
        [{"line_number": n, "product_id": product} for n, product in enumerate("abcd", start=1)],
    ),
    "one number twice": Case(
        {},
        [line("b", line_number=1, order_line_id="m2"), line("a", line_number=1, order_line_id="m1")],
        [{"line_number": 1, "product_id": "a"}, {"line_number": 2, "product_id": "b"}],
    ),
    "no product": Case({}, [line(None)], [{"product_key": UNKNOWN_KEY, "product_id": None, "cost_amount": None}]),
    "of its order": Case(
        {"sales_channel": "store", "country_code": "AT", "is_test": True, "ordered_at": "2024-02-29T23:30"},
        [line()],
        [{"sales_channel": "store", "country_code": "AT", "is_qualifying": False, "order_date": "2024-03-01",
          "order_week": "2024-02-26", "currency_code": "EUR"}],
    ),
    "cost before the first change": Case({"ordered_at": "2023-06-01"}, [line("tea", "3")], [{"cost_amount": "12"}]),
    "cost just before a change": Case({"ordered_at": "2024-03-01T11:59:59"}, [line("tea")], [{"cost_amount": "4"}]),
    "cost at the instant of a change": Case({"ordered_at": NOON}, [line("tea")], [{"cost_amount": "5"}]),
    "cost after a change that day": Case({"ordered_at": "2024-03-01T13:00"}, [line("tea")], [{"cost_amount": "5"}]),
    "cost that is current": Case({"ordered_at": "2024-05-01"}, [line("tea", "0.5")], [{"cost_amount": "3"}]),
    "cost of what comes back": Case({"ordered_at": NOON}, [line("tea", "-2")], [{"cost_amount": "-10"}]),
    "cost in another currency": Case({"ordered_at": NOON}, [line("rice", "3")], [{"cost_amount": "1.84"}]),
    "cost in another currency than the order": Case(
        {"ordered_at": NOON, "currency_code": "USD"}, [line("rice", "3")], [{"cost_amount": "1.84"}]
    ),
    "cost without a currency": Case({"ordered_at": NOON}, [line("salt")], [{"cost_amount": "2"}]),
    "cost without a rate": Case({"ordered_at": NOON}, [line("silk")], [{"cost_amount": None}]),
    "cost rounded down once": Case({"ordered_at": NOON}, [line("kilim", "0.45")], [{"cost_amount": "0"}]),
    "cost rounded up once": Case({"ordered_at": NOON}, [line("pin")], [{"cost_amount": "0.01"}]),
    "cost unknown": Case({"ordered_at": NOON}, [line("gift")], [{"cost_amount": None}]),
    "cost of no product of the catalogue": Case({"ordered_at": NOON}, [line("secret")], [{"cost_amount": None}]),
    "cost while it was sold": Case({"ordered_at": "2024-01-15"}, [line("gone")], [{"cost_amount": "7"}]),
    "cost after it was deleted": Case({"ordered_at": NOON}, [line("gone")], [{"cost_amount": None}]),
}  # fmt: skip


def silver(cases: Mapping[str, Case]) -> dict[str, list[Row]]:
    return {
        "orders": [{"order_id": name, "ordered_at": NOON, **case.order} for name, case in cases.items()],
        "order_lines": [
            {"order_id": name, "order_line_id": f"{name}-{number}", **given}
            for name, case in cases.items()
            for number, given in enumerate(case.lines)
        ],
        "products": [{"product_id": name, "_is_deleted": name == "gone"} for name in COSTS],
        "product_versions": PRODUCTS,
        "exchange_rates": RATES,
    }


def lines_by_order(found: Star) -> dict[str, list[Row]]:
    lines = defaultdict(list)
    for row in sorted(found["fact_order_lines"], key=lambda row: row["line_number"]):
        lines[row["order_id"]].append(row)
    return lines


def differences(found: Star) -> list[str]:
    """Orders whose lines do not add up to them, with the part that differs."""
    lines = lines_by_order(found)
    return [
        f"{order['order_id']} {name}"
        for order in found["fact_orders"]
        for name in (*PARTS, "total_amount")
        if sum(row[name] for row in lines[order["order_id"]]) != order[name]
    ]


@pytest.fixture(scope="module")
def facts(spark: SparkSession) -> Star:
    return star(spark, BUSINESS, silver(CASES), "fact_order_lines")


@pytest.mark.parametrize("name", CASES)
def test_lines(facts: Star, name: str) -> None:
    found = lines_by_order(facts)[name]
    assert len(found) == len(CASES[name].expected)
    for row, expected in zip(found, CASES[name].expected, strict=True):
        assert_row(TABLE, row, **expected)


def test_lines_of_the_cases_add_up(facts: Star) -> None:
    assert not differences(facts)


def test_lines_are_of_their_order(facts: Star) -> None:
    orders = by("order_id", facts["fact_orders"])
    for row in facts["fact_order_lines"]:
        order = orders[row["order_id"]]
        shared = ("order_key", "customer_key", "order_date", "order_week", "is_qualifying", "sales_channel")
        assert all(row[name] == order[name] for name in shared)


def test_lines_of_no_order_are_set_aside(spark: SparkSession, facts: Star) -> None:
    lost: list[Row] = [
        {"order_id": "lost", "order_line_id": "l1"},
        {"order_id": "lost", "order_line_id": "l2", "_is_deleted": True},
    ]
    given = rows(spark, ORDER_LINES, *silver(CASES)["order_lines"], *lost)
    frame = fact_order_lines.set_aside(given, rows(spark, FACT_ORDERS, *facts["fact_orders"]))
    assert verbs.to_arrow(frame).to_pylist() == [{"row_id": "l1", "reason": "missing_order"}]


def test_lines_of_any_order_add_up(spark: SparkSession) -> None:
    random = Random(42)

    def cents(most: int) -> str:
        return str(Decimal(random.choice([0, random.randint(0, most)])) / 100)

    def any_line() -> Row:
        quantity = random.choice(["1", "2", "3", "0.333", "0", "-1", "-2"])
        price = str(Decimal(random.randint(0, 2_000_000)) / 10_000)
        return line(None, quantity, price, discount_amount=cents(300), tax_amount=cents(300))

    def any_order() -> Case:
        head = {f"{name}_amount": cents(2000) for name in ("discount", "shipping", "tax", "declared_total")}
        currency = random.choice(["EUR", "USD", "JPY", "KWD", "TRY"])
        order = {**head, "currency_code": currency, "is_tax_included": random.random() < 0.5}
        return Case(order, [any_line() for _ in range(random.randint(0, 6))], [])

    found = star(spark, BUSINESS, silver({str(n): any_order() for n in range(300)}), "fact_order_lines")
    assert len(found["fact_orders"]) == 300
    assert not differences(found)
    assert all(row["order_date"] == date(2024, 3, 1) for row in found["fact_order_lines"])
