"""Both computations of the truth, held against numbers worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.generate.truth_cases import (
    Measure,
    account,
    line,
    measured_of,
    of_day,
    order,
    payment,
    product,
    rates,
    refund,
    session,
)


@pytest.mark.parametrize(
    ("values", "orders", "cancelled"),
    [
        pytest.param({"status": "placed"}, 1, 0, id="placed, not paid yet"),
        pytest.param({"status": "draft"}, 0, 0, id="draft"),
        pytest.param({"is_test": True}, 0, 0, id="test"),
        pytest.param({"status": "cancelled", "cancelled_at": 5}, 0, 1, id="cancelled, never paid"),
        pytest.param({"status": "cancelled", "cancelled_at": 5, "paid_at": 6}, 0, 1, id="cancelled before paid"),
        pytest.param({"status": "cancelled", "cancelled_at": 5, "paid_at": 5}, 1, 1, id="cancelled as it was paid"),
        pytest.param({"status": "cancelled", "cancelled_at": 5, "paid_at": 4}, 1, 1, id="cancelled after paid"),
        pytest.param({"status": "cancelled", "cancelled_at": 5, "is_test": True}, 0, 0, id="cancelled test"),
    ],
)
def test_which_orders_qualify(
    measure: Measure, tmp_path: Path, values: dict[str, Any], orders: int, cancelled: int
) -> None:
    measured = measured_of(measure, tmp_path, orders=[order(1, "2024-05-01T10:00:00", **values)], order_lines=[line(1)])
    found = of_day(measured, "2024-05-01")
    assert (found.total_orders, found.items_sold, found.cancelled_orders) == (orders, orders, cancelled)
    assert found.total_revenue == 10 * orders
    assert measured.span == (date(2024, 5, 1), date(2024, 5, 1))


@pytest.mark.parametrize(
    ("at", "day"),
    [
        pytest.param("2024-03-30T22:59:59", "2024-03-30", id="winter, a second before midnight"),
        pytest.param("2024-03-30T23:00:00", "2024-03-31", id="winter midnight"),
        pytest.param("2024-03-31T21:59:59", "2024-03-31", id="the short day ends at 22:00 UTC"),
        pytest.param("2024-10-27T00:30:00", "2024-10-27", id="02:30 before the clocks go back"),
        pytest.param("2024-10-27T22:59:59", "2024-10-27", id="the long day ends at 23:00 UTC"),
    ],
)
def test_the_business_day_is_local(measure: Measure, tmp_path: Path, at: str, day: str) -> None:
    measured = measured_of(measure, tmp_path, orders=[order(1, at)])
    assert of_day(measured, day).total_orders == 1


def test_amounts_are_rounded_half_up_line_by_line_and_part_by_part(measure: Measure, tmp_path: Path) -> None:
    """3 × 1.005 = 3.015 → 3.02; goods 13.02 × 1.25 = 16.275 → 16.28, shipping 0.10 × 1.25 = 0.125 → 0.13, …"""
    placed = order(
        1,
        "2024-05-03T10:00:00",
        currency="GBP",
        discount=Decimal("0.50"),
        shipping=Decimal("0.10"),
        tax=Decimal("2.22"),
    )
    measured = measured_of(
        measure,
        tmp_path,
        orders=[placed],
        order_lines=[line(1, 3, "1.0050", "0.02"), line(1, number=2)],
        exchange_rates=rates(("2024-05-03", "1.25")),
    )
    found = of_day(measured, "2024-05-03")
    assert found.gross_sales == Decimal("16.28")
    assert found.discounts == Decimal("0.65")
    assert (found.shipping_revenue, found.tax_collected) == (Decimal("0.13"), Decimal("2.78"))
    assert found.total_revenue == Decimal("18.54")
    assert found.items_sold == 4


@pytest.mark.parametrize(
    ("day", "revenue"),
    [
        pytest.param("2024-05-03", "20.00", id="of the day"),
        pytest.param("2024-05-05", "20.00", id="of Friday on Sunday"),
        pytest.param("2024-05-10", "20.00", id="seven days old"),
        pytest.param("2024-05-11", "30.00", id="a newer one as soon as there is one"),
    ],
)
def test_the_latest_rate_applies(measure: Measure, tmp_path: Path, day: str, revenue: str) -> None:
    published = rates(("2024-05-02", "1.5"), ("2024-05-03", "2.0"), ("2024-05-11", "3.0"))
    orders = [order(1, f"{day}T10:00:00", currency="GBP")]
    measured = measured_of(measure, tmp_path, orders=orders, order_lines=[line(1)], exchange_rates=published)
    assert of_day(measured, day).total_revenue == Decimal(revenue)


def test_an_online_order_counts_on_the_day_of_its_session(measure: Measure, tmp_path: Path) -> None:
    orders = [
        order(1, "2024-05-02T10:00:00", session_id=1),
        order(2, "2024-05-02T10:00:00", session_id=99, sales_channel="app"),
        order(3, "2024-05-02T10:00:00", sales_channel="store"),
        order(4, "2024-05-02T10:00:00", session_id=1, status="draft"),
    ]
    sessions = [
        session(1, 7, "2024-05-01T21:00:00"),
        session(2, 7, "2024-05-01T09:00:00"),
        session(3, 7, "2024-05-02T09:00:00"),
        session(4, 8, "2024-05-02T09:00:00"),
    ]
    measured = measured_of(measure, tmp_path, orders=orders, sessions=sessions)
    first, second = of_day(measured, "2024-05-01"), of_day(measured, "2024-05-02")
    assert (first.online_orders, first.visitors, first.sessions, first.total_orders) == (1, 1, 2, 0)
    assert (second.online_orders, second.visitors, second.sessions, second.total_orders) == (1, 2, 2, 3)
    assert measured.by_grain["month"][date(2024, 5, 1)].visitors == 2


def test_repeated_requests_count_once(measure: Measure, tmp_path: Path) -> None:
    payments = [
        payment(1, 1, "2024-05-01T10:00:00", "failed", idempotency_key=1),
        payment(2, 1, "2024-05-02T10:00:01", "succeeded", idempotency_key=1, amount=Decimal("11.00")),
        payment(3, 1, "2024-05-02T10:00:02", "succeeded", idempotency_key=1, amount=Decimal("12.00")),
        payment(4, 2, "2024-05-01T10:00:00", "failed", idempotency_key=1),
        payment(6, 3, "2024-05-01T10:00:00", "failed", idempotency_key=2),
        payment(5, 3, "2024-05-01T10:00:00", "pending", idempotency_key=2),
        payment(7, 3, "2024-05-01T11:00:00", "abandoned"),
        payment(8, 3, "2024-05-01T11:00:00", "failed"),
        payment(9, 3, "2024-05-01T11:00:00", "failed"),
    ]
    measured = measured_of(measure, tmp_path, orders=[order(1, "2024-05-01T09:00:00")], payments=payments)
    first, second = of_day(measured, "2024-05-01"), of_day(measured, "2024-05-02")
    assert (first.decided_payments, first.successful_payments, first.total_payments) == (3, 0, Decimal(0))
    assert (second.decided_payments, second.successful_payments) == (1, 1)
    assert second.total_payments == Decimal("11.00")


def test_payments_and_refunds_use_the_rate_of_their_order(measure: Measure, tmp_path: Path) -> None:
    payments = [
        payment(1, 1, "2024-05-02T10:00:00", "succeeded", currency="GBP"),
        payment(2, 99, "2024-05-02T10:00:00", "succeeded", currency="GBP"),
    ]
    measured = measured_of(
        measure,
        tmp_path,
        orders=[order(1, "2024-05-01T10:00:00", currency="GBP", is_test=True)],
        payments=payments,
        refunds=[refund(1, "2024-05-02T12:00:00", "1.01", "0.01", "0.01")],
        exchange_rates=rates(("2024-05-01", "1.5"), ("2024-05-02", "3.0")),
    )
    found = of_day(measured, "2024-05-02")
    assert found.total_payments == Decimal("15.00") + Decimal("30.00")
    assert found.refunds == Decimal("1.52") + Decimal("0.02") + Decimal("0.02")


# ── what became of orders, and what is in them ────────────────────────────────────────────────────────────────────────


def test_orders_placed_and_cancelled_after_payment(measure: Measure, tmp_path: Path) -> None:
    orders = [
        order(1, "2024-05-01T10:00:00"),
        order(2, "2024-05-01T10:00:00", status="cancelled", paid_at=4, cancelled_at=5),
        order(3, "2024-05-01T10:00:00", status="cancelled", cancelled_at=5),
        order(4, "2024-05-01T10:00:00", status="draft"),
        order(5, "2024-05-01T10:00:00", is_test=True),
    ]
    found = of_day(measured_of(measure, tmp_path, orders=orders), "2024-05-01")
    assert (found.placed_orders, found.cancelled_orders, found.orders_cancelled_after_payment) == (3, 2, 1)


def test_visits_with_an_order_are_of_qualifying_online_ones(measure: Measure, tmp_path: Path) -> None:
    orders = [
        order(1, "2024-05-02T10:00:00", session_id=1),
        order(2, "2024-05-02T11:00:00", session_id=1),
        order(3, "2024-05-02T10:00:00", session_id=2, status="draft"),
        order(4, "2024-05-02T10:00:00", session_id=3, sales_channel="store"),
        order(5, "2024-05-02T10:00:00", session_id=4),
        order(6, "2024-05-02T10:00:00", session_id=99),
    ]
    visits = [session(n, visitor, f"2024-05-0{1 + n % 2}T21:00:00") for n, visitor in ((1, 7), (2, 7), (3, 8), (4, 7))]
    measured = measured_of(
        measure, tmp_path, orders=orders, order_lines=[line(n) for n in range(1, 7)], sessions=visits
    )
    first, other = of_day(measured, "2024-05-01"), of_day(measured, "2024-05-02")
    assert (first.sessions, first.sessions_with_order, first.visitors, first.visitors_with_order) == (2, 1, 1, 1)
    assert (other.sessions, other.sessions_with_order, other.visitors, other.visitors_with_order) == (2, 1, 2, 1)
    assert (first.online_revenue, other.online_revenue) == (Decimal("10.00"), Decimal("30.00"))
    month = measured.by_grain["month"][date(2024, 5, 1)]
    assert (month.visitors, month.visitors_with_order, month.sessions_with_order) == (2, 1, 2)


def test_goods_cost_what_they_did_when_they_were_sold(measure: Measure, tmp_path: Path) -> None:
    products = [
        product(1, "2024-04-30T12:00:00", "4.0000"),
        product(1, "2024-05-02T10:00:00", "5.0050"),
        product(2, "2024-05-04T00:00:00", "1.0000"),
    ]
    orders = [order(n, f"2024-05-0{n}T10:00:00") for n in (1, 2, 3)]
    lines = [
        line(1, quantity=2),
        line(2, quantity=3),
        line(2, number=2, product=99),
        line(3, number=1, product=2, discount="1.00"),
    ]
    measured = measured_of(measure, tmp_path, products=products, orders=orders, order_lines=lines)
    found = [of_day(measured, f"2024-05-0{n}") for n in (1, 2, 3)]
    assert [day.cost_of_goods for day in found] == [Decimal("8.00"), Decimal("15.02"), Decimal("1.00")]
    assert [day.costed_gross_sales for day in found] == [Decimal("20.00"), Decimal("30.00"), Decimal("10.00")]
    assert [day.costed_discounts for day in found] == [Decimal(0), Decimal(0), Decimal("1.00")]


def test_what_is_the_orders_is_spread_over_its_lines_to_the_cent(measure: Measure, tmp_path: Path) -> None:
    """Net 10, 10 and 0: of 1.01 up to each line 0.505, 1.01 and 1.01, rounded 0.51, 1.01 and 1.01, so 0.51, 0.50, 0."""
    products = [
        product(n, "2024-04-01T00:00:00", "1.0000", name) for n, name in ((1, "Home"), (2, "Toys"), (3, "Sport"))
    ]
    lines = [line(1, number=1), line(1, number=2, product=2), line(1, number=3, product=3, discount="10.00")]
    placed = order(1, "2024-05-01T10:00:00", shipping=Decimal("1.01"), tax=Decimal("0.03"), discount=Decimal("0.01"))
    measured = measured_of(measure, tmp_path, products=products, orders=[placed], order_lines=lines)
    of_category = {
        member: values["total_revenue"] for (_, member), values in measured.by_member["product_category"].items()
    }
    assert of_category == {"Home": Decimal("10.52"), "Toys": Decimal("10.51"), "Sport": Decimal("0.00")}
    assert sum(of_category.values()) == of_day(measured, "2024-05-01").total_revenue


def test_cents_of_conversion_are_spread_over_lines(measure: Measure, tmp_path: Path) -> None:
    """Two lines of 0.05 at 1.1 are 0.055, so 0.06 each, and the order's 0.10 is 0.11: the first has a cent less."""
    products = [product(n, "2024-04-01T00:00:00", "1.0000", name) for n, name in ((1, "Home"), (2, "Toys"))]
    lines = [line(1, price="0.0500", number=1), line(1, price="0.0500", number=2, product=2)]
    measured = measured_of(
        measure,
        tmp_path,
        products=products,
        orders=[order(1, "2024-05-01T10:00:00", currency="GBP")],
        order_lines=lines,
        exchange_rates=rates(("2024-05-01", "1.1")),
    )
    of_category = {
        member: values["total_revenue"] for (_, member), values in measured.by_member["product_category"].items()
    }
    assert of_category == {"Home": Decimal("0.05"), "Toys": Decimal("0.06")}


# ── payments ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_first_attempts_of_orders(measure: Measure, tmp_path: Path) -> None:
    payments = [
        payment(1, 1, "2024-05-01T10:00:00", "failed"),
        payment(2, 1, "2024-05-01T11:00:00", "succeeded"),
        payment(3, 2, "2024-05-01T10:00:00", "succeeded"),
        payment(4, 3, "2024-05-01T10:00:00", "pending"),
        payment(5, 3, "2024-05-01T11:00:00", "succeeded"),
        payment(6, 4, "2024-05-01T10:00:00", "failed", idempotency_key=1),
        payment(7, 4, "2024-05-01T11:00:00", "succeeded", idempotency_key=1),
    ]
    orders = [order(n, "2024-05-01T09:00:00") for n in (1, 2, 3, 4)]
    found = of_day(measured_of(measure, tmp_path, orders=orders, payments=payments), "2024-05-01")
    assert (found.payment_attempts, found.first_attempts, found.successful_first_attempts) == (6, 3, 2)
    assert (found.decided_payments, found.decided_payment_amount) == (5, Decimal("50.00"))
    assert (found.orders_attempted, found.orders_paid) == (4, 4)


def test_orders_are_paid_once_a_period_and_only_those_that_are_known(measure: Measure, tmp_path: Path) -> None:
    payments = [
        payment(1, 1, "2024-05-01T10:00:00", "failed"),
        payment(2, 1, "2024-05-02T10:00:00", "succeeded"),
        payment(3, 1, "2024-05-02T11:00:00", "succeeded"),
        payment(4, 99, "2024-05-02T10:00:00", "succeeded"),
    ]
    measured = measured_of(measure, tmp_path, orders=[order(1, "2024-05-01T09:00:00")], payments=payments)
    first, second = of_day(measured, "2024-05-01"), of_day(measured, "2024-05-02")
    month = measured.by_grain["month"][date(2024, 5, 1)]
    assert [(each.orders_attempted, each.orders_paid) for each in (first, second, month)] == [(1, 0), (1, 1), (1, 1)]
    assert second.first_attempts == 1


# ── by member ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_months_by_member(measure: Measure, tmp_path: Path) -> None:
    orders = [
        order(1, "2024-05-01T10:00:00", country="FR", sales_channel="store"),
        order(2, "2024-05-31T21:30:00"),
        order(3, "2024-05-31T22:30:00"),
        order(4, "2024-05-01T10:00:00", status="draft", country="US"),
    ]
    payments = [
        payment(1, 1, "2024-05-01T10:00:00", "failed", failure_reason="expired_card"),
        payment(2, 1, "2024-05-01T11:00:00", "succeeded", method="cash"),
    ]
    customers = [
        account(1, at="2024-05-31T22:30:00", channel="email"),
        account(2, at="2024-06-01T10:00:00"),
        account(3, at="2024-03-31T21:59:59", channel="social"),
    ]
    lines = [line(n, number=1) for n in (1, 2, 3, 4)]
    measured = measured_of(measure, tmp_path, orders=orders, order_lines=lines, payments=payments, customers=customers)
    may, june = date(2024, 5, 1), date(2024, 6, 1)

    def found(dimension: str) -> dict[tuple[date, Any], tuple[Any, ...]]:
        return {key: tuple(values.values()) for key, values in measured.by_member[dimension].items()}

    ten = Decimal("10.00")
    assert found("country") == {(may, "FR"): (ten, 1), (may, "DE"): (ten, 1), (june, "DE"): (ten, 1)}
    assert found("sales_channel") == {(may, "store"): (ten, 1), (may, "web"): (ten, 1), (june, "web"): (ten, 1)}
    assert found("product_category") == {(may, "unknown"): (2 * ten,), (june, "unknown"): (ten,)}
    assert found("order_hour") == {(may, 12): (1,), (may, 23): (1,), (june, 0): (1,)}
    assert found("payment_method") == {(may, "cash"): (ten,)}
    assert found("failure_reason") == {(may, "expired_card"): (1,)}
    assert found("acquisition_channel") == {(june, "email"): (1,), (june, None): (1,)}
