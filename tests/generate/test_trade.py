"""One busy day, looked at as arrays."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from lakehouse.generate import lifecycle
from lakehouse.generate.arrays import NEVER, NONE, sum_by
from lakehouse.generate.clock import BusinessDays
from lakehouse.generate.dirt import Dirt
from lakehouse.generate.orders import COUPONS, SALES_CHANNELS
from lakehouse.generate.payments import FAILED, SUCCEEDED
from lakehouse.generate.places import FREE_SHIPPING_ABOVE
from lakehouse.generate.trade import Business, Trade


@pytest.fixture(scope="module")
def trade() -> Trade:
    days = BusinessDays.of(date(2024, 5, 1), 40, "Europe/Berlin")
    business = Business.found(3, days, 5_000, Dirt(3, 0.0))
    business.trade(0)
    return business.trade(1)


def test_amounts_of_an_order_add_up(trade: Trade) -> None:
    orders, lines = trade.orders, trade.lines
    assert (lines.discount <= lines.gross).all()
    assert orders.goods.tolist() == sum_by(lines.order, lines.gross - lines.discount, len(orders)).tolist()
    assert ((orders.discount >= 0) & (orders.discount <= orders.goods)).all()
    assert (orders.total >= 0).all()
    assert ((orders.discount > 0) <= (orders.coupon >= 0)).all()
    assert set(orders.coupon.tolist()) == {NONE, *range(len(COUPONS))}


def test_shipping_is_free_for_large_orders_and_in_the_store(trade: Trade) -> None:
    orders = trade.orders
    euro = orders.currency == 0
    store = orders.sales_channel == SALES_CHANNELS.index("store")
    large = orders.goods - orders.discount >= FREE_SHIPPING_ABOVE
    assert (orders.shipping[store | (euro & large)] == 0).all()
    assert (orders.shipping[euro & ~store & ~large] > 0).all()


def test_some_buyers_come_back_within_minutes(trade: Trade) -> None:
    """Far more than chance would bring, so that sessions with two orders occur."""
    customer = trade.orders.buyers.customer
    again = (customer[1:] == customer[:-1]) & (customer[1:] >= 0)
    assert 20 < again.sum() < 200
    shared = trade.session[trade.session >= 0]
    assert len(np.unique(shared)) < len(shared)
    assert len(np.unique(trade.visits.number)) == len(trade.visits.number)


def test_sessions_of_orders_are_the_only_ones_with_orders(trade: Trade) -> None:
    known = trade.session[np.isin(trade.session, trade.visits.number)]
    assert (trade.session[~trade.orders.online] == NONE).all()
    assert len(np.unique(known)) < 0.25 * len(trade.visits.number)
    assert (np.diff(trade.visits.started_at) >= 0).all()


def test_an_order_is_paid_by_a_payment_that_succeeded(trade: Trade) -> None:
    attempts, paid = trade.payments, trade.paid_by >= 0
    settled = dict(zip(attempts.number.tolist(), attempts.settled_at.tolist(), strict=True))
    status = dict(zip(attempts.number.tolist(), attempts.status.tolist(), strict=True))
    assert {status[number] for number in trade.paid_by[paid].tolist()} == {SUCCEEDED}
    within = paid & (trade.course.paid_at < NEVER)
    assert [settled[number] for number in trade.paid_by[within].tolist()] == trade.course.paid_at[within].tolist()
    assert ((attempts.reason >= 0) == (attempts.status == FAILED)).all()
    assert trade.payments.amount.tolist() == trade.orders.total[trade.payments.order].tolist()


def test_events_of_an_order_are_in_their_natural_order(trade: Trade) -> None:
    course, at = trade.course, trade.orders.ordered_at
    assert (course.paid_at > at).all()
    assert (course.fulfilled_at[course.fulfilled_at < NEVER] > course.paid_at[course.fulfilled_at < NEVER]).all()
    assert (course.returned_at[course.returned_at < NEVER] > course.fulfilled_at[course.returned_at < NEVER]).all()
    assert (course.corrected_at > at).all()
    early = course.fate == lifecycle.PAID_AFTER_CANCELLING
    assert early.any()
    assert (course.cancelled_at[early] < course.paid_at[early]).all()


def test_no_more_is_refunded_than_was_paid(trade: Trade) -> None:
    refunds, orders = trade.refunds, trade.orders
    given = sum_by(refunds.order, refunds.goods + refunds.shipping + refunds.tax, len(orders))
    assert (given <= orders.total).all()
    assert (given[refunds.order] >= 0).all()
    assert (refunds.refunded_at > trade.course.paid_at[refunds.order]).all()
    assert (trade.paid_by[refunds.order] >= 0).all()
    of_line = refunds.line >= 0
    assert (trade.lines.order[refunds.line[of_line]] == refunds.order[of_line]).all()
