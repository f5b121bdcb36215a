"""Rows of orders, lines, payments, refunds and sessions: as text for the landing files, as facts for the truth."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.generate import lifecycle, payments, refunds, sessions
from lakehouse.generate.arrays import (
    NEVER,
    NONE,
    Bools,
    Ints,
    amounts,
    decimals,
    flags,
    integers,
    labels,
    timestamps,
    words,
)
from lakehouse.generate.catalogue import Catalogue
from lakehouse.generate.customers import emails
from lakehouse.generate.lifecycle import seen_at
from lakehouse.generate.orders import COUPONS, SALES_CHANNELS
from lakehouse.generate.places import COUNTRIES, CURRENCIES
from lakehouse.generate.sessions import Sessions
from lakehouse.generate.trade import Trade
from lakehouse.generate.versions import Changes

UNKNOWN_ORDER = 900_000_000
_ORPHAN_CURRENCY = CURRENCIES.index("GBP")

Columns = dict[str, pa.Array]


def _emails(trade: Trade, row: Ints) -> pa.Array:
    buyers = trade.orders.buyers
    typed = emails(buyers.person[row], buyers.mail_style[row])
    return pc.if_else(pa.array(trade.blank_mail[row]), pa.scalar("  "), typed)


def order_rows(trade: Trade, changes: Changes) -> Columns:
    orders, row = trade.orders, changes.row
    seen = seen_at(orders, trade.course, row, changes.at)
    return {
        "order_id": labels("O-", orders.number[row]),
        "customer_id": labels("C-", orders.buyers.customer[row]),
        "email": _emails(trade, row),
        "session_id": labels("S-", trade.session[row], 10),
        "ordered_at": timestamps(seen.ordered_at),
        "status": words(lifecycle.STATUSES, seen.status),
        "paid_at": timestamps(seen.paid_at),
        "cancelled_at": timestamps(seen.cancelled_at),
        "is_test": flags(orders.is_test[row]),
        "sales_channel": words(SALES_CHANNELS, orders.sales_channel[row]),
        "currency": words(CURRENCIES, orders.currency[row]),
        "order_discount": amounts(seen.discount),
        "shipping": amounts(seen.shipping),
        "tax": amounts(orders.tax[row]),
        "shipping_country": words([country.code for country in COUNTRIES], orders.buyers.country[row]),
        "coupon_code": words(COUPONS, orders.coupon[row]),
        "updated_at": timestamps(changes.at),
    }


def line_rows(trade: Trade, catalogue: Catalogue, changes: Changes) -> Columns:
    lines, course, row = trade.lines, trade.line_course, changes.row
    corrected = course.corrected_at[row] <= changes.at
    quantity = np.where(corrected, course.corrected_quantity[row], lines.quantity[row])
    return {
        "order_line_id": labels("L-", lines.number[row], 10),
        "order_id": labels("O-", trade.orders.number[lines.order[row]]),
        "line_number": integers(lines.line_number[row]).cast(pa.string()),
        "product_id": labels("P-", trade.products[row], 6),
        "product_name": catalogue.names(lines.product[row]),
        "quantity": integers(quantity).cast(pa.string()),
        "unit_price": amounts(np.where(corrected, course.corrected_price[row], lines.unit_price[row]), 4),
        "line_discount": amounts(lines.discount[row]),
        "updated_at": timestamps(changes.at),
    }


def _order_numbers(trade: Trade) -> Ints:
    """The order number of each payment; one that nobody knows where the payment belongs to no order."""
    attempts = trade.payments
    return np.where(attempts.order == NONE, UNKNOWN_ORDER + attempts.number, trade.orders.number[attempts.order])


def _payment_currencies(trade: Trade) -> Ints:
    attempts = trade.payments
    return np.where(attempts.order == NONE, _ORPHAN_CURRENCY, trade.orders.currency[attempts.order])


def payment_rows(trade: Trade, changes: Changes) -> Columns:
    attempts, row = trade.payments, changes.row
    customer = np.where(attempts.order == NONE, NONE, trade.orders.buyers.customer[attempts.order])
    status = attempts.status_at(row, changes.at)
    reason = np.where(status == payments.FAILED, attempts.reason[row], NONE)
    return {
        "payment_id": labels("PAY-", attempts.number[row]),
        "order_id": labels("O-", _order_numbers(trade)[row]),
        "customer_id": labels("C-", customer[row]),
        "attempted_at": timestamps(attempts.attempted_at[row]),
        "method": words(payments.METHODS, attempts.method[row]),
        "provider": words(payments.PROVIDERS, attempts.method[row]),
        "status": words(payments.STATUSES, status),
        "failure_reason": words(payments.REASONS, reason),
        "amount": amounts(attempts.amount_at(row, changes.at)),
        "currency": words(CURRENCIES, _payment_currencies(trade)[row]),
        "idempotency_key": labels("K-", attempts.key[row]),
        "updated_at": timestamps(changes.at),
    }


def refund_rows(trade: Trade, changes: Changes) -> Columns:
    given, row = trade.refunds, changes.row
    order, line = given.order[row], given.line[row]
    line_number = np.where(line == NONE, NONE, trade.lines.number[line]) if len(trade.lines.number) else line
    return {
        "refund_id": labels("R-", given.number[row]),
        "order_id": labels("O-", trade.orders.number[order]),
        "order_line_id": labels("L-", line_number, 10),
        "payment_id": labels("PAY-", trade.paid_by[order]),
        "refunded_at": timestamps(given.refunded_at[row]),
        "goods_amount": amounts(given.goods_at(row, changes.at)),
        "shipping_amount": amounts(given.shipping[row]),
        "tax_amount": amounts(given.tax[row]),
        "currency": words(CURRENCIES, trade.orders.currency[order]),
        "reason": words(refunds.REASONS, given.reason[row]),
        "updated_at": timestamps(changes.at),
    }


def session_rows(visits: Sessions) -> Columns:
    return {
        "session_id": labels("S-", visits.number, 10),
        "visitor_id": labels("V-", visits.visitor, 12),
        "customer_id": labels("C-", visits.customer),
        "started_at": timestamps(visits.started_at),
        "channel": words(sessions.CHANNELS, visits.channel),
        "device": words(sessions.DEVICES, visits.device),
        "country_code": words([country.code for country in COUNTRIES], visits.country),
        "page_views": integers(visits.page_views).cast(pa.string()),
    }


def _instants(seconds: Ints) -> pa.Array:
    return integers(np.where(seconds < NEVER, seconds, NONE))


def final_facts(trade: Trade, last: int) -> dict[str, pa.Table]:
    """The facts as they stand at the instant `last`, of the orders that are kept and what hangs on them."""
    kept = trade.kept
    return {
        "orders": _order_facts(trade, np.flatnonzero(kept), last),
        "order_lines": _line_facts(trade, np.flatnonzero(kept[trade.lines.order]), last),
        "payments": _payment_facts(trade, kept, last),
        "refunds": _refund_facts(trade, np.flatnonzero(kept[trade.refunds.order]), last),
        "sessions": _session_facts(trade.visits),
    }


def _order_facts(trade: Trade, row: Ints, last: int) -> pa.Table:
    orders = trade.orders
    seen = seen_at(orders, trade.course, row, np.full(len(row), last))
    return pa.table(
        {
            "order_id": integers(orders.number[row]),
            "customer_id": integers(orders.buyers.customer[row]),
            "email": _emails(trade, row),
            "session_id": integers(trade.session[row]),
            "ordered_at": _instants(seen.ordered_at),
            "status": words(lifecycle.STATUSES, seen.status),
            "paid_at": _instants(seen.paid_at),
            "cancelled_at": _instants(seen.cancelled_at),
            "is_test": pa.array(orders.is_test[row]),
            "sales_channel": words(SALES_CHANNELS, orders.sales_channel[row]),
            "country": words([country.code for country in COUNTRIES], orders.buyers.country[row]),
            "currency": words(CURRENCIES, orders.currency[row]),
            "discount": decimals(seen.discount),
            "shipping": decimals(seen.shipping),
            "tax": decimals(orders.tax[row]),
        }
    )


def _line_facts(trade: Trade, row: Ints, last: int) -> pa.Table:
    lines, course = trade.lines, trade.line_course
    corrected = course.corrected_at[row] <= last
    return pa.table(
        {
            "order_id": integers(trade.orders.number[lines.order[row]]),
            "line_number": integers(lines.line_number[row]),
            "product_id": integers(trade.products[row]),
            "quantity": integers(np.where(corrected, course.corrected_quantity[row], lines.quantity[row])),
            "unit_price": decimals(np.where(corrected, course.corrected_price[row], lines.unit_price[row]), 4),
            "discount": decimals(lines.discount[row]),
        }
    )


def _payment_facts(trade: Trade, kept: Bools, last: int) -> pa.Table:
    attempts = trade.payments
    counted = np.where(attempts.order == NONE, True, kept[attempts.order]) & (attempts.attempted_at <= last)
    row = np.flatnonzero(counted)
    at = np.full(len(row), last)
    status = attempts.status_at(row, at)
    return pa.table(
        {
            "payment_id": integers(attempts.number[row]),
            "order_id": integers(_order_numbers(trade)[row]),
            "attempted_at": _instants(attempts.attempted_at[row]),
            "method": words(payments.METHODS, attempts.method[row]),
            "status": words(payments.STATUSES, status),
            "failure_reason": words(payments.REASONS, np.where(status == payments.FAILED, attempts.reason[row], NONE)),
            "amount": decimals(attempts.amount_at(row, at)),
            "currency": words(CURRENCIES, _payment_currencies(trade)[row]),
            "idempotency_key": integers(attempts.key[row]),
        }
    )


def _refund_facts(trade: Trade, row: Ints, last: int) -> pa.Table:
    given = trade.refunds
    return pa.table(
        {
            "order_id": integers(trade.orders.number[given.order[row]]),
            "refunded_at": _instants(given.refunded_at[row]),
            "goods": decimals(given.goods_at(row, np.full(len(row), last))),
            "shipping": decimals(given.shipping[row]),
            "tax": decimals(given.tax[row]),
        }
    )


def _session_facts(visits: Sessions) -> pa.Table:
    return pa.table(
        {
            "session_id": integers(visits.number),
            "visitor_id": integers(visits.visitor),
            "started_at": _instants(visits.started_at),
        }
    )
