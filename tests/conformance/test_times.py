from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse import verbs
from tests.conformance.cases import Case, day, evaluate, parametrised, utc

DATES = [
    Case(
        "date",
        "x string",
        lambda: verbs.parse_date(F.col("x"), "yyyy-MM-dd"),
        "date",
        {
            "2024-02-29": day("2024-02-29"),
            "0001-01-01": day("0001-01-01"),
            "1582-10-10": day("1582-10-10"),
            "9999-12-31": day("9999-12-31"),
            "2023-02-29": None,
            "1900-02-29": None,
            "2024-02-31": None,
            "2024-04-31": None,
            "2024-13-01": None,
            "2024-00-01": None,
            "2024-01-00": None,
            "0000-01-01": None,
            "2024-1-5": None,
            "2024-01-05 ": None,
            "2024-01-05\n": None,
            "2024-01-05T00:00": None,
            "20240105": None,
            "-2024-01-05": None,
            "epoch": None,
            "now": None,
            "": None,
            None: None,
        },
    ),
    Case(
        "date with short year and month name",
        "x string",
        lambda: verbs.parse_date(F.col("x"), "d MMM yy"),
        "date",
        {
            "1 Jan 24": day("2024-01-01"),
            "31 DEC 99": day("2099-12-31"),
            "29 feb 24": day("2024-02-29"),
            "30 feb 24": None,
            "1 Foo 24": None,
            "1 anf 24": None,
            "1 \u017fep 24": None,
            "1  Jan 24": None,
            None: None,
        },
    ),
    Case(
        "date without separators",
        "x string",
        lambda: verbs.parse_date(F.col("x"), "yyyyMMdd"),
        "date",
        {"20240105": day("2024-01-05"), "2024015": None, "20240230": None},
    ),
    Case(
        "date within quoted text and dots",
        "x string",
        lambda: verbs.parse_date(F.col("x"), "'day '(dd.MM.yyyy)"),
        "date",
        {"day (05.01.2024)": day("2024-01-05"), "day (05/01/2024)": None, "05.01.2024": None},
    ),
    Case(
        "date of a time",
        "x string",
        lambda: verbs.parse_date(F.col("x"), "M/d/yyyy H:mm"),
        "date",
        {"12/1/2010 8:26": day("2010-12-01"), "1/12/2010 23:59": day("2010-01-12"), "1/12/2010 24:00": None},
    ),
]

TIMES = [
    Case(
        "local time in London",
        "x string",
        lambda: verbs.parse_timestamp(F.col("x"), "M/d/yyyy H:mm", "Europe/London"),
        "timestamp",
        {
            "12/1/2010 8:26": utc("2010-12-01T08:26:00"),
            "7/1/2010 8:26": utc("2010-07-01T07:26:00"),
            "03/31/2024 01:30": utc("2024-03-31T01:30:00"),
            "10/27/2024 1:30": utc("2024-10-27T00:30:00"),
            "2/29/2023 1:30": None,
            "1/1/2024 24:00": None,
            "1/1/2024 1:60": None,
            "1/1/2024 1:3": None,
            "13/1/2024 1:30": None,
            "": None,
            None: None,
        },
    ),
    Case(
        "time of the half day",
        "x string",
        lambda: verbs.parse_timestamp(F.col("x"), "MM/dd/yyyy h:mm:ss a", "UTC"),
        "timestamp",
        {
            "01/05/2024 12:00:00 AM": utc("2024-01-05T00:00:00"),
            "01/05/2024 12:26:59 pm": utc("2024-01-05T12:26:59"),
            "01/05/2024 1:26:59 Pm": utc("2024-01-05T13:26:59"),
            "01/05/2024 11:59:59 AM": utc("2024-01-05T11:59:59"),
            "01/05/2024 13:00:00 PM": None,
            "01/05/2024 0:00:00 AM": None,
            "01/05/2024 1:00:00": None,
            None: None,
        },
    ),
    Case(
        "time with fraction",
        "x string",
        lambda: verbs.parse_timestamp(F.col("x"), "yyyy-MM-dd'T'HH:mm:ss.SSS", "UTC"),
        "timestamp",
        {
            "2024-01-05T10:11:12.123": utc("2024-01-05T10:11:12.123"),
            "2024-01-05T10:11:12.5": None,
            "2024-01-05T10:11:12.1234": None,
            "2024-01-05T10:11:12": None,
            "2024-01-05T10:11:60.000": None,
        },
    ),
    Case(
        "time with micros and offset",
        "x string",
        lambda: verbs.parse_timestamp(F.col("x"), "yyyy-MM-dd HH:mm:ss.SSSSSSXXX", "Europe/London"),
        "timestamp",
        {
            "2024-07-05 10:11:12.000001Z": utc("2024-07-05T10:11:12.000001"),
            "2024-07-05 10:11:12.000001+05:30": utc("2024-07-05T04:41:12.000001"),
            "2024-07-05 10:11:12.000001-0800": utc("2024-07-05T18:11:12.000001"),
            "2024-07-05 10:11:12.000001-00:30": utc("2024-07-05T10:41:12.000001"),
            "2024-07-05 10:11:12.000001+19:00": None,
            "2024-07-05 10:11:12.000001": None,
            "2024-02-30 10:11:12.000001Z": None,
            None: None,
        },
    ),
    Case(
        "day alone begins at local midnight",
        "x string",
        lambda: verbs.parse_timestamp(F.col("x"), "dd/MM/yyyy", "America/New_York"),
        "timestamp",
        {"05/07/2024": utc("2024-07-05T04:00:00"), "31/06/2024": None},
    ),
    Case(
        "ISO time",
        "x string",
        lambda: verbs.parse_iso_timestamp(F.col("x"), "America/New_York"),
        "timestamp",
        {
            "2024-01-05T10:11": utc("2024-01-05T15:11:00"),
            "2024-01-05 10:11:12": utc("2024-01-05T15:11:12"),
            "2024-01-05T10:11:12.5": utc("2024-01-05T15:11:12.5"),
            "2024-01-05T10:11:12.123456": utc("2024-01-05T15:11:12.123456"),
            "2024-01-05T10:11:12.123456000": utc("2024-01-05T15:11:12.123456"),
            "2024-01-05T10:11Z": utc("2024-01-05T10:11:00"),
            "2024-01-05T10:11+01:00": utc("2024-01-05T09:11:00"),
            "2024-01-05T10:11:12Z": utc("2024-01-05T10:11:12"),
            "2024-01-05T10:11:12.500000000Z": utc("2024-01-05T10:11:12.5"),
            "2024-01-05T10:11:12+0530": utc("2024-01-05T04:41:12"),
            "2024-01-05 10:11:12.25-08:00": utc("2024-01-05T18:11:12.25"),
            "2024-03-10T02:30:00": utc("2024-03-10T07:30:00"),
            "2024-11-03T01:30:00": utc("2024-11-03T05:30:00"),
            "9999-12-31T23:59:59.999999Z": utc("9999-12-31T23:59:59.999999"),
            "0001-01-01T00:00:00Z": utc("0001-01-01T00:00:00"),
            "2024-01-05T10:11:12.1234567Z": None,
            "2024-01-05T10:11:12.": None,
            "2024-01-05T10:11:12z": None,
            "2024-01-05T10:11:12+05": None,
            "2024-01-05T10:11:12+24:00": None,
            "2024-01-05T10:11:12 Z": None,
            "2024-01-05T24:00:00": None,
            "2024-02-30T10:11:12Z": None,
            "2024-1-5T10:11": None,
            "2024-01-05": None,
            "2024-01-05T10:11:12Z\n": None,
            " 2024-01-05T10:11:12Z": None,
            "": None,
            None: None,
        },
    ),
    Case(
        "seconds since 1970",
        "x string",
        lambda: verbs.parse_epoch(F.col("x"), "seconds"),
        "timestamp",
        {
            "0": utc("1970-01-01T00:00:00"),
            "-1": utc("1969-12-31T23:59:59"),
            "1711848600": utc("2024-03-31T01:30:00"),
            "253402300799": utc("9999-12-31T23:59:59"),
            "253402300800": None,
            "-62135596800": utc("0001-01-01T00:00:00"),
            "-62135596801": None,
            "1711848600.5": None,
            "1.7e9": None,
            "": None,
            None: None,
        },
    ),
    Case(
        "milliseconds since 1970",
        "x string",
        lambda: verbs.parse_epoch(F.col("x"), "millis"),
        "timestamp",
        {
            "-1": utc("1969-12-31T23:59:59.999"),
            "1711848600123": utc("2024-03-31T01:30:00.123"),
            "253402300799999": utc("9999-12-31T23:59:59.999"),
            "253402300800000": None,
            "999999999999999999": None,
        },
    ),
]


@parametrised(DATES)
def test_dates(spark: SparkSession, case: Case) -> None:
    case.check(spark)


@parametrised(TIMES)
def test_times(spark: SparkSession, case: Case) -> None:
    case.check(spark)


def test_every_day_number_of_every_month(spark: SparkSession) -> None:
    texts = [
        f"{year:04}-{month:02}-{number:02}"
        for year in (1900, 2000, 2023, 2024)
        for month in range(1, 13)
        for number in range(1, 32)
    ]
    _, values = evaluate(spark, "x string", [(text,) for text in texts], verbs.parse_date(F.col("x"), "yyyy-MM-dd"))
    assert values == [_day_or_none(text) for text in texts]


def clock(instant: datetime, zone: str) -> datetime:
    """What a clock in the zone shows, as if it were UTC."""
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=UTC, fold=0)


def _day_or_none(text: str) -> date | None:
    try:
        return day(text)
    except ValueError:
        return None


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"])
def test_every_hour_of_two_years_there_and_back(spark: SparkSession, zone: str) -> None:
    hours = [utc("2023-01-01T00:30:00") + timedelta(hours=count) for count in range(2 * 365 * 24)]
    local = verbs.local_timestamp(F.col("x"), zone)
    _, shown = evaluate(spark, "x timestamp", [(hour,) for hour in hours], local)
    assert shown == [clock(hour, zone) for hour in hours]
    _, back = evaluate(spark, "x timestamp", [(hour,) for hour in shown], verbs.to_utc(F.col("x"), zone))
    first: dict[object, object] = {}
    for hour, showing in zip(hours, shown, strict=True):
        first.setdefault(showing, hour)
    assert back == [first[showing] for showing in shown]
