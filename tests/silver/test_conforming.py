"""What conforming changes in mapped rows, and which rows the entities' expectations set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse import verbs
from lakehouse.derive.contract import conform
from lakehouse.runs.load_silver import _with_expectations
from lakehouse.silver import customers, exchange_rates, order_lines, orders, payments, products, refunds, sessions
from lakehouse.table import Table
from tests.published import Row
from tests.rows import rows

MODULES = {
    module.TABLE.name: module
    for module in (customers, exchange_rates, order_lines, orders, payments, products, refunds, sessions)
}
# What a case leaves out must satisfy the expectations.
PLAIN: Mapping[str, Mapping[str, Any]] = {
    "exchange_rates": {"from_currency_code": "EUR", "to_currency_code": "USD"},
}

Case = tuple[str, Mapping[str, Any], Any]

CONFORMED: list[Case] = [
    ("customers", {"email": " Ann@Example.COM "}, {"email": "ann@example.com"}),
    ("customers", {"email": "  "}, {"email": None}),
    ("customers", {"country_code": " de"}, {"country_code": "DE"}),
    ("orders", {"email": "ANN@example.com\t"}, {"email": "ann@example.com"}),
    ("orders", {"currency_code": "eur "}, {"currency_code": "EUR"}),
    ("orders", {"country_code": "at"}, {"country_code": "AT"}),
    ("products", {"currency_code": "usd"}, {"currency_code": "USD"}),
    ("payments", {"currency_code": " Chf"}, {"currency_code": "CHF"}),
    ("refunds", {"currency_code": "chf"}, {"currency_code": "CHF"}),
    ("sessions", {"country_code": "fr"}, {"country_code": "FR"}),
    ("exchange_rates", {"from_currency_code": "eur", "to_currency_code": " usd"},
     {"from_currency_code": "EUR", "to_currency_code": "USD"}),
    ("order_lines", {"product_name": " Tea "}, {"product_name": " Tea "}),
]  # fmt: skip

BROKEN: list[Case] = [
    ("customers", {"country_code": "DEU"}, "country_code_is_iso"),
    ("customers", {"country_code": None}, ""),
    ("orders", {"currency_code": "€"}, "currency_code_is_iso"),
    ("orders", {"country_code": "Germany"}, "country_code_is_iso"),
    ("orders", {"discount_amount": "-0.01"}, "discount_is_not_negative"),
    ("orders", {"shipping_amount": "-0.01"}, "shipping_is_not_negative"),
    ("orders", {"tax_amount": "-0.01"}, "tax_is_not_negative"),
    ("orders", {"discount_amount": "0", "declared_total_amount": "-5"}, ""),
    ("products", {"unit_price_amount": "-0.0001"}, "price_is_not_negative"),
    ("products", {"unit_cost_amount": "-1"}, "cost_is_not_negative"),
    ("products", {"currency_code": "EURO"}, "currency_code_is_iso"),
    ("products", {"unit_price_amount": None, "unit_cost_amount": None, "currency_code": None}, ""),
    ("payments", {"currency_code": ""}, "currency_code_is_iso"),
    ("payments", {"amount": "-1"}, "amount_is_not_negative"),
    ("payments", {"amount": "0"}, ""),
    ("refunds", {"currency_code": "E1R"}, "currency_code_is_iso"),
    ("refunds", {"goods_amount": "-1"}, "amounts_are_not_negative"),
    ("refunds", {"shipping_amount": "-1"}, "amounts_are_not_negative"),
    ("refunds", {"tax_amount": "-1"}, "amounts_are_not_negative"),
    ("refunds", {"tax_amount": "-1", "currency_code": "?"}, "currency_code_is_iso;amounts_are_not_negative"),
    ("sessions", {"country_code": "D"}, "country_code_is_iso"),
    ("exchange_rates", {"exchange_rate": "0"}, "rate_is_positive"),
    ("exchange_rates", {"to_currency_code": "DOLLAR"}, "currency_codes_are_iso"),
    ("exchange_rates", {"from_currency_code": "E"}, "currency_codes_are_iso"),
    ("order_lines", {"quantity": "-2", "unit_price_amount": "-1"}, ""),
]


CASES = [*CONFORMED, *BROKEN]


@pytest.fixture(scope="module")
def conformed(spark: SparkSession) -> list[Row]:
    """The row of each case, with `_reasons` to set it aside."""
    found: dict[int, Row] = {}
    for name, module in MODULES.items():
        numbers = [number for number, case in enumerate(CASES) if case[0] == name]
        given = [{**PLAIN.get(name, {}), **CASES[number][1]} for number in numbers]
        frame = conform(module.transform(rows(spark, _without_keys(module.TABLE), *given)), module.TABLE)
        judged = frame.withColumn("_reasons", F.lit("")).withColumn("_reasons", _with_expectations(module.TABLE))
        found |= dict(zip(numbers, verbs.to_arrow(judged).to_pylist(), strict=True))
    return [found[number] for number in range(len(CASES))]


def _without_keys(table: Table) -> Table:
    """Exchange rates have currency codes in their key, which is not to be made up."""
    return replace(table, primary_key=())


def _cases(group: Sequence[Case]) -> list[Any]:
    return [pytest.param(CASES.index(case), case[2], id=f"{case[0]} {case[1]}") for case in group]


@pytest.mark.parametrize(("number", "expected"), _cases(CONFORMED))
def test_conforming(conformed: list[Row], number: int, expected: Row) -> None:
    assert {field: conformed[number][field] for field in expected} == expected


@pytest.mark.parametrize(("number", "expected"), _cases(BROKEN))
def test_what_is_set_aside(conformed: list[Row], number: int, expected: str) -> None:
    assert conformed[number]["_reasons"] == expected
