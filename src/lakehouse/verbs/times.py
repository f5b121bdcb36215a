"""Texts read as dates and instants, strictly: what is no such day or hour is null on every engine.

The engines' parsers accept different texts, but agree on `yyyy-MM-dd HH:mm:ss.ffffff` with and without an offset. So a
regular expression guards the text, and its parts are written in that form.
"""

from __future__ import annotations

from lakehouse.spark import Column, F
from lakehouse.verbs.calendar import to_utc
from lakehouse.verbs.numbers import parse_integer
from lakehouse.verbs.patterns import MONTHS, Pattern

_ISO = (
    r"\A(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6}0*)?)?"
    r"(?:Z|[+-](?:0[0-9]|1[0-8]):?[0-5][0-9])?\z"
)
_FIRST_SECOND, _LAST_SECOND = -62_135_596_800, 253_402_300_799
_PER_SECOND = {"seconds": 1, "millis": 1_000}


def parse_date(text: Column, pattern: str) -> Column:
    """The day written in this pattern (see `Pattern`), or null; time parts are checked and left out."""
    return _local(text, Pattern.parse(pattern)).cast("date")


def parse_timestamp(text: Column, pattern: str, zone: str) -> Column:
    """The instant written in this pattern (see `Pattern`), or null.

    A time without offset is local time of `zone`, read as in `to_utc`.
    """
    parsed = Pattern.parse(pattern)
    local = _local(text, parsed)
    return local if "offset" in parsed.groups else to_utc(local, zone)


def parse_iso_timestamp(text: Column, zone: str) -> Column:
    """The instant written as YYYY-MM-DD[T ]HH:MM[:SS[.ffffff]][Z|+hh:mm|+hhmm], or null.

    A time without offset is local time of `zone`, read as in `to_utc`.
    """
    minutes, rest = F.substring(text, 1, 16), F.substring(text, 17, 40)
    written = F.when(rest.startswith(":"), text).otherwise(F.concat(minutes, F.lit(":00"), rest))
    instant = F.when(text.rlike(_ISO), F.try_to_timestamp(written))
    return F.when(rest.rlike("[Z+-]"), instant).otherwise(to_utc(instant, zone))


def parse_epoch(text: Column, unit: str) -> Column:
    """The instant so many whole `seconds` or `millis` after 1970, within the years 1 to 9999, or null."""
    rate = _PER_SECOND[unit]
    number = parse_integer(text)
    possible = number.between(_FIRST_SECOND * rate, _LAST_SECOND * rate + rate - 1)
    return F.timestamp_micros(F.when(possible, number) * F.lit(1_000_000 // rate))


def _local(text: Column, pattern: Pattern) -> Column:
    """The instant, where the pattern has no offset as if it were UTC; null if text or day are none."""
    date = (_year(text, pattern), F.lit("-"), _month(text, pattern), F.lit("-"), _part(text, pattern, "day"))
    time = (
        _hour(text, pattern),
        F.lit(":"),
        _part(text, pattern, "minute"),
        F.lit(":"),
        _part(text, pattern, "second"),
    )
    fraction = (F.lit("."), _part(text, pattern, "fraction")) if "fraction" in pattern.groups else ()
    offset = (_part(text, pattern, "offset"),) if "offset" in pattern.groups else ()
    written = F.concat(*date, F.lit(" "), *time, *fraction, *offset)
    return F.when(text.rlike(pattern.expression), F.try_to_timestamp(written))


def _part(text: Column, pattern: Pattern, part: str) -> Column:
    """The text of a part; of minutes and the like two digits, zeros if the pattern has none."""
    if part not in pattern.groups:
        return F.lit("00")
    if part in pattern.slots:
        return F.substring(text, *pattern.slots[part])
    found = F.regexp_extract(text, pattern.expression, pattern.groups[part])
    return F.lpad(found, 2, "0") if part in ("day", "month", "hour", "minute", "second") else found


def _year(text: Column, pattern: Pattern) -> Column:
    if "year" in pattern.groups:
        return _part(text, pattern, "year")
    return F.concat(F.lit("20"), _part(text, pattern, "year_of_century"))


def _month(text: Column, pattern: Pattern) -> Column:
    if "month" in pattern.groups:
        return _part(text, pattern, "month")
    place = F.position(F.lower(_part(text, pattern, "month_name")), F.lit(MONTHS))
    return F.lpad(((place + 2) / 3).cast("int").cast("string"), 2, "0")


def _hour(text: Column, pattern: Pattern) -> Column:
    if "hour_of_half" not in pattern.groups:
        return _part(text, pattern, "hour")
    twelve = F.lpad(_part(text, pattern, "hour_of_half"), 2, "0")
    morning = F.when(twelve == "12", "00").otherwise(twelve)
    hours = F.when(text.rlike(pattern.expression), morning).cast("int")
    hours = hours + F.when(F.lower(_part(text, pattern, "half")) == "pm", 12).otherwise(0)
    return F.lpad(hours.cast("string"), 2, "0")
