"""Of any few facts both computations of the truth, which know nothing of each other, tell the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lakehouse.generate import truth_duckdb, truth_python
from lakehouse.generate.truth_described import describe
from tests.generate.truth_cases import (
    DELIVERED,
    Row,
    account,
    line,
    measured_of,
    order,
    payment,
    product,
    rates,
    refund,
    session,
)

FIRST = datetime(2024, 4, 1, tzinfo=UTC)
RATES = rates(*((f"{date(2024, 3, 28) + timedelta(days=5 * n)}", f"1.{n:03}7") for n in range(20)))

# Days that are near, hours around midnight, and a moment that many things can share.
moments = st.builds(
    lambda days, hours: f"{FIRST + timedelta(days=days, hours=hours):%Y-%m-%dT%H:%M:%S}",
    st.sampled_from([0, 1, 2, 9, 29, 30, 33, 60, 88]),
    st.sampled_from([0, 12, 21, 22, 23]),
)
cents = st.integers(0, 999).map(lambda number: f"{Decimal(number) / 100:.2f}")
amounts = cents.map(Decimal)
emails = st.sampled_from([None, " ", "a@x.example", "A@X.example ", "b@x.example"])


@st.composite
def facts(draw: st.DrawFn) -> dict[str, list[Row]]:
    """Few members, so that they come again."""
    orders = [_order(draw, number) for number in range(draw(st.integers(0, 8)))]
    numbers = st.sampled_from([row["order_id"] for row in orders] or [99])
    visits = [session(n, draw(st.integers(1, 2)), draw(moments)) for n in range(draw(st.integers(0, 5)))]
    attempts = [_payment(draw, n, draw(numbers | st.just(99))) for n in range(draw(st.integers(0, 7)))]
    refunded = range(draw(st.integers(0, 3))) if orders else ()
    return {
        "customers": [
            account(n, draw(emails), draw(moments), draw(st.sampled_from([None, "email"])))
            for n in range(draw(st.integers(0, 3)))
        ],
        "products": [
            product(n, at, draw(cents), "Home" if n else "Toys")
            for n in (0, 1)
            for at in sorted(draw(st.sets(moments)))
        ],
        "exchange_rates": RATES,
        "orders": orders,
        "order_lines": [each for row in orders for each in _lines(draw, row["order_id"])],
        "payments": attempts,
        "refunds": [refund(draw(numbers), draw(moments), draw(cents), draw(cents), draw(cents)) for _ in refunded],
        "sessions": visits,
    }


def _order(draw: st.DrawFn, number: int) -> Row:
    status = draw(st.sampled_from(["placed", "fulfilled", "fulfilled", "cancelled", "draft"]))
    return order(
        number,
        draw(moments),
        customer_id=draw(st.sampled_from([None, 0, 1, 7])),
        email=draw(emails),
        session_id=draw(st.sampled_from([None, 0, 1, 77])),
        status=status,
        cancelled_at=5 if status == "cancelled" else None,
        paid_at=draw(st.sampled_from([None, 4, 5, 6])),
        is_test=draw(st.sampled_from([False, False, True])),
        sales_channel=draw(st.sampled_from(["web", "app", "store"])),
        country=draw(st.sampled_from(["DE", "FR", None])),
        currency=draw(st.sampled_from(["EUR", "GBP"])),
        discount=draw(amounts),
        shipping=draw(amounts),
        tax=draw(amounts),
    )


def _lines(draw: st.DrawFn, of_order: int) -> list[Row]:
    prices = st.integers(0, 99_999).map(lambda number: f"{Decimal(number) / 10_000:.4f}")
    return [
        line(of_order, draw(st.integers(1, 3)), draw(prices), draw(cents), number=n, product=draw(st.integers(0, 2)))
        for n in range(1, 1 + draw(st.integers(0, 3)))
    ]


def _payment(draw: st.DrawFn, number: int, of_order: int) -> Row:
    return payment(
        number,
        of_order,
        draw(moments),
        draw(st.sampled_from(["succeeded", "failed", "pending", "abandoned"])),
        amount=draw(amounts),
        currency=draw(st.sampled_from(["EUR", "GBP"])),
        method=draw(st.sampled_from(["card", "cash"])),
        idempotency_key=draw(st.sampled_from([None, 1, 2])),
    )


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(rows=facts(), last=st.sampled_from([date(2024, 5, 3), DELIVERED[1]]))
def test_both_computations_agree(
    tmp_path_factory: pytest.TempPathFactory, rows: dict[str, list[Row]], last: date
) -> None:
    delivered = (DELIVERED[0], last)
    with TemporaryDirectory(dir=tmp_path_factory.getbasetemp()) as folder:
        told: list[Any] = [
            describe(measured_of(computation.measure, Path(folder), delivered, **rows), delivered)
            for computation in (truth_python, truth_duckdb)
        ]
    assert told[0] == told[1]
