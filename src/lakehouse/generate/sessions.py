"""Visits to the online shop: most of them end without an order, most online orders belong to one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lakehouse.generate.arrays import NONE, Ints, chance, pick
from lakehouse.generate.clock import BusinessDays
from lakehouse.generate.customers import Customers, country_of
from lakehouse.generate.demand import times_of_day
from lakehouse.generate.orders import Orders
from lakehouse.generate.places import COUNTRIES

CHANNELS = ("direct", "organic_search", "paid_search", "email", "social", "affiliate")
DEVICES = ("desktop", "mobile", "tablet")

BROWSING_PER_ORDER = 5.0
"""Sessions without an order for each online order."""

UNKNOWN_SESSION = 9_000_000_000
_ANONYMOUS = 10**11
_WITHOUT_SESSION, _LOST_SESSION = 0.04, 0.012


@dataclass(frozen=True)
class Sessions:
    number: Ints
    visitor: Ints
    customer: Ints
    started_at: Ints
    channel: Ints
    device: Ints
    country: Ints
    page_views: Ints


class Visits:
    """The stream of sessions; remembers how many anonymous visitors there were."""

    def __init__(self) -> None:
        self.anonymous = 0
        self.count = 0

    def of_day(
        self, rng: np.random.Generator, orders: Orders, customers: Customers, days: BusinessDays, day: int
    ) -> tuple[Sessions, Ints]:
        """The day's sessions, and for each order the number of its session: NONE where it has none, a number that is
        never delivered where it was lost."""
        online = np.flatnonzero(orders.online)
        owner = _owners(rng, orders, online)
        buying = owner[owner >= 0]
        buying = buying[np.concatenate([[True], buying[1:] != buying[:-1]])] if len(buying) else buying
        browsing = int(rng.poisson(BROWSING_PER_ORDER * len(online)))
        visitor, customer, country = self._browsers(rng, customers, browsing)
        buyer_visitor = self._buyer_visitors(rng, orders, buying)
        started = np.maximum(orders.ordered_at[buying] - rng.integers(40, 3_000, len(buying)), days.opening)
        at = np.concatenate([started, times_of_day(rng, browsing, days, day)])
        order = np.argsort(at, kind="stable")
        number = self.count + np.arange(len(at), dtype=np.int64)
        self.count += len(at)
        signed_in = np.where(chance(rng, len(buying), 0.9), orders.buyers.customer[buying], NONE)
        device = np.concatenate([buyer_visitor % 2, visitor % 3])
        sessions = Sessions(
            number=number,
            visitor=np.concatenate([buyer_visitor, visitor])[order],
            customer=np.concatenate([signed_in, customer])[order],
            started_at=at[order],
            channel=pick(rng, len(at), (24, 30, 20, 9, 11, 6)),
            device=device[order],
            country=np.concatenate([orders.buyers.country[buying], country])[order],
            page_views=1 + rng.geometric(0.16, len(at)) + 4 * (order < len(buying)),
        )
        place = np.empty(len(at), dtype=np.int64)
        place[order] = number
        of_order = np.full(len(orders), NONE, dtype=np.int64)
        with_session = online[owner >= 0]
        of_order[with_session] = place[np.searchsorted(buying, owner[owner >= 0])]
        lost = with_session[chance(rng, len(with_session), _LOST_SESSION)]
        of_order[lost] = UNKNOWN_SESSION + orders.number[lost]
        return sessions, of_order

    def _browsers(self, rng: np.random.Generator, customers: Customers, count: int) -> tuple[Ints, Ints, Ints]:
        """Visitors who buy nothing: new anonymous ones, anonymous ones of the last weeks, customers."""
        kind = pick(rng, count, (0.45, 0.3, 0.25))
        recent = max(1, min(self.anonymous, 10 * count))
        fresh = self.anonymous + np.cumsum(kind == 0) - 1
        again = np.maximum(self.anonymous - 1 - rng.integers(0, recent, count), 0)
        anonymous = _ANONYMOUS + np.where(kind == 0, fresh, again)
        self.anonymous += int((kind == 0).sum())
        customer = np.where(kind == 2, rng.integers(0, len(customers), count), NONE)
        person = customers.persons[np.maximum(customer, 0)]
        visitor = np.where(kind == 2, 2 * person + chance(rng, count, 0.3), anonymous)
        country = np.where(kind == 2, country_of(person), pick(rng, count, [each.weight for each in COUNTRIES]))
        return visitor, np.where(chance(rng, count, 0.6), customer, NONE), country

    def _buyer_visitors(self, rng: np.random.Generator, orders: Orders, buying: Ints) -> Ints:
        person = orders.buyers.person[buying]
        fresh = _ANONYMOUS + self.anonymous + np.arange(len(buying), dtype=np.int64)
        self.anonymous += len(buying)
        return np.where(person >= 0, 2 * person + chance(rng, len(buying), 0.3), fresh)


def _owners(rng: np.random.Generator, orders: Orders, online: Ints) -> Ints:
    """For each online order the order whose session it belongs to, NONE for no session. Mostly the order itself; two
    orders of the same customer within the hour share a session."""
    owner = np.where(chance(rng, len(online), _WITHOUT_SESSION), NONE, online)
    customer, at = orders.buyers.customer[online], orders.ordered_at[online]
    if len(online) > 1:
        close = (customer[1:] == customer[:-1]) & (customer[1:] >= 0) & (at[1:] - at[:-1] < 3_600)
        follows = np.concatenate([[False], close & (owner[:-1] >= 0)])
        follows[1:] &= ~follows[:-1]
        owner = np.where(follows & (owner >= 0), np.concatenate([[NONE], owner[:-1]]), owner)
    return owner
