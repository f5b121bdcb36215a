"""A shop of so few keys that random deliveries meet: every entity and kind of change, two currencies, a year's turn."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from hypothesis import strategies as st
from pyspark.sql import SparkSession

from lakehouse.runs.catalog import ENTITY_TABLES
from lakehouse.runs.run import Request, run
from lakehouse.runs.snapshot import Snapshot, open_snapshot
from lakehouse.runs.workspace import CHECKOUT, Workspace, open_workspace
from lakehouse.settings import Storage
from lakehouse.sources.check import check_sources

SOURCE = """
source: tiny
objects:
  customers: {files: customers*.csv, columns: [id, email, country, registered, changed, gone]}
  products: {files: products*.csv, columns: [id, name, cost, currency, changed, gone]}
  orders:
    files: orders*.csv
    required: true
    columns: [id, customer, email, session, placed, status, cancelled, currency, shipping, country, changed, gone]
  order_lines: {files: order_lines*.csv, columns: [id, order, number, product, quantity, price, changed, gone]}
  payments:
    files: payments*.csv
    required: true
    columns: [id, order, customer, attempted, status, amount, currency, request, changed, gone]
  refunds: {files: refunds*.csv, columns: [id, order, refunded, goods, currency, changed, gone]}
  sessions: {files: sessions*.csv, required: true, columns: [id, visitor, customer, started, changed, gone]}
  rates: {files: rates*.csv, columns: [day, rate, changed, gone]}
entities:
  customers:
    from: customers
    version: integer(changed)
    deleted_when: gone = 'yes'
    fields:
      customer_id: id
      email: email
      country_code: country
      registered_at: timestamp(registered)
      updated_at: timestamp(registered)
  products:
    from: products
    version: timestamp(changed)
    deleted_when: gone = 'yes'
    fields:
      product_id: id
      product_name: name
      unit_cost_amount: decimal(cost)
      currency_code: currency
      updated_at: timestamp(changed)
  orders:
    from: orders
    version: integer(changed)
    deleted_when: gone = 'yes'
    fields:
      order_id: id
      customer_id: customer
      email: email
      session_id: session
      ordered_at: timestamp(placed)
      status: status
      cancelled_at: timestamp(cancelled)
      currency_code: currency
      shipping_amount: decimal(shipping)
      country_code: country
  order_lines:
    from: order_lines
    version: integer(changed)
    deleted_when: gone = 'yes'
    fields:
      order_line_id: id
      order_id: order
      line_number: integer(number)
      product_id: product
      product_name: product
      quantity: decimal(quantity)
      unit_price_amount: decimal(price)
  payments:
    from: payments
    version: integer(changed)
    deleted_when: gone = 'yes'
    fields:
      payment_id: id
      order_id: order
      customer_id: customer
      attempted_at: timestamp(attempted)
      status: status
      amount: decimal(amount)
      currency_code: currency
      idempotency_key: request
  refunds:
    from: refunds
    version: integer(changed)
    deleted_when: gone = 'yes'
    fields:
      refund_id: id
      order_id: order
      refunded_at: timestamp(refunded)
      goods_amount: decimal(goods)
      currency_code: currency
  sessions:
    from: sessions
    version: integer(changed)
    deleted_when: gone = 'yes'
    fields:
      session_id: id
      visitor_id: visitor
      customer_id: customer
      started_at: timestamp(started)
  exchange_rates:
    from: rates
    version: integer(changed)
    deleted_when: gone = 'yes'
    fields:
      rate_date: date(day)
      from_currency_code: "'USD'"
      to_currency_code: "'EUR'"
      exchange_rate: decimal(rate)
"""

BEGIN = datetime(2025, 11, 28, tzinfo=UTC)
"""Moments begin here; the calendar begins later, and ends before they do."""

Row = Mapping[str, str]
Delivery = tuple[tuple[str, Row], ...]
"""Rows with the object that each is of."""


def _some(name: str, most: int, *, none: bool = False) -> st.SearchStrategy[str]:
    values = st.integers(1, most).map(lambda number: f"{name}{number}")
    return st.one_of(st.just(""), values) if none else values


def _moment(*, none: bool = False) -> st.SearchStrategy[str]:
    moments = st.integers(0, 67 * 24).map(lambda hours: f"{BEGIN + timedelta(hours=hours):%Y-%m-%dT%H:00:00Z}")
    return st.one_of(st.just(""), moments) if none else moments


_AMOUNT = st.sampled_from(["0.00", "1.00", "19.99", "33.33"])
_CURRENCY = st.sampled_from(["EUR", "EUR", "USD"])
_EMAIL = st.sampled_from(["", "a@x.org", "b@x.org"])
_COUNTRY = st.sampled_from(["", "DE", "FR"])
_VERSION = {"changed": st.integers(1, 5).map(str), "gone": st.sampled_from(["", "", "", "", "yes"])}

_ROWS: Mapping[str, Mapping[str, st.SearchStrategy[str]]] = {
    "customers": {"id": _some("c", 3), "email": _EMAIL, "country": _COUNTRY, "registered": _moment()},
    "products": {
        "id": _some("p", 2),
        "name": st.sampled_from(["", "Cup"]),
        "cost": _AMOUNT,
        "currency": _CURRENCY,
        "changed": _moment(),
    },
    "orders": {
        "id": _some("o", 5),
        "customer": _some("c", 3, none=True),
        "email": _EMAIL,
        "session": _some("s", 4, none=True),
        "placed": _moment(),
        "status": st.sampled_from(["placed", "paid", "draft", "cancelled"]),
        "cancelled": _moment(none=True),
        "currency": _CURRENCY,
        "shipping": _AMOUNT,
        "country": _COUNTRY,
    },
    "order_lines": {
        "id": _some("l", 6),
        "order": _some("o", 5),
        "number": st.sampled_from(["", "1", "2"]),
        "product": _some("p", 3, none=True),
        "quantity": st.sampled_from(["1", "2"]),
        "price": _AMOUNT,
    },
    "payments": {
        "id": _some("y", 5),
        "order": _some("o", 5, none=True),
        "customer": _some("c", 4, none=True),
        "attempted": _moment(none=True),
        "status": st.sampled_from(["succeeded", "failed", "pending"]),
        "amount": _AMOUNT,
        "currency": _CURRENCY,
        "request": st.sampled_from(["", "k1", "k2"]),
    },
    "refunds": {
        "id": _some("r", 3),
        "order": _some("o", 5, none=True),
        "refunded": _moment(),
        "goods": _AMOUNT,
        "currency": _CURRENCY,
    },
    "sessions": {
        "id": _some("s", 4),
        "visitor": _some("v", 2),
        "customer": _some("c", 4, none=True),
        "started": _moment(),
    },
    "rates": {
        "day": st.sampled_from(["2025-11-30", "2025-12-20", "2025-12-31", "2026-01-15", "2026-02-01"]),
        "rate": st.sampled_from(["0.90", "0.91"]),
    },
}


@st.composite
def _row(draw: st.DrawFn) -> tuple[str, Row]:
    kind = draw(st.sampled_from([*_ROWS, "orders", "orders", "order_lines", "sessions"]))
    return kind, {name: draw(values) for name, values in {**_VERSION, **_ROWS[kind]}.items()}


DAMAGE = "damage"
_NOT_REQUIRED = ("customers", "order_lines", "products", "rates", "refunds")
"""Where a required file is set aside there is no run."""
_damage = st.tuples(
    st.just(DAMAGE),
    st.fixed_dictionaries({"of": st.sampled_from(_NOT_REQUIRED), "by": st.sampled_from(["cut", "without a column"])}),
)

_delivery = st.tuples(st.lists(_row(), min_size=1, max_size=14), st.lists(_damage, max_size=1))

deliveries = st.lists(_delivery.map(lambda parts: (*parts[0], *parts[1])), min_size=2, max_size=4)
"""What comes in, run by run; later ones correct, repeat, re-date, delete and outdate what earlier ones brought.

A file of each delivery may be damaged, if it is not required.
"""

many_rows = st.lists(st.lists(_row(), min_size=30, max_size=40).map(tuple), min_size=2, max_size=2)
"""The same, but twice so many that nearly every key has versions that contradict each other."""


@dataclass(frozen=True)
class TinyShop:
    """A landing folder and a lake of their own."""

    spark: SparkSession
    engine: str
    folder: Path

    def deliver(self, number: int, delivery: Delivery, part: str = "") -> None:
        """Rows as files of the number's day; what comes in several parts has a name for each."""
        damages = {row["of"]: row["by"] for kind, row in delivery if kind == DAMAGE}
        for kind in dict.fromkeys(kind for kind, _ in delivery if kind != DAMAGE):
            rows = [row for other, row in delivery if other == kind]
            lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
            # Some days that files are for have rows, and others have not.
            path = self.folder / "landing" / f"{kind}{part}_{BEGIN + timedelta(days=16 * number):%Y-%m-%d}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_damaged("\n".join(lines) + "\n", damages.get(kind)))
            moment = datetime(2026, 3, 1, tzinfo=UTC).timestamp() + number
            os.utime(path, (moment, moment))

    def run(self) -> None:
        request = Request(
            _workspace(self.folder.parent), str(self.folder / "lake"), str(self.folder / "landing"), self.engine
        )
        run(request, lambda _progress: None, self.spark)

    def snapshot(self) -> Snapshot:
        return open_snapshot(str(self.folder / "lake"), Storage())


def _damaged(text: str, by: str | None) -> str:
    match by:
        case "cut":
            return text.removesuffix("\n").rpartition(",")[0]
        case "without a column":
            return text.replace(",changed,", ",chnged,", 1)
        case _:
            return text


def shop_of(spark: SparkSession, engine: str, folder: Path, runs: Sequence[Sequence[tuple[int, Delivery]]]) -> TinyShop:
    """The shop after runs over the deliveries, each of which has its number."""
    shop = TinyShop(spark, engine, folder)
    for numbered in runs:
        for number, delivery in numbered:
            shop.deliver(number, delivery)
        shop.run()
    return shop


@cache
def _workspace(folder: Path) -> Workspace:
    path = folder / "tiny.yml"
    path.write_text(SOURCE)
    (source,) = check_sources([path], ENTITY_TABLES)
    opened = open_workspace(CHECKOUT, "local", ["jaffle_shop"])
    business = opened.settings.business.model_copy(
        update={"timezone": "Europe/Berlin", "calendar_from": date(2025, 12, 1), "calendar_to": date(2026, 1, 31)}
    )
    return replace(
        opened,
        sources={source.source: source},
        settings=opened.settings.model_copy(update={"business": business}),
    )
