"""What becomes of an order after it is placed, as instants; and what of it could be seen at any moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lakehouse.generate.arrays import NEVER, Bools, Ints, chance, pick
from lakehouse.generate.clock import BusinessDays
from lakehouse.generate.orders import Lines, Orders

DRAFT, OPEN, CANCELLED_UNPAID, PAID_AFTER_CANCELLING, CANCELLED_PAID, RETURNED, KEPT = range(7)
_FATE_WEIGHTS = (2.0, 1.0, 3.0, 0.4, 2.6, 5.0, 86.0)

STATUSES = ("draft", "placed", "paid", "fulfilled", "returned", "cancelled")

HOUR, DAY = 3_600, 86_400


@dataclass(frozen=True)
class Course:
    """Instants of what happens to each order (NEVER where it does not), and what a later correction changes."""

    fate: Ints
    paid_at: Ints
    fulfilled_at: Ints
    cancelled_at: Ints
    returned_at: Ints
    corrected_at: Ints
    corrected_ordered_at: Ints
    corrected_discount: Ints
    corrected_shipping: Ints


@dataclass(frozen=True)
class Seen:
    """Orders as they stand at some instants: what changes over an order's life."""

    ordered_at: Ints
    status: Ints
    paid_at: Ints
    cancelled_at: Ints
    discount: Ints
    shipping: Ints


def fates(rng: np.random.Generator, count: int) -> Ints:
    return pick(rng, count, _FATE_WEIGHTS)


def course_of(rng: np.random.Generator, orders: Orders, fate: Ints, paid_at: Ints, days: BusinessDays) -> Course:
    """Draws what happens after payment; `paid_at` is NEVER for what is never paid."""
    count = len(orders)
    paid = paid_at < NEVER
    kept = np.isin(fate, (RETURNED, KEPT)) & paid
    fulfilled_at = np.where(kept, paid_at + rng.integers(4 * HOUR, 3 * DAY, count), NEVER)
    returned_at = np.where(fate == RETURNED, fulfilled_at + rng.integers(4 * DAY, 18 * DAY, count), NEVER)
    after_paying = paid_at + np.where(chance(rng, count, 0.03), 0, rng.integers(HOUR // 2, 2 * DAY, count))
    after_ordering = orders.ordered_at + rng.integers(2 * HOUR, DAY, count)
    unpaid = np.isin(fate, (CANCELLED_UNPAID, PAID_AFTER_CANCELLING))
    cancelled_at = np.where(fate == CANCELLED_PAID, after_paying, np.where(unpaid, after_ordering, NEVER))
    corrected_at, moved_to, discount, shipping = _corrections(rng, orders, fate, days)
    return Course(
        fate,
        days.seen(paid_at),
        days.seen(fulfilled_at),
        days.seen(cancelled_at),
        days.seen(returned_at),
        days.seen(corrected_at),
        moved_to,
        discount,
        shipping,
    )


def _corrections(
    rng: np.random.Generator, orders: Orders, fate: Ints, days: BusinessDays
) -> tuple[Ints, Ints, Ints, Ints]:
    count = len(orders)
    corrected = chance(rng, count, 0.02) & (fate != DRAFT)
    at = np.where(corrected, orders.ordered_at + rng.integers(HOUR, 9 * DAY, count), NEVER)
    kind = pick(rng, count, (4, 3, 3))
    earlier = np.maximum(orders.ordered_at - rng.integers(HOUR, 2 * DAY, count), days.opening)
    moved_to = np.where(kind == 0, earlier, orders.ordered_at)
    goodwill = np.minimum(500, (orders.goods - orders.discount) // 10)
    discount = orders.discount + np.where(kind == 1, goodwill, 0)
    shipping = np.where(kind == 2, np.where(orders.shipping > 0, 0, 290), orders.shipping)
    return at, moved_to, discount, shipping


def events(orders: Orders, course: Course) -> Ints:
    """The instants at which an order's row changes, one row per order."""
    return np.stack(
        [
            orders.ordered_at,
            course.paid_at,
            course.fulfilled_at,
            course.cancelled_at,
            course.returned_at,
            course.corrected_at,
        ],
        axis=1,
    )


def seen_at(orders: Orders, course: Course, position: Ints, at: Ints) -> Seen:
    """The orders at these positions as they stand at these instants."""

    def happened(instants: Ints) -> Bools:
        return instants[position] <= at

    steps = (
        (course.fate[position] == DRAFT, "draft"),
        (happened(course.cancelled_at), "cancelled"),
        (happened(course.returned_at), "returned"),
        (happened(course.fulfilled_at), "fulfilled"),
        (happened(course.paid_at), "paid"),
    )
    codes = [STATUSES.index(name) for _, name in steps]
    status = np.select([holds for holds, _ in steps], codes, STATUSES.index("placed"))
    corrected = happened(course.corrected_at)
    return Seen(
        ordered_at=np.where(corrected, course.corrected_ordered_at[position], orders.ordered_at[position]),
        status=status.astype(np.int64),
        paid_at=np.where(happened(course.paid_at), course.paid_at[position], NEVER),
        cancelled_at=np.where(happened(course.cancelled_at), course.cancelled_at[position], NEVER),
        discount=np.where(corrected, course.corrected_discount[position], orders.discount[position]),
        shipping=np.where(corrected, course.corrected_shipping[position], orders.shipping[position]),
    )


@dataclass(frozen=True)
class LineCourse:
    """When a line is written and corrected, and its quantity and unit price after the correction."""

    ordered_at: Ints
    corrected_at: Ints
    corrected_quantity: Ints
    corrected_price: Ints

    @property
    def events(self) -> Ints:
        return np.stack([self.ordered_at, self.corrected_at], axis=1)


def line_course_of(rng: np.random.Generator, orders: Orders, lines: Lines, days: BusinessDays) -> LineCourse:
    """Lets a few lines be corrected days later: one piece more, or a price a tenth lower on the same grid."""
    count = len(lines.number)
    ordered_at = orders.ordered_at[lines.order]
    at = np.where(chance(rng, count, 0.006), ordered_at + rng.integers(HOUR, 6 * DAY, count), NEVER)
    dearer = chance(rng, count, 0.5)
    grid = np.where(lines.unit_price % 100 == 0, 100, 1)
    return LineCourse(
        ordered_at=ordered_at,
        corrected_at=days.seen(at),
        corrected_quantity=lines.quantity + dearer,
        corrected_price=np.where(dearer, lines.unit_price, lines.unit_price * 9 // 10 // grid * grid),
    )
