"""First-of-period flags: they make a distinct count exact at every calendar grain by adding up days.

A member (a customer, a visitor) is counted once per week by the one event of his that is his first in that week, and
likewise per day, month, quarter and year; so the distinct count of a period is the sum of its days' flags.
"""

from __future__ import annotations

from lakehouse import verbs
from lakehouse.grain import Grain
from lakehouse.settings import Business
from lakehouse.spark import Column, F
from lakehouse.table import BOOLEAN, Field

GRAINS = tuple(Grain)


def flag_name(grain: Grain) -> str:
    """The flag's column, such as `is_first_of_week`."""
    return f"is_first_of_{grain}"


def flag_fields(member: str, event: str) -> tuple[Field, ...]:
    """The five declared flags; `member` and `event` are the words of their descriptions."""
    return tuple(
        Field(flag_name(grain), BOOLEAN, f"Whether it is the {member}'s first {event} of the business {grain}.")
        for grain in GRAINS
    )


def flags(previous_date: Column, date: Column, business: Business, *, applies: Column) -> dict[str, Column]:
    """Flag columns by name: true where the member's previous event lies before the period that `date` is in."""
    return {
        flag_name(grain): F.coalesce(
            applies & (previous_date.isNull() | (previous_date < _start(date, grain, business))), F.lit(False)
        )
        for grain in GRAINS
    }


def _start(date: Column, grain: Grain, business: Business) -> Column:
    return verbs.start_of(date, grain.value, business.week_start)
