"""Refunds: whole orders, single lines, goodwill; hours to days after what caused them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lakehouse.generate.arrays import NEVER, NONE, Ints, chance, pick, repeat_positions
from lakehouse.generate.clock import BusinessDays
from lakehouse.generate.lifecycle import CANCELLED_PAID, DAY, HOUR, KEPT, RETURNED, Course
from lakehouse.generate.orders import Lines, Orders

REASONS = ("order_cancelled", "changed_mind", "wrong_size", "damaged", "goodwill")
_CANCELLED, _GOODWILL = 0, 4


@dataclass(frozen=True)
class Refunds:
    """`order` and `line` are positions within the day's orders and lines (line NONE for a whole order)."""

    number: Ints
    order: Ints
    line: Ints
    refunded_at: Ints
    goods: Ints
    shipping: Ints
    tax: Ints
    reason: Ints
    corrected_at: Ints
    corrected_goods: Ints

    def __len__(self) -> int:
        return len(self.number)

    @property
    def events(self) -> Ints:
        return np.stack([self.refunded_at, self.corrected_at], axis=1)

    def goods_at(self, position: Ints, at: Ints) -> Ints:
        corrected = self.corrected_at[position] <= at
        return np.where(corrected, self.corrected_goods[position], self.goods[position])


def refund(
    rng: np.random.Generator, orders: Orders, lines: Lines, course: Course, days: BusinessDays, first_number: int
) -> Refunds:
    """Refunds of paid orders that were cancelled or returned, and of a few that were kept; none beyond the last day."""
    count = len(orders)
    goodwill = (course.fate == KEPT) & chance(rng, count, 0.02)
    cause = np.select(
        [course.fate == CANCELLED_PAID, course.fate == RETURNED, goodwill],
        [course.cancelled_at, course.returned_at, course.fulfilled_at],
        NEVER,
    )
    sizes = np.bincount(lines.order, minlength=count)
    by_line = (course.fate == RETURNED) & chance(rng, count, 0.45) | goodwill
    pieces = np.where(by_line & (sizes > 1) & ~goodwill, pick(rng, count, (3, 2)) + 1, 1)
    order, position = repeat_positions(np.where(cause < NEVER, pieces, 0).astype(np.int64))
    number = len(order)
    at = cause[order] + rng.integers(HOUR, 3 * DAY, number) + position * DAY
    line = np.where(by_line[order], (np.cumsum(sizes) - sizes)[order] + position, NONE)
    goods, shipping, tax = _amounts(orders, lines, order, line)
    share = np.where(goodwill[order], 5, 1)
    reason = np.where(course.fate[order] == CANCELLED_PAID, _CANCELLED, 1 + pick(rng, number, (6, 3, 2)))
    corrected = chance(rng, number, 0.02)
    refunds = Refunds(
        number=np.zeros(number, dtype=np.int64),
        order=order,
        line=line,
        refunded_at=at,
        goods=goods // share,
        shipping=shipping,
        tax=tax // share,
        reason=np.where(goodwill[order], _GOODWILL, reason),
        corrected_at=np.where(corrected, at + rng.integers(HOUR, 4 * DAY, number), NEVER),
        corrected_goods=goods // share * 9 // 10,
    )
    kept = np.flatnonzero(at < days.closing)
    numbers = first_number + np.arange(len(kept), dtype=np.int64)
    return Refunds(**{name: values[kept] for name, values in vars(refunds).items() if name != "number"}, number=numbers)


def _amounts(orders: Orders, lines: Lines, order: Ints, line: Ints) -> tuple[Ints, Ints, Ints]:
    """Goods, shipping and tax given back: all of the order's, or the line's share of its discounted goods and tax."""
    whole = line == NONE
    net = orders.goods - orders.discount
    line_net = (lines.gross - lines.discount)[np.maximum(line, 0)] if len(lines.order) else np.zeros_like(order)
    goods = np.where(whole, net[order], line_net * net[order] // np.maximum(orders.goods[order], 1))
    tax = np.where(whole, orders.tax[order], orders.tax[order] * goods // np.maximum(net[order], 1))
    return goods, np.where(whole, orders.shipping[order], 0), tax
