"""What both computations of the truth tell of customers: who comes back, who registered, and cohorts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lakehouse.generate.truth import Cohort
from lakehouse.generate.truth_described import describe
from tests.generate.truth_cases import DELIVERED, Measure, account, line, measured_of, of_day, order


@pytest.mark.parametrize(
    ("orders", "customers", "active"),
    [
        pytest.param([{"customer_id": 5}, {"customer_id": 5}], [], 1, id="same customer"),
        pytest.param([{"email": "A@x.example "}, {"email": " a@X.example"}], [], 1, id="same e-mail but for its looks"),
        pytest.param([{"email": "a@x.example"}, {"customer_id": 5}], [(5, "A@X.example ")], 1, id="e-mail registered"),
        pytest.param(
            [{"email": "a@x.example"}, {"customer_id": 5}, {"customer_id": 7}],
            [(7, "a@x.example"), (5, "a@x.example")],
            2,
            id="registered twice: the smaller id",
        ),
        pytest.param([{}, {}], [], 2, id="no e-mail: each order its own"),
        pytest.param([{"email": "  "}, {"email": " "}], [(5, None), (6, " ")], 2, id="blank e-mail is none"),
        pytest.param(
            [{"customer_id": 5, "email": "a@x.example"}, {"email": "a@x.example"}], [], 2, id="id before e-mail"
        ),
        pytest.param([{"customer_id": 5}, {"customer_id": 5, "is_test": True}], [], 1, id="tests do not count"),
    ],
)
def test_customer_identity(
    measure: Measure,
    tmp_path: Path,
    orders: list[dict[str, Any]],
    customers: list[tuple[int, str | None]],
    active: int,
) -> None:
    placed = [order(number, "2024-05-01T10:00:00", **values) for number, values in enumerate(orders)]
    known = [account(number, email) for number, email in customers]
    found = of_day(measured_of(measure, tmp_path, orders=placed, customers=known), "2024-05-01")
    assert (found.active_customers, found.new_customers) == (active, active)


def test_new_on_monday_and_again_on_friday(measure: Measure, tmp_path: Path) -> None:
    orders = [order(2, "2024-05-03T10:00:00", customer_id=5), order(1, "2024-04-29T10:00:00", customer_id=5)]
    described: Any = describe(measured_of(measure, tmp_path, orders=orders), DELIVERED)["grains"]

    def found(grain: str) -> list[tuple[Any, ...]]:
        names = ("start", "active_customers", "new_customers", "returning_customers")
        return [tuple(row[name] for name in names) for row in described[grain]]

    assert found("week") == [("2024-04-29", 1, 1, 0)]
    assert found("month") == [("2024-04-01", 1, 1, 0), ("2024-05-01", 1, 0, 1)]
    assert found("day")[0] == ("2024-04-29", 1, 1, 0)
    assert found("day")[1:4] == [(f"2024-0{day}", 0, 0, 0) for day in ("4-30", "5-01", "5-02")]
    assert found("day")[4] == ("2024-05-03", 1, 0, 1)


def test_who_orders_twice_and_who_comes_back(measure: Measure, tmp_path: Path) -> None:
    days = {1: ("04-29", "05-03"), 2: ("04-29", "05-06"), 3: ("05-03",), 4: ("05-13",), 5: ("05-13", "05-13")}
    orders = [
        order(10 * customer + n, f"2024-{day}T1{n}:00:00", customer_id=customer)
        for customer, found in days.items()
        for n, day in enumerate(found)
    ]
    weeks = measured_of(measure, tmp_path, orders=orders).by_grain["week"]
    found = [
        (each.active_customers, each.repeat_customers, each.retained_customers)
        for each in (weeks[date(2024, *start)] for start in ((4, 29), (5, 6), (5, 13)))
    ]
    assert found == [(3, 1, 0), (1, 0, 1), (2, 1, 0)]


def test_days_between_orders_are_business_days(measure: Measure, tmp_path: Path) -> None:
    orders = [
        order(1, "2024-05-01T21:59:59", customer_id=5),
        order(2, "2024-05-01T22:00:00", customer_id=5),
        order(3, "2024-05-02T10:00:00", customer_id=5, is_test=True),
        order(4, "2024-05-02T11:00:00", customer_id=5),
        order(5, "2024-05-09T11:00:00", customer_id=5),
        order(6, "2024-05-09T11:00:00"),
    ]
    measured = measured_of(measure, tmp_path, orders=orders)
    found = [of_day(measured, day) for day in ("2024-05-01", "2024-05-02", "2024-05-09")]
    assert [(each.repeat_orders, each.days_between_orders) for each in found] == [(0, 0), (2, 1), (1, 7)]


def test_customers_of_28_days_end_with_the_period_or_what_was_delivered(measure: Measure, tmp_path: Path) -> None:
    orders = [
        order(1, "2024-04-02T10:00:00", customer_id=1),
        order(2, "2024-04-03T10:00:00", customer_id=2),
        order(3, "2024-04-20T10:00:00", customer_id=2),
        order(4, "2024-05-02T10:00:00", customer_id=3),
    ]
    measured = measured_of(measure, tmp_path, (date(2024, 4, 1), date(2024, 5, 17)), orders=orders)
    by_day = {day: of_day(measured, day).active_customers_28_days for day in ("2024-04-29", "2024-04-30", "2024-05-02")}
    assert by_day == {"2024-04-29": 2, "2024-04-30": 1, "2024-05-02": 2}
    months = measured.by_grain["month"]
    assert [months[date(2024, month, 1)].active_customers_28_days for month in (4, 5)] == [1, 2]
    early = measured_of(measure, tmp_path, (date(2024, 4, 1), date(2024, 5, 18)), orders=orders)
    assert early.by_grain["month"][date(2024, 5, 1)].active_customers_28_days == 1


REGISTERED = "2024-05-02T10:00:00"


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        pytest.param([], (1, 0), id="never ordered"),
        pytest.param([("2024-05-09T10:00:00", {"customer_id": 5})], (1, 1), id="ordered later"),
        pytest.param([("2024-05-02T08:00:00", {"email": "a@x.example"})], (1, 1), id="on the same day, as a guest"),
        pytest.param([("2024-05-01T10:00:00", {"email": "a@x.example"})], (1, 0), id="only before, as a guest"),
        pytest.param([("2024-05-09T10:00:00", {"customer_id": 5, "status": "draft"})], (1, 0), id="a draft"),
        pytest.param([("2024-05-09T10:00:00", {"customer_id": 6})], (1, 0), id="somebody else"),
    ],
)
def test_registrations_and_who_has_ordered_since(
    measure: Measure, tmp_path: Path, orders: list[tuple[str, dict[str, Any]]], expected: tuple[int, int]
) -> None:
    placed = [order(number, at, **values) for number, (at, values) in enumerate(orders)]
    customers = [account(5, "A@x.example", REGISTERED)]
    found = of_day(measured_of(measure, tmp_path, orders=placed, customers=customers), "2024-05-02")
    assert (found.registrations, found.registrations_with_order) == expected


def test_accounts_of_before_the_first_day_delivered_are_no_registrations(measure: Measure, tmp_path: Path) -> None:
    customers = [account(1, at="2024-03-31T21:59:59"), account(2, at="2024-03-31T22:00:00")]
    measured = measured_of(measure, tmp_path, customers=customers)
    assert measured.span == (date(2024, 4, 1), date(2024, 4, 1))
    assert of_day(measured, "2024-04-01").registrations == 1


def test_cohorts(measure: Measure, tmp_path: Path) -> None:
    orders = [
        order(1, "2024-04-05T10:00:00", customer_id=1),
        order(2, "2024-04-09T10:00:00", customer_id=1),
        order(3, "2024-04-09T10:00:00", customer_id=2),
        order(4, "2024-06-01T10:00:00", customer_id=2),
        order(5, "2024-05-05T10:00:00", customer_id=3),
        order(6, "2024-04-05T10:00:00", customer_id=3, is_test=True),
    ]
    measured = measured_of(
        measure,
        tmp_path,
        (date(2024, 4, 1), date(2024, 6, 29)),
        orders=orders,
        order_lines=[line(n) for n in range(1, 7)],
    )
    april, may, june = (date(2024, month, 1) for month in (4, 5, 6))
    assert measured.cohort_sizes == {april: 2, may: 1}
    ten = Decimal("10.00")
    assert measured.cohorts == {
        (april, april): Cohort(2, 3 * ten),
        (april, june): Cohort(1, ten),
        (may, may): Cohort(1, ten),
    }
    described: Any = describe(measured, (date(2024, 4, 1), date(2024, 6, 29)))["cohorts"]
    names = ("cohort_start", "period_start", "periods_since", "cohort_size", "cohort_customers")
    assert [tuple(row[name] for name in names) for row in described] == [
        ("2024-04-01", "2024-04-01", 0, 2, 2),
        ("2024-04-01", "2024-05-01", 1, 2, 0),
        ("2024-04-01", "2024-06-01", 2, 2, None),
        ("2024-05-01", "2024-05-01", 0, 1, 1),
        ("2024-05-01", "2024-06-01", 1, 1, None),
    ]
    assert described[0]["cohort_revenue_per_customer"] == {"numerator": "30.00", "denominator": 2, "value": 15.0}
    assert described[2]["cohort_retention_rate"] == {"numerator": None, "denominator": 2, "value": None}
