"""Local days and hours of a time zone, and the periods days belong to."""

from __future__ import annotations

from lakehouse.spark import Column, F

GRAINS = ("day", "week", "month", "quarter", "year")


def to_utc(local_timestamp: Column, zone: str) -> Column:
    """The instant of a local time of `zone`, given as if it were UTC.

    A time that a clock change leaves out is read with the offset before the change; one that comes twice means the
    earlier instant.
    """
    return local_timestamp if zone == "UTC" else F.to_utc_timestamp(local_timestamp, zone)


def local_timestamp(utc: Column, zone: str) -> Column:
    """What clocks in `zone` show at an instant, as if it were UTC."""
    return utc if zone == "UTC" else F.from_utc_timestamp(utc, zone)


def business_date(utc: Column, zone: str) -> Column:
    """The local day of an instant."""
    return local_timestamp(utc, zone).cast("date")


def local_hour(utc: Column, zone: str) -> Column:
    """The local hour of an instant, 0 to 23."""
    return F.hour(local_timestamp(utc, zone))


def day_of_week(date: Column) -> Column:
    """Monday 1 to Sunday 7. (Sail's `weekday` calls a Sunday -1.)"""
    return (F.dayofweek(date) + 5) % 7 + 1


def start_of(date: Column, grain: str, week_start: int = 1) -> Column:
    """First day of the period the date belongs to; weeks begin on day `week_start`, Monday being 1."""
    if grain == "day":
        return date
    if grain == "week":
        return F.date_sub(date, (day_of_week(date) - week_start + 7) % 7)
    if grain in GRAINS:
        return F.trunc(date, grain)
    raise ValueError(f"unknown grain '{grain}': it is one of {', '.join(GRAINS)}")


def days_between(start: Column, end: Column) -> Column:
    """Whole days from one date to another as int. (Sail's `datediff` is a bigint.)"""
    return F.datediff(end, start).cast("int")


def iso_week(date: Column) -> Column:
    """ISO 8601 week number, 1 to 53."""
    return F.weekofyear(date)


def iso_year(date: Column) -> Column:
    """The year the date's ISO 8601 week belongs to: that of its Thursday."""
    return F.year(F.date_add(date, 4 - day_of_week(date)))
