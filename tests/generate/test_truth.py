"""Both computations of the truth, held against numbers worked out by hand and against each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lakehouse.generate import truth_duckdb, truth_python
from lakehouse.generate.facts import Facts
from lakehouse.generate.truth import Measured, Measures, describe, period_start, periods

Measure = Callable[[Path, str], Measured]

_AMOUNT = pa.decimal128(18, 2)
_SCHEMAS = {
    "customers": {"customer_id": pa.int64(), "email": pa.string()},
    "exchange_rates": {"rate_date": pa.date32(), "currency": pa.string(), "rate": pa.decimal128(18, 8)},
    "orders": {
        "order_id": pa.int64(),
        "customer_id": pa.int64(),
        "email": pa.string(),
        "session_id": pa.int64(),
        "ordered_at": pa.int64(),
        "status": pa.string(),
        "paid_at": pa.int64(),
        "cancelled_at": pa.int64(),
        "is_test": pa.bool_(),
        "sales_channel": pa.string(),
        "currency": pa.string(),
        "discount": _AMOUNT,
        "shipping": _AMOUNT,
        "tax": _AMOUNT,
    },
    "order_lines": {
        "order_id": pa.int64(),
        "quantity": pa.int64(),
        "unit_price": pa.decimal128(18, 4),
        "discount": _AMOUNT,
    },
    "payments": {
        "payment_id": pa.int64(),
        "order_id": pa.int64(),
        "attempted_at": pa.int64(),
        "status": pa.string(),
        "amount": _AMOUNT,
        "currency": pa.string(),
        "idempotency_key": pa.int64(),
    },
    "refunds": {
        "order_id": pa.int64(),
        "refunded_at": pa.int64(),
        "goods": _AMOUNT,
        "shipping": _AMOUNT,
        "tax": _AMOUNT,
    },
    "sessions": {"session_id": pa.int64(), "visitor_id": pa.int64(), "started_at": pa.int64()},
}


def _at(text: str) -> int:
    return int(datetime.fromisoformat(f"{text}+00:00").timestamp())


def _order(number: int, at: str, **values: Any) -> dict[str, Any]:
    usual = {
        "order_id": number,
        "customer_id": None,
        "email": None,
        "session_id": None,
        "ordered_at": _at(at),
        "status": "fulfilled",
        "paid_at": None,
        "cancelled_at": None,
        "is_test": False,
        "sales_channel": "web",
        "currency": "EUR",
        "discount": Decimal("0.00"),
        "shipping": Decimal("0.00"),
        "tax": Decimal("0.00"),
    }
    return {**usual, **values}


def _line(order: int, quantity: int = 1, price: str = "10.0000", discount: str = "0.00") -> dict[str, Any]:
    return {
        "order_id": order,
        "quantity": quantity,
        "unit_price": Decimal(price),
        "discount": Decimal(discount),
    }


def _payment(number: int, order: int, at: str, status: str, **values: Any) -> dict[str, Any]:
    usual = {
        "payment_id": number,
        "order_id": order,
        "attempted_at": _at(at),
        "status": status,
        "amount": Decimal("10.00"),
        "currency": "EUR",
        "idempotency_key": None,
    }
    return {**usual, **values}


def _measured(measure: Measure, folder: Path, **rows: list[dict[str, Any]]) -> Measured:
    with Facts(folder) as facts:
        for name, types in _SCHEMAS.items():
            facts.append(name, pa.Table.from_pylist(rows.get(name, []), pa.schema(types)))
    return measure(folder, "Europe/Berlin")


def _day(measured: Measured, day: str) -> Measures:
    return measured.by_grain["day"].get(date.fromisoformat(day), Measures())


@pytest.fixture(params=[truth_python.measure, truth_duckdb.measure], ids=["python", "duckdb"])
def measure(request: pytest.FixtureRequest) -> Measure:
    found: Measure = request.param
    return found


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
    measured = _measured(measure, tmp_path, orders=[_order(1, "2024-05-01T10:00:00", **values)], order_lines=[_line(1)])
    found = _day(measured, "2024-05-01")
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
    measured = _measured(measure, tmp_path, orders=[_order(1, at)])
    assert _day(measured, day).total_orders == 1


def _rates(*published: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"rate_date": date.fromisoformat(day), "currency": "GBP", "rate": Decimal(rate)} for day, rate in published]


def test_amounts_are_rounded_half_up_line_by_line_and_part_by_part(measure: Measure, tmp_path: Path) -> None:
    """3 × 1.005 = 3.015 → 3.02; goods 13.02 × 1.25 = 16.275 → 16.28, shipping 0.10 × 1.25 = 0.125 → 0.13, …"""
    order = _order(
        1,
        "2024-05-03T10:00:00",
        currency="GBP",
        discount=Decimal("0.50"),
        shipping=Decimal("0.10"),
        tax=Decimal("2.22"),
    )
    measured = _measured(
        measure,
        tmp_path,
        orders=[order],
        order_lines=[_line(1, 3, "1.0050", "0.02"), _line(1)],
        exchange_rates=_rates(("2024-05-03", "1.25")),
    )
    found = _day(measured, "2024-05-03")
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
    rates = _rates(("2024-05-02", "1.5"), ("2024-05-03", "2.0"), ("2024-05-11", "3.0"))
    orders = [_order(1, f"{day}T10:00:00", currency="GBP")]
    measured = _measured(measure, tmp_path, orders=orders, order_lines=[_line(1)], exchange_rates=rates)
    assert _day(measured, day).total_revenue == Decimal(revenue)


def test_an_online_order_counts_on_the_day_of_its_session(measure: Measure, tmp_path: Path) -> None:
    orders = [
        _order(1, "2024-05-02T10:00:00", session_id=1),
        _order(2, "2024-05-02T10:00:00", session_id=99, sales_channel="app"),
        _order(3, "2024-05-02T10:00:00", sales_channel="store"),
        _order(4, "2024-05-02T10:00:00", session_id=1, status="draft"),
    ]
    sessions = [
        {"session_id": 1, "visitor_id": 7, "started_at": _at("2024-05-01T21:00:00")},
        {"session_id": 2, "visitor_id": 7, "started_at": _at("2024-05-01T09:00:00")},
        {"session_id": 3, "visitor_id": 7, "started_at": _at("2024-05-02T09:00:00")},
        {"session_id": 4, "visitor_id": 8, "started_at": _at("2024-05-02T09:00:00")},
    ]
    measured = _measured(measure, tmp_path, orders=orders, sessions=sessions)
    first, second = _day(measured, "2024-05-01"), _day(measured, "2024-05-02")
    assert (first.online_orders, first.visitors, first.sessions, first.total_orders) == (1, 1, 2, 0)
    assert (second.online_orders, second.visitors, second.sessions, second.total_orders) == (1, 2, 2, 3)
    assert measured.by_grain["month"][date(2024, 5, 1)].visitors == 2


def test_repeated_requests_count_once(measure: Measure, tmp_path: Path) -> None:
    payments = [
        _payment(1, 1, "2024-05-01T10:00:00", "failed", idempotency_key=1),
        _payment(2, 1, "2024-05-02T10:00:01", "succeeded", idempotency_key=1, amount=Decimal("11.00")),
        _payment(3, 1, "2024-05-02T10:00:02", "succeeded", idempotency_key=1, amount=Decimal("12.00")),
        _payment(4, 2, "2024-05-01T10:00:00", "failed", idempotency_key=1),
        _payment(6, 3, "2024-05-01T10:00:00", "failed", idempotency_key=2),
        _payment(5, 3, "2024-05-01T10:00:00", "pending", idempotency_key=2),
        _payment(7, 3, "2024-05-01T11:00:00", "abandoned"),
        _payment(8, 3, "2024-05-01T11:00:00", "failed"),
        _payment(9, 3, "2024-05-01T11:00:00", "failed"),
    ]
    measured = _measured(measure, tmp_path, orders=[_order(1, "2024-05-01T09:00:00")], payments=payments)
    first, second = _day(measured, "2024-05-01"), _day(measured, "2024-05-02")
    assert (first.decided_payments, first.successful_payments, first.total_payments) == (3, 0, Decimal(0))
    assert (second.decided_payments, second.successful_payments) == (1, 1)
    assert second.total_payments == Decimal("11.00")


def test_payments_and_refunds_use_the_rate_of_their_order(measure: Measure, tmp_path: Path) -> None:
    payments = [
        _payment(1, 1, "2024-05-02T10:00:00", "succeeded", currency="GBP"),
        _payment(2, 99, "2024-05-02T10:00:00", "succeeded", currency="GBP"),
    ]
    refund = {
        "order_id": 1,
        "refunded_at": _at("2024-05-02T12:00:00"),
        "goods": Decimal("1.01"),
        "shipping": Decimal("0.01"),
        "tax": Decimal("0.01"),
    }
    measured = _measured(
        measure,
        tmp_path,
        orders=[_order(1, "2024-05-01T10:00:00", currency="GBP", is_test=True)],
        payments=payments,
        refunds=[refund],
        exchange_rates=_rates(("2024-05-01", "1.5"), ("2024-05-02", "3.0")),
    )
    found = _day(measured, "2024-05-02")
    assert found.total_payments == Decimal("15.00") + Decimal("30.00")
    assert found.refunds == Decimal("1.52") + Decimal("0.02") + Decimal("0.02")


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
    placed = [_order(number, "2024-05-01T10:00:00", **values) for number, values in enumerate(orders)]
    known = [{"customer_id": number, "email": email} for number, email in customers]
    found = _day(_measured(measure, tmp_path, orders=placed, customers=known), "2024-05-01")
    assert (found.active_customers, found.new_customers) == (active, active)


def test_new_on_monday_and_again_on_friday(measure: Measure, tmp_path: Path) -> None:
    orders = [_order(2, "2024-05-03T10:00:00", customer_id=5), _order(1, "2024-04-29T10:00:00", customer_id=5)]
    described: Any = describe(_measured(measure, tmp_path, orders=orders), (date(2024, 4, 1), date(2024, 5, 31)))

    def found(grain: str) -> list[tuple[Any, ...]]:
        names = ("start", "active_customers", "new_customers", "returning_customers")
        return [tuple(row[name] for name in names) for row in described[grain]]

    assert found("week") == [("2024-04-29", 1, 1, 0)]
    assert found("month") == [("2024-04-01", 1, 1, 0), ("2024-05-01", 1, 0, 1)]
    assert found("day")[0] == ("2024-04-29", 1, 1, 0)
    assert found("day")[1:4] == [(f"2024-0{day}", 0, 0, 0) for day in ("4-30", "5-01", "5-02")]
    assert found("day")[4] == ("2024-05-03", 1, 0, 1)


def test_nothing_ever_happened(measure: Measure, tmp_path: Path) -> None:
    assert describe(_measured(measure, tmp_path), (date(2024, 5, 1), date(2024, 5, 2))) == {
        grain: [] for grain in ("day", "week", "month", "quarter", "year")
    }


@pytest.mark.parametrize(
    ("grain", "start", "following"),
    [
        ("day", "2024-11-14", "2024-11-15"),
        ("week", "2024-11-11", "2024-11-18"),
        ("month", "2024-11-01", "2024-12-01"),
        ("quarter", "2024-10-01", "2025-01-01"),
        ("year", "2024-01-01", "2025-01-01"),
    ],
)
def test_periods_follow_each_other(grain: str, start: str, following: str) -> None:
    day = date(2024, 11, 14)
    assert period_start(day, grain) == date.fromisoformat(start)
    assert list(periods((day, date.fromisoformat(following)), grain)) == [
        date.fromisoformat(start),
        date.fromisoformat(following),
    ]


def test_periods_have_no_gap_or_repeat_in_ten_years() -> None:
    span = (date(2019, 1, 31), date(2029, 3, 1))
    assert len(list(periods(span, "month"))) == 12 * 10 + 3
    assert len(list(periods(span, "quarter"))) == 4 * 10 + 1
    assert len(list(periods(span, "year"))) == 11


def test_ratios_are_null_over_zero_and_growth_without_a_period_before() -> None:
    first, second = date(2024, 5, 1), date(2024, 5, 2)
    revenue = Measures(total_revenue=Decimal("3.00"), total_orders=1)
    days = {second: revenue}
    measured = Measured((first, second), dict.fromkeys(("day", "week", "month", "quarter", "year"), days))
    described: Any = describe(measured, (first, second))
    empty, full = described["day"]
    nothing = {"numerator": None, "denominator": None, "value": None}
    assert empty["revenue_growth_rate"] == nothing
    assert empty["average_order_value"] == {"numerator": "0.00", "denominator": 0, "value": None}
    assert full["revenue_growth_rate"] == {"numerator": "3.00", "denominator": "0.00", "value": None}
    assert full["average_order_value"] == {"numerator": "3.00", "denominator": 1, "value": 3.0}


@pytest.mark.parametrize(
    ("delivered", "growths"),
    [
        pytest.param((date(2024, 4, 1), date(2024, 6, 30)), [None, 1.0, 0.5], id="whole months"),
        pytest.param((date(2024, 4, 2), date(2024, 6, 30)), [None, None, 0.5], id="since the second day"),
        pytest.param((date(2024, 4, 1), date(2024, 6, 29)), [None, 1.0, None], id="one day short"),
    ],
)
def test_growth_is_of_whole_periods_alone(delivered: tuple[date, date], growths: list[float | None]) -> None:
    revenue = {date(2024, month, 1): Measures(total_revenue=Decimal(n)) for month, n in ((4, 2), (5, 4), (6, 6))}
    by_grain = {grain: revenue if grain == "month" else {} for grain in ("day", "week", "month", "quarter", "year")}
    described: Any = describe(Measured((date(2024, 4, 3), date(2024, 6, 2)), by_grain), delivered)
    assert [row["revenue_growth_rate"]["value"] for row in described["month"]] == growths
