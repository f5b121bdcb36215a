"""The grains of the calendar."""

from __future__ import annotations

from enum import StrEnum


class Grain(StrEnum):
    """The five calendar grains every metric can be asked at."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
