"""Which rate holds on which day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import SparkSession

from lakehouse.gold import dim_exchange_rates
from lakehouse.settings import Business
from lakehouse.silver.exchange_rates import TABLE as EXCHANGE_RATES
from tests.published import published
from tests.rows import rows

BUSINESS = Business(currency="EUR", calendar_to=date(2024, 12, 31), exchange_rate_max_age_days=7)

Days = list[tuple[date, date, Decimal]]


@dataclass(frozen=True)
class Rate:
    """Published on a day of 2024, into the reporting currency unless it is the inverse."""

    on: str
    rate: str
    is_inverse: bool = False
    is_deleted: bool = False


def _days(*spans: tuple[str, str, str]) -> Days:
    return [(date.fromisoformat(first), date.fromisoformat(last), Decimal(rate)) for first, last, rate in spans]


CASES: Mapping[str, tuple[Sequence[Rate], Days]] = {
    "carried over the weekend": (
        [Rate("2024-03-01", "1.5"), Rate("2024-03-04", "1.6")],
        _days(("2024-03-01", "2024-03-03", "1.5"), ("2024-03-04", "2024-03-11", "1.6")),
    ),
    "too old after seven days": (
        [Rate("2024-03-01", "1.5"), Rate("2024-03-20", "1.6")],
        _days(("2024-03-01", "2024-03-08", "1.5"), ("2024-03-20", "2024-03-27", "1.6")),
    ),
    "next day": (
        [Rate("2024-03-01", "1.5"), Rate("2024-03-02", "1.5")],
        _days(("2024-03-01", "2024-03-01", "1.5"), ("2024-03-02", "2024-03-09", "1.5")),
    ),
    "inverse": ([Rate("2024-03-01", "4", is_inverse=True)], _days(("2024-03-01", "2024-03-08", "0.25"))),
    "inverse rounded down": ([Rate("2024-03-01", "3", True)], _days(("2024-03-01", "2024-03-08", "0.33333333"))),
    "inverse rounded up": ([Rate("2024-03-01", "1.5", True)], _days(("2024-03-01", "2024-03-08", "0.66666667"))),
    "direct before inverse": (
        [Rate("2024-03-01", "2", True), Rate("2024-03-01", "0.6")],
        _days(("2024-03-01", "2024-03-08", "0.6")),
    ),
    "inverse after direct": (
        [Rate("2024-03-01", "0.6"), Rate("2024-03-03", "2", True)],
        _days(("2024-03-01", "2024-03-02", "0.6"), ("2024-03-03", "2024-03-10", "0.5")),
    ),
    "deleted": (
        [Rate("2024-03-01", "1.5"), Rate("2024-03-03", "9", is_deleted=True)],
        _days(("2024-03-01", "2024-03-08", "1.5")),
    ),
    "until the calendar ends": ([Rate("2024-12-28", "1.5")], _days(("2024-12-28", "2024-12-31", "1.5"))),
    "next one after the calendar's end": (
        [Rate("2024-12-28", "1.5"), Rate("2025-01-04", "1.6")],
        _days(("2024-12-28", "2024-12-31", "1.5")),
    ),
    "after the calendar's end": ([Rate("2025-01-01", "1.5")], []),
}
# A case is told from the others by its currency.
CURRENCIES = {name: f"{chr(ord('A') + number)}XX" for number, name in enumerate(CASES)}


def _silver(currency: str, rate: Rate) -> dict[str, Any]:
    codes = ("EUR", currency) if rate.is_inverse else (currency, "EUR")
    return {
        "rate_date": rate.on,
        "from_currency_code": codes[0],
        "to_currency_code": codes[1],
        "exchange_rate": rate.rate,
        "_is_deleted": rate.is_deleted,
    }


@pytest.fixture(scope="module")
def rates(spark: SparkSession) -> dict[str, Days]:
    """The days of each currency, by spans of one publication."""
    given = [
        _silver(CURRENCIES[name], rate) for name, (published_rates, _) in CASES.items() for rate in published_rates
    ]
    others = [
        {"from_currency_code": "USD", "to_currency_code": "GBP", "exchange_rate": "0.8"},
        {"from_currency_code": "EUR", "to_currency_code": "EUR", "exchange_rate": "1"},
    ]
    frame = dim_exchange_rates.transform(rows(spark, EXCHANGE_RATES, *given, *others), BUSINESS)
    spans: dict[str, dict[date, list[Any]]] = defaultdict(dict)
    for row in sorted(published(dim_exchange_rates.TABLE, frame), key=lambda row: row["rate_date"]):
        span = spans[row["currency_code"]].setdefault(row["published_date"], [row["rate_date"], None, None])
        assert span[1] in {None, row["rate_date"] - timedelta(days=1)}
        span[1:] = [row["rate_date"], row["exchange_rate"]]
    return {code: [(first, last, rate) for first, last, rate in found.values()] for code, found in spans.items()}


@pytest.mark.parametrize("name", CASES)
def test_which_rate_holds_on_which_day(rates: dict[str, Days], name: str) -> None:
    assert rates.get(CURRENCIES[name], []) == CASES[name][1]


def test_only_rates_into_the_reporting_currency(rates: dict[str, Days]) -> None:
    assert rates.keys() <= set(CURRENCIES.values())


def test_a_rate_of_no_age_holds_on_its_day_only(spark: SparkSession) -> None:
    business = BUSINESS.model_copy(update={"exchange_rate_max_age_days": 0})
    given = [_silver("USD", Rate("2024-03-01", "0.9")), _silver("USD", Rate("2024-03-04", "0.8"))]
    found = published(
        dim_exchange_rates.TABLE, dim_exchange_rates.transform(rows(spark, EXCHANGE_RATES, *given), business)
    )
    assert sorted(row["rate_date"] for row in found) == [date(2024, 3, 1), date(2024, 3, 4)]
