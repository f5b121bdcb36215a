"""Why a value is null."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a value is null: every null of an answer has one."""

    NO_DATA = "no_data"
    """Nothing delivers it for that time."""
    NOT_ARRIVED = "not_arrived"
    """What came in does not go as far yet, or leaves that time out."""
    NO_HISTORY = "no_history"
    """The time before it is not known."""
    INCOMPLETE_PERIOD = "incomplete_period"
    """Some days of the period, or of the one that it is compared with, are not known, so they are not alike."""
    PREVIOUS_ZERO = "previous_zero"
    PREVIOUS_NEGATIVE = "previous_negative"
    ZERO_DENOMINATOR = "zero_denominator"
    IMMATURE = "immature"
    """The time is not over yet."""
