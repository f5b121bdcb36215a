"""Which events lie within the calendar that dim_dates covers."""

from __future__ import annotations

from lakehouse.settings import Business
from lakehouse.spark import Column, F

OUT_OF_CALENDAR = "out_of_calendar"


def in_calendar(date: Column, business: Business) -> Column:
    """Whether a business day is a row of dim_dates."""
    return date.between(F.lit(business.calendar_from), F.lit(business.calendar_to))
