"""The generator's facts as the plain computation of the truth reads them: rows with days, identities and amounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq

from lakehouse.generate.facts import facts_path
from lakehouse.generate.places import REPORTING_CURRENCY
from lakehouse.generate.truth import ZERO

_CENT = Decimal("0.01")
_OLDEST_RATE = 7
_PARTS = ("gross", "discount", "shipping", "tax")

Row = dict[str, Any]
Parts = Mapping[str, Decimal]
Rate = Callable[[str, date], Decimal]


@dataclass(frozen=True)
class Line:
    """An order line with its share of the order's amounts, in the reporting currency."""

    category: str
    gross: Decimal
    discount: Decimal
    shipping: Decimal
    tax: Decimal
    cost: Decimal | None

    @property
    def total(self) -> Decimal:
        return self.gross - self.discount + self.shipping + self.tax


@dataclass(frozen=True)
class Order:
    """An order with what the measures ask of it, amounts in the reporting currency."""

    number: int
    at: int
    day: date
    hour: int
    conversion_day: date
    session: int | None
    is_placed: bool
    qualifies: bool
    is_cancelled: bool
    online: bool
    identity: Hashable
    country: str
    sales_channel: str
    gross: Decimal
    discount: Decimal
    shipping: Decimal
    tax: Decimal
    items: int
    rate: Decimal
    lines: Sequence[Line]

    @property
    def total(self) -> Decimal:
        return self.gross - self.discount + self.shipping + self.tax


def rows(folder: Path, name: str) -> Iterable[Row]:
    with pq.ParquetFile(facts_path(folder, name)) as file:
        for batch in file.iter_batches():
            yield from batch.to_pylist()


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


def convert(amount: Decimal, rate: Decimal) -> Decimal:
    return rounded(amount * rate)


def rates(folder: Path) -> Rate:
    """The rate of a currency on a day: the latest published one."""
    published: dict[tuple[str, date], Decimal] = {
        (row["currency"], row["rate_date"]): row["rate"] for row in rows(folder, "exchange_rates")
    }

    def rate(currency: str, day: date) -> Decimal:
        if currency == REPORTING_CURRENCY:
            return Decimal(1)
        candidates = (published.get((currency, day - timedelta(days=age))) for age in range(_OLDEST_RATE + 1))
        return next(found for found in candidates if found is not None)

    return rate


def customer(number: int) -> Hashable:
    """Identity of whoever has this account."""
    return ("customer", number)


# ── orders ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def orders(folder: Path, zone: ZoneInfo, rate: Rate, session_days: Mapping[int, date]) -> dict[int, Order]:
    """All orders by number."""
    customer_by_email, carts, products = _customers(folder), _carts(folder), _Products(folder)
    found: dict[int, Order] = {}
    for row in rows(folder, "orders"):
        moment = datetime.fromtimestamp(row["ordered_at"], zone)
        day, number = moment.date(), row["order_id"]
        cart, of_day = carts.get(number, []), rate(row["currency"], day)
        parts = _parts(row, cart, of_day)
        is_real = row["status"] != "draft" and not row["is_test"]
        found[number] = Order(
            number=number,
            at=row["ordered_at"],
            day=day,
            hour=moment.hour,
            conversion_day=session_days.get(row["session_id"], day),
            session=row["session_id"],
            is_placed=is_real,
            qualifies=is_real and not _is_cancelled_unpaid(row),
            is_cancelled=is_real and row["status"] == "cancelled",
            online=row["sales_channel"] in ("web", "app"),
            identity=_identity(row, customer_by_email),
            country=row["country"] or "ZZ",
            sales_channel=row["sales_channel"],
            items=sum(line["quantity"] for line in cart),
            rate=of_day,
            lines=_lines(row, cart, parts, of_day, products),
            **parts,
        )
    return found


def _customers(folder: Path) -> dict[str, int]:
    """The account of each e-mail: of several the smallest number."""
    found: dict[str, int] = {}
    for row in rows(folder, "customers"):
        email = _normalised(row["email"])
        if email:
            found[email] = min(row["customer_id"], found.get(email, row["customer_id"]))
    return found


def _carts(folder: Path) -> dict[int, list[Row]]:
    """The lines of each order, in their order."""
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows(folder, "order_lines"):
        found[row["order_id"]].append(row)
    return {number: sorted(cart, key=lambda line: int(line["line_number"])) for number, cart in found.items()}


def _parts(order: Row, cart: Sequence[Row], rate: Decimal) -> dict[str, Decimal]:
    """What the order's total is made of, converted part by part."""
    charged = {
        "gross": sum((_extended(line) for line in cart), ZERO),
        "discount": sum((line["discount"] for line in cart), order["discount"]),
        "shipping": order["shipping"],
        "tax": order["tax"],
    }
    return {name: convert(amount, rate) for name, amount in charged.items()}


def _normalised(email: str | None) -> str | None:
    return (email or "").strip(" ").lower() or None


def _extended(line: Row) -> Decimal:
    return rounded(line["quantity"] * line["unit_price"])


def _is_cancelled_unpaid(row: Row) -> bool:
    return row["status"] == "cancelled" and (row["paid_at"] is None or row["cancelled_at"] < row["paid_at"])


def _identity(row: Row, customer_by_email: Mapping[str, int]) -> Hashable:
    if row["customer_id"] is not None:
        return customer(row["customer_id"])
    email = _normalised(row["email"])
    if email is None:
        return ("order", row["order_id"])
    return customer(customer_by_email[email]) if email in customer_by_email else ("email", email)


# ── lines ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Products:
    """What the catalogue knows of products at any time."""

    def __init__(self, folder: Path) -> None:
        self.versions: dict[int, list[Row]] = defaultdict(list)
        for row in sorted(rows(folder, "products"), key=lambda row: int(row["updated_at"])):
            self.versions[row["product_id"]].append(row)

    def category(self, product: int) -> str:
        found = self.versions.get(product)
        return str(found[-1]["category"]) if found else "unknown"

    def unit_cost(self, product: int, at: int) -> Decimal | None:
        """What one piece cost then; the first that is known also before."""
        found = self.versions.get(product)
        if not found:
            return None
        known = [row for row in found if row["updated_at"] <= at] or found[:1]
        cost: Decimal = known[-1]["unit_cost"]
        return cost


def _lines(order: Row, cart: Sequence[Row], parts: Parts, rate: Decimal, products: _Products) -> Sequence[Line]:
    """The lines with what is the order's spread over them: first as it was charged, then the cents of conversion."""
    net = [_extended(line) - line["discount"] for line in cart]
    charged = {
        "gross": [_extended(line) for line in cart],
        "discount": [line["discount"] + more for line, more in zip(cart, _spread(order["discount"], net), strict=True)],
        "shipping": _spread(order["shipping"], net),
        "tax": _spread(order["tax"], net),
    }
    shares: dict[str, list[Decimal]] = {}
    for name in _PARTS:
        converted = [convert(amount, rate) for amount in charged[name]]
        missed = _spread(parts[name] - sum(converted, ZERO), [abs(amount) for amount in converted])
        shares[name] = [amount + cents for amount, cents in zip(converted, missed, strict=True)]
    found = []
    for place, line in enumerate(cart):
        unit_cost = products.unit_cost(line["product_id"], order["ordered_at"])
        found.append(
            Line(
                category=products.category(line["product_id"]),
                cost=None if unit_cost is None else rounded(unit_cost * line["quantity"]),
                **{name: shares[name][place] for name in _PARTS},
            )
        )
    return found


def _spread(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """The total in shares by weight (evenly where they add up to nothing): what is due up to each place, rounded, less
    what was due before it."""
    if not sum(weights):
        weights = [Decimal(1)] * len(weights)
    whole, upto, before, shares = sum(weights, ZERO), ZERO, ZERO, []
    for weight in weights:
        upto += weight
        due = rounded(total * upto / whole)
        shares.append(due - before)
        before = due
    return shares
