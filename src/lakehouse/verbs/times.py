"""Texts read as dates and instants, strictly: what is no such day or hour is null on every engine.

The engines' own parsers differ in what they accept, so a regular expression guards the text and the value is computed
from its parts.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from lakehouse.verbs.calendar import to_utc
from lakehouse.verbs.numbers import parse_integer
from lakehouse.verbs.patterns import MONTHS, Pattern

_ISO = (
    r"\A([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[T ]([01][0-9]|2[0-3]):([0-5][0-9])"
    r"(?::([0-5][0-9])(?:[.]([0-9]{1,6})0*)?)?(Z|[+-](?:0[0-9]|1[0-8]):?[0-5][0-9])?\z"
)
_ISO_PARTS = ("year", "month", "day", "hour", "minute", "second", "fraction", "offset")
_ISO_PATTERN = Pattern(_ISO, {part: number for number, part in enumerate(_ISO_PARTS, start=1)})

_FIRST_SECOND, _LAST_SECOND = -62_135_596_800, 253_402_300_799
_PER_SECOND = {"seconds": 1, "millis": 1_000}


def parse_date(text: Column, pattern: str) -> Column:
    """The day written in this pattern (see `Pattern`), or null; time parts are checked and left out."""
    return _Parts(text, Pattern.parse(pattern)).day()


def parse_timestamp(text: Column, pattern: str, zone: str) -> Column:
    """The instant written in this pattern (see `Pattern`), or null.

    A time without offset is local time of `zone`, read as in `to_utc`.
    """
    return _Parts(text, Pattern.parse(pattern)).instant(zone)


def parse_iso_timestamp(text: Column, zone: str) -> Column:
    """The instant written as YYYY-MM-DD[T ]HH:MM[:SS[.ffffff]][Z|+hh:mm|+hhmm], or null.

    A time without offset is local time of `zone`, read as in `to_utc`.
    """
    return _Parts(text, _ISO_PATTERN).instant(zone)


def parse_epoch(text: Column, unit: str) -> Column:
    """The instant so many whole `seconds` or `millis` after 1970, within the years 1 to 9999, or null."""
    rate = _PER_SECOND[unit]
    number = parse_integer(text)
    possible = number.between(_FIRST_SECOND * rate, _LAST_SECOND * rate + rate - 1)
    return F.timestamp_micros(F.when(possible, number) * F.lit(1_000_000 // rate))


class _Parts:
    """The parts of a text that matches a pattern: null each, if it does not."""

    def __init__(self, text: Column, pattern: Pattern) -> None:
        self._text = F.when(text.rlike(pattern.expression), text)
        self._pattern = pattern

    def day(self) -> Column:
        first = F.make_date(self._year(), self._month(), F.lit(1))
        day = self._number("day")
        return F.when(day <= F.dayofmonth(F.last_day(first)), F.date_add(first, day - 1))

    def instant(self, zone: str) -> Column:
        days = F.unix_date(self.day()).cast("bigint")
        seconds = ((days * 24 + self._hour()) * 60 + self._number("minute")) * 60 + self._number("second")
        naive = F.timestamp_micros(seconds * 1_000_000 + self._micros())
        if "offset" not in self._pattern.groups:
            return to_utc(naive, zone)
        offset = self._group("offset")
        exact = F.timestamp_micros((seconds - self._offset(offset)) * 1_000_000 + self._micros())
        return F.when(offset == "", to_utc(naive, zone)).otherwise(exact)

    def _group(self, part: str) -> Column:
        return F.regexp_extract(self._text, self._pattern.expression, self._pattern.groups[part])

    def _number(self, part: str) -> Column:
        if part not in self._pattern.groups:
            return F.lit(0)
        digits = self._group(part)
        return F.when(digits != "", digits).otherwise(F.when(self._text.isNotNull(), F.lit("0"))).cast("int")

    def _year(self) -> Column:
        if "year" in self._pattern.groups:
            year = self._number("year")
            return F.when(year > 0, year)
        return self._number("year_of_century") + 2000

    def _month(self) -> Column:
        if "month" in self._pattern.groups:
            return self._number("month")
        name = F.lower(self._group("month_name"))
        return F.coalesce(*[F.when(name == month, number) for number, month in enumerate(MONTHS, start=1)])

    def _hour(self) -> Column:
        if "hour" in self._pattern.groups or "hour_of_half" not in self._pattern.groups:
            return self._number("hour")
        afternoon = F.lower(self._group("half")) == "pm"
        return self._number("hour_of_half") % 12 + F.when(afternoon, 12).otherwise(0)

    def _micros(self) -> Column:
        if "fraction" not in self._pattern.groups:
            return F.lit(0)
        return F.rpad(self._group("fraction"), 6, "0").cast("int")

    def _offset(self, offset: Column) -> Column:
        """Seconds east of Greenwich."""
        digits = F.when(offset.isin("", "Z"), "+0000").otherwise(F.regexp_replace(offset, ":", ""))
        seconds = (F.substring(digits, 2, 2).cast("int") * 60 + F.substring(digits, 4, 2).cast("int")) * 60
        return F.when(digits.startswith("-"), -seconds).otherwise(seconds)
