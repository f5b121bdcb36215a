"""Payment attempts: failures and retries with reasons, pending ones that resolve later, repeated requests."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lakehouse.generate import lifecycle
from lakehouse.generate.arrays import NEVER, NONE, Bools, Ints, chance, pick, repeat_positions
from lakehouse.generate.lifecycle import DAY, HOUR
from lakehouse.generate.orders import SALES_CHANNELS, Orders

STATUSES = ("succeeded", "failed", "pending", "abandoned")
SUCCEEDED, FAILED, PENDING, ABANDONED = range(4)
METHODS = ("card", "wallet", "bank_transfer", "invoice", "terminal", "cash")
PROVIDERS = ("gateway_a", "gateway_b", "bank", "bank", "terminal", None)
REASONS = (
    "insufficient_funds",
    "do_not_honor",
    "expired_card",
    "authentication_failed",
    "network_timeout",
    "fraud_suspected",
)
_TIMEOUT = REASONS.index("network_timeout")
_REPEATED = 0.02


@dataclass(frozen=True)
class Payments:
    """Attempts; `order` is the position within the day's orders (NONE for one of no known order), `status` and
    `reason` are those once settled, `key` is the number of the request that a repeat shares."""

    number: Ints
    order: Ints
    attempted_at: Ints
    settled_at: Ints
    method: Ints
    status: Ints
    reason: Ints
    amount: Ints
    key: Ints
    corrected_at: Ints
    corrected_amount: Ints

    def __len__(self) -> int:
        return len(self.number)

    @property
    def events(self) -> Ints:
        return np.stack([self.attempted_at, self.settled_at, self.corrected_at], axis=1)

    def status_at(self, position: Ints, at: Ints) -> Ints:
        return np.where(self.settled_at[position] <= at, self.status[position], PENDING)

    def amount_at(self, position: Ints, at: Ints) -> Ints:
        corrected = self.corrected_at[position] <= at
        return np.where(corrected, self.corrected_amount[position], self.amount[position])

    def take(self, kept: Bools | Ints) -> Payments:
        return Payments(**{name: values[kept] for name, values in vars(self).items()})

    def followed_by(self, others: Payments) -> Payments:
        return Payments(**{name: np.concatenate([values, vars(others)[name]]) for name, values in vars(self).items()})


def attempt_payments(rng: np.random.Generator, orders: Orders, fate: Ints, first_number: int) -> Payments:
    """All attempts for the orders, sorted by order and time; drafts have none, open invoices one that stays pending."""
    count = len(orders)
    paid = np.isin(fate, (lifecycle.KEPT, lifecycle.RETURNED, lifecycle.CANCELLED_PAID))
    late = fate == lifecycle.PAID_AFTER_CANCELLING
    given_up = np.where(chance(rng, count, 0.5), FAILED, ABANDONED)
    final = np.select([paid | late, fate == lifecycle.OPEN], [SUCCEEDED, PENDING], given_up)
    failures = np.where(fate == lifecycle.CANCELLED_UNPAID, pick(rng, count, (5, 3, 2)), pick(rng, count, (88, 9, 3)))
    attempts = np.where(fate == lifecycle.DRAFT, 0, np.where(late | (fate == lifecycle.OPEN), 1, failures + 1))
    order, position = repeat_positions(attempts.astype(np.int64))
    number = len(order)
    is_final = position == attempts[order] - 1
    status = np.where(is_final, final[order], FAILED)
    method = _methods(rng, orders, order, late)
    attempted_at = orders.ordered_at[order] + 300 * position + rng.integers(10, 280, number)
    settled_at = attempted_at + _delays(rng, method, status, late[order])
    return _with_repeats(
        rng,
        Payments(
            number=np.zeros(number, dtype=np.int64),
            order=order,
            attempted_at=attempted_at,
            settled_at=np.where(status == PENDING, NEVER, settled_at),
            method=method,
            status=status,
            reason=np.where(status == FAILED, pick(rng, number, (34, 20, 12, 16, 10, 8)), NONE),
            amount=orders.total[order],
            key=np.where(chance(rng, number, 0.1), NONE, np.arange(number)),
            corrected_at=np.full(number, NEVER, dtype=np.int64),
            corrected_amount=np.zeros(number, dtype=np.int64),
        ),
        first_number,
    )


def _methods(rng: np.random.Generator, orders: Orders, order: Ints, late: Bools) -> Ints:
    method = pick(rng, len(order), (52, 26, 12, 10))
    in_store = orders.sales_channel[order] == SALES_CHANNELS.index("store")
    method = np.where(in_store, pick(rng, len(order), (0, 0, 0, 0, 7, 3)), method)
    return np.where(late[order], METHODS.index("bank_transfer"), method)


def _delays(rng: np.random.Generator, method: Ints, status: Ints, late: Bools) -> Ints:
    count = len(method)
    slow = (method == METHODS.index("bank_transfer")) | ((status == FAILED) & chance(rng, count, 0.06))
    seconds = np.where(slow, rng.integers(5 * HOUR, 3 * DAY, count), rng.integers(0, 5, count))
    return np.where(late, rng.integers(DAY + HOUR, 4 * DAY, count), seconds)


def _with_repeats(rng: np.random.Generator, attempts: Payments, first_number: int) -> Payments:
    """Adds attempts that send the same request again (same idempotency key), numbers all, corrects some amounts.

    A repeat of a success either shows the same success twice, or the first one is recorded as a time-out."""
    again = np.flatnonzero(chance(rng, len(attempts), _REPEATED) & (attempts.key >= 0))
    repeats = attempts.take(again)
    gap = rng.integers(0, 45, len(again))
    instant = repeats.settled_at - repeats.attempted_at < HOUR
    timed_out = again[(repeats.status == SUCCEEDED) & instant & chance(rng, len(again), 0.5)]
    status, reason = attempts.status.copy(), attempts.reason.copy()
    status[timed_out], reason[timed_out] = FAILED, _TIMEOUT
    attempts = replace(attempts, status=status, reason=reason)
    settled_at = np.where(repeats.settled_at < NEVER, repeats.settled_at + gap, NEVER)
    repeats = replace(repeats, attempted_at=repeats.attempted_at + gap, settled_at=settled_at)
    together = attempts.followed_by(repeats)
    together = together.take(np.lexsort((together.attempted_at, together.order)))
    number = first_number + np.arange(len(together), dtype=np.int64)
    corrected = chance(rng, len(together), 0.004) & (together.settled_at < NEVER)
    return replace(
        together,
        number=number,
        key=np.where(together.key >= 0, together.key + first_number, NONE),
        corrected_at=np.where(corrected, together.settled_at + rng.integers(HOUR, 5 * DAY, len(together)), NEVER),
        corrected_amount=np.maximum(together.amount + np.where(chance(rng, len(together), 0.5), 1, -1), 0),
    )


def settle(payments: Payments, orders: Orders) -> tuple[Ints, Ints]:
    """Per order: the instant it is paid (NEVER if it is not) and the number of the payment that paid it."""
    paid_at = np.full(len(orders), NEVER, dtype=np.int64)
    paid_by = np.full(len(orders), NONE, dtype=np.int64)
    succeeded = np.flatnonzero(payments.status == SUCCEEDED)[::-1]
    paid_at[payments.order[succeeded]] = payments.settled_at[succeeded]
    paid_by[payments.order[succeeded]] = payments.number[succeeded]
    return paid_at, paid_by
