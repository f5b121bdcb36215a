"""One day's trade: its orders with everything they bring with them, now and in the days after."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from lakehouse.generate import lifecycle
from lakehouse.generate.arrays import NEVER, NONE, Bools, Floats, Ints, chance, stream
from lakehouse.generate.catalogue import Catalogue
from lakehouse.generate.clock import BusinessDays
from lakehouse.generate.customers import Customers
from lakehouse.generate.demand import daily_orders, times_of_day
from lakehouse.generate.dirt import Dirt
from lakehouse.generate.lifecycle import Course, LineCourse
from lakehouse.generate.orders import Lines, Orders, choose_buyers, place_orders
from lakehouse.generate.payments import Payments, attempt_payments, settle
from lakehouse.generate.refunds import Refunds, refund
from lakehouse.generate.sessions import Sessions, Visits

_SET_ASIDE = "unpublished_currency"
"""Orders without a rate, counted with the lines, payments and refunds that are set aside with them."""

_BLANK_MAIL = 0.08
"""Share of orders without an e-mail where the field holds spaces instead of nothing."""

_REGISTERING_VISITORS = 0.04
"""Visitors who register without ordering, for each order."""


@dataclass(frozen=True)
class Trade:
    """`session` is the session number of each order, `paid_by` its payment's; `kept` are the orders that count at all
    (all but those planted in a currency without rates)."""

    orders: Orders
    lines: Lines
    session: Ints
    course: Course
    line_course: LineCourse
    payments: Payments
    paid_by: Ints
    refunds: Refunds
    visits: Sessions
    kept: Bools
    blank_mail: Bools
    unknown_product: Ints

    @property
    def events(self) -> Ints:
        return lifecycle.events(self.orders, self.course)

    @property
    def products(self) -> Ints:
        """Product numbers of the lines as delivered: some may be planted ones that no catalogue knows."""
        return np.where(self.unknown_product >= 0, self.unknown_product, self.lines.product)


@dataclass
class _Next:
    """The next free number of each kind."""

    order: int = 1
    line: int = 1
    payment: int = 1
    refund: int = 1


@dataclass
class Business:
    """What stays from day to day: catalogue, customers, visitors, and the numbers used so far."""

    seed: int
    days: BusinessDays
    dirt: Dirt
    demand: Floats
    catalogue: Catalogue
    customers: Customers
    visits: Visits = field(default_factory=Visits)
    next: _Next = field(default_factory=_Next)

    @classmethod
    def found(cls, seed: int, days: BusinessDays, orders_per_day: int, dirt: Dirt) -> Business:
        """A business of the size that fits its orders, with customers from the two years before."""
        products = int(np.clip(54 + orders_per_day // 2, 72, 1_800))
        catalogue = Catalogue(stream(seed, "catalogue"), products, days.opening)
        customers = Customers(stream(seed, "customers"), max(30, 4 * orders_per_day), days.opening)
        return cls(seed, days, dirt, daily_orders(days, orders_per_day), catalogue, customers)

    def trade(self, day: int) -> Trade:
        """Takes the orders of one day and draws everything that will come of them."""
        rng = stream(self.seed, "orders", day)
        opening = int(self.days.midnights[day])
        at = times_of_day(rng, int(rng.poisson(self.demand[day])), self.days, day)
        buyers = choose_buyers(rng, self.customers, at, opening)
        buyers = replace(buyers, customer=self.dirt.unknown_customers(day, buyers.customer))
        visitors = times_of_day(rng, int(rng.poisson(_REGISTERING_VISITORS * len(at))), self.days, day)
        self.customers.register(rng, visitors)
        unpublished = self.dirt.choose(_SET_ASIDE, "orders", day, at > 0)
        orders, lines = place_orders(rng, self.catalogue, buyers, at, self.next.order, self.next.line, unpublished)
        fate = lifecycle.fates(rng, len(orders))
        attempts = attempt_payments(stream(self.seed, "payments", day), orders, fate, self.next.payment)
        paid_at, paid_by = settle(attempts, orders)
        attempts = self._with_orphans(attempts, day)
        course = lifecycle.course_of(stream(self.seed, "courses", day), orders, fate, paid_at, self.days)
        visits, session = self.visits.of_day(stream(self.seed, "sessions", day), orders, self.customers, self.days, day)
        refunds = refund(stream(self.seed, "refunds", day), orders, lines, course, self.days, self.next.refund)
        self.dirt.count(_SET_ASIDE, "order_lines", int(unpublished[lines.order].sum()))
        seen = (attempts.order >= 0) & (attempts.attempted_at < self.days.closing)
        self.dirt.count(_SET_ASIDE, "payments", int(unpublished[attempts.order[seen]].sum()))
        self.dirt.count(_SET_ASIDE, "refunds", int(unpublished[refunds.order].sum()))
        self.next.order += len(orders)
        self.next.line += len(lines.number)
        self.next.payment += len(attempts)
        self.next.refund += len(refunds)
        return Trade(
            orders=orders,
            lines=lines,
            session=session,
            course=course,
            line_course=lifecycle.line_course_of(stream(self.seed, "lines", day), orders, lines, self.days),
            payments=attempts,
            paid_by=paid_by,
            refunds=refunds,
            visits=visits,
            kept=~unpublished,
            blank_mail=(buyers.person == NONE) & chance(rng, len(orders), _BLANK_MAIL),
            unknown_product=self.dirt.unknown_products(day, lines.product),
        )

    def _with_orphans(self, attempts: Payments, day: int) -> Payments:
        """Adds attempts for orders that never arrive: copies of others, without their order and key."""
        chosen = np.flatnonzero(
            self.dirt.choose("orphan_payment", "payments", day, attempts.attempted_at < self.days.closing)
        )
        nothing = np.full(len(chosen), NONE, dtype=np.int64)
        number = self.next.payment + len(attempts) + np.arange(len(chosen), dtype=np.int64)
        never = np.full(len(chosen), NEVER, dtype=np.int64)
        orphans = replace(attempts.take(chosen), number=number, order=nothing, key=nothing, corrected_at=never)
        return attempts.followed_by(orphans)
