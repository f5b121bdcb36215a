"""What is ordered on one day: who buys, through which channel, what is in the cart, and the amounts of the order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lakehouse.generate.arrays import NONE, Bools, Ints, chance, pick, repeat_positions, sum_by
from lakehouse.generate.catalogue import Catalogue
from lakehouse.generate.customers import MAIL_STYLES, Customers, country_of
from lakehouse.generate.places import COUNTRIES, CURRENCIES, FREE_SHIPPING_ABOVE, PRICE_FACTORS

SALES_CHANNELS = ("web", "app", "store", "phone")
ONLINE = 2
"""The first two sales channels are the online ones."""

COUPONS = ("WELCOME10", "SPRING10", "FIVEOFF")
_KINDS = (0.60, 0.24, 0.16)
"""Shares of orders by customers of earlier days, by customers who register for it, by guests."""

_GUESTS = (0.50, 0.20, 0.14, 0.16)
"""Shares of guests who are new, guests of before, customers who did not sign in, and without any e-mail."""

_SECOND_ORDER_WITHIN = 3_000
"""Seconds within which some customers order a second time."""

_CART_SIZES = (0.38, 0.26, 0.15, 0.09, 0.05, 0.035, 0.02, 0.015)
_QUANTITIES = (1, 2, 3, 4, 6, 10)
_LINE_DISCOUNTS = (0, 5, 10, 20, 30)


@dataclass(frozen=True)
class Buyers:
    """Per order: the customer (NONE for guests), the person behind the e-mail (NONE without), how it is typed."""

    customer: Ints
    person: Ints
    mail_style: Ints
    country: Ints


@dataclass(frozen=True)
class Lines:
    """Cart lines; `order` is the position within the day's orders. Prices in 10^-4, discounts in cents."""

    number: Ints
    order: Ints
    line_number: Ints
    product: Ints
    quantity: Ints
    unit_price: Ints
    discount: Ints

    @property
    def gross(self) -> Ints:
        return (self.quantity * self.unit_price + 50) // 100


@dataclass(frozen=True)
class Orders:
    """The day's orders as they are placed, sorted by time. Amounts in cents of the order's currency."""

    number: Ints
    ordered_at: Ints
    buyers: Buyers
    sales_channel: Ints
    currency: Ints
    is_test: Bools
    coupon: Ints
    goods: Ints
    discount: Ints
    shipping: Ints
    tax: Ints

    def __len__(self) -> int:
        return len(self.number)

    @property
    def online(self) -> Bools:
        return self.sales_channel < ONLINE

    @property
    def total(self) -> Ints:
        """What the customer is asked to pay; `goods` are already net of line discounts."""
        return self.goods - self.discount + self.shipping + self.tax


def choose_buyers(rng: np.random.Generator, customers: Customers, at: Ints, day_opening: int) -> Buyers:
    """Registers who registers for these orders, minutes before them, and finds a buyer for each."""
    count, known = len(at), len(customers)
    kind = pick(rng, count, _KINDS)
    customer = np.full(count, NONE, dtype=np.int64)
    customer[kind == 0] = customers.buyers(rng, int((kind == 0).sum()), known)
    second = 1 + np.flatnonzero((kind[1:] == 0) & (np.diff(at) < _SECOND_ORDER_WITHIN) & chance(rng, count, 0.02)[1:])
    customer[second] = np.where(customer[second - 1] >= 0, customer[second - 1], customer[second])
    before = rng.integers(60, 1_800, count)
    new = np.flatnonzero(kind == 1)
    customer[new] = customers.register(rng, np.maximum(at - before, day_opening)[new])
    person = np.where(customer >= 0, customers.persons[customer], NONE)
    guest = np.flatnonzero(kind == 2)
    guest_kind = pick(rng, len(guest), _GUESTS)
    person[guest[guest_kind == 1]] = customers.known_guests(rng, int((guest_kind == 1).sum()))
    person[guest[guest_kind == 0]] = customers.new_guests(int((guest_kind == 0).sum()))
    signed_out = guest[guest_kind == 2]
    person[signed_out] = customers.persons[rng.integers(0, known, len(signed_out))]
    country = np.where(person >= 0, country_of(np.maximum(person, 0)), pick(rng, count, [c.weight for c in COUNTRIES]))
    person = np.where((kind < 2) & chance(rng, count, 0.05), NONE, person)
    return Buyers(customer, person, pick(rng, count, MAIL_STYLES), country)


def _carts(rng: np.random.Generator, catalogue: Catalogue, currency: Ints, first_number: int) -> Lines:
    order, position = repeat_positions(pick(rng, len(currency), _CART_SIZES) + 1)
    count = len(order)
    product = catalogue.bought(rng, count)
    quantity = np.array(_QUANTITIES)[pick(rng, count, (76, 13, 4, 3, 2, 2))]
    price = catalogue.list_price(product, currency[order])
    percent = np.array(_LINE_DISCOUNTS)[pick(rng, count, (84, 4, 6, 4, 2))]
    discount = (quantity * price + 50) // 100 * percent // 100
    number = first_number + np.arange(count, dtype=np.int64)
    return Lines(number, order, position + 1, product, quantity, price, discount)


def place_orders(
    rng: np.random.Generator,
    catalogue: Catalogue,
    buyers: Buyers,
    at: Ints,
    first_order: int,
    first_line: int,
    unpublished: Bools,
) -> tuple[Orders, Lines]:
    """Fills the carts and works out the amounts. Orders marked `unpublished` are in a currency without any rate."""
    count = len(at)
    home = np.array([CURRENCIES.index(country.currency) for country in COUNTRIES])[buyers.country]
    currency = np.where(unpublished, len(CURRENCIES) - 1, home)
    channel = pick(rng, count, (0.63, 0.22, 0.10, 0.05))
    lines = _carts(rng, catalogue, currency, first_line)
    goods = sum_by(lines.order, lines.gross - lines.discount, count)
    coupon = np.where(chance(rng, count, 0.12), rng.integers(0, len(COUPONS), count), NONE)
    discount = np.where(coupon == NONE, 0, np.where(coupon < 2, goods // 10, np.minimum(500, goods // 2)))
    net = goods - discount
    price_level = np.array(PRICE_FACTORS)[currency]
    fee = np.array([country.shipping for country in COUNTRIES])[buyers.country]
    free = (channel == SALES_CHANNELS.index("store")) | (net >= FREE_SHIPPING_ABOVE * price_level)
    tax = (net * np.array([country.tax for country in COUNTRIES])[buyers.country] + 500) // 1_000
    orders = Orders(
        number=first_order + np.arange(count, dtype=np.int64),
        ordered_at=at,
        buyers=buyers,
        sales_channel=channel,
        currency=currency,
        is_test=chance(rng, count, 0.006),
        coupon=coupon,
        goods=goods,
        discount=discount,
        shipping=np.where(free, 0, fee),
        tax=tax,
    )
    return orders, lines
