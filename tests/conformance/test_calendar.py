from __future__ import annotations

from datetime import date, timedelta

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse import verbs
from tests.conformance.cases import Case, day, evaluate, parametrised, utc

CASES = [
    Case(
        "business date in New York",
        "x timestamp",
        lambda: verbs.business_date(F.col("x"), "America/New_York"),
        "date",
        {
            utc("2024-07-05T03:59:59.999999"): day("2024-07-04"),
            utc("2024-07-05T04:00:00"): day("2024-07-05"),
            utc("2024-01-05T04:59:59"): day("2024-01-04"),
            utc("1969-12-31T23:59:59.999999"): day("1969-12-31"),
            None: None,
        },
    ),
    Case(
        "local hour in Kathmandu",
        "x timestamp",
        lambda: verbs.local_hour(F.col("x"), "Asia/Kathmandu"),
        "int",
        {utc("2024-07-05T18:14:59"): 23, utc("2024-07-05T18:15:00"): 0, None: None},
    ),
    Case(
        "local time across a clock change",
        "x timestamp",
        lambda: verbs.local_timestamp(F.col("x"), "Europe/London"),
        "timestamp",
        {
            utc("2024-03-31T00:59:59"): utc("2024-03-31T00:59:59"),
            utc("2024-03-31T01:00:00"): utc("2024-03-31T02:00:00"),
            utc("2024-10-27T00:30:00"): utc("2024-10-27T01:30:00"),
            utc("2024-10-27T01:30:00"): utc("2024-10-27T01:30:00"),
        },
    ),
    Case(
        "to UTC across a clock change",
        "x timestamp",
        lambda: verbs.to_utc(F.col("x"), "America/New_York"),
        "timestamp",
        {
            utc("2024-03-10T01:59:59"): utc("2024-03-10T06:59:59"),
            utc("2024-03-10T02:30:00"): utc("2024-03-10T07:30:00"),
            utc("2024-03-10T03:00:00"): utc("2024-03-10T07:00:00"),
            utc("2024-11-03T01:30:00"): utc("2024-11-03T05:30:00"),
            utc("2024-11-03T02:00:00"): utc("2024-11-03T07:00:00"),
        },
    ),
    Case(
        "days between",
        "x date, y date",
        lambda: verbs.days_between(F.col("x"), F.col("y")),
        "int",
        {
            (day("2024-02-28"), day("2024-03-01")): 2,
            (day("2024-03-01"), day("2024-02-28")): -2,
            (day("0001-01-01"), day("9999-12-31")): 3652058,
            (None, day("2024-03-01")): None,
        },
    ),
]


@parametrised(CASES)
def test_calendar(spark: SparkSession, case: Case) -> None:
    case.check(spark)


def test_every_day_of_sixty_years(spark: SparkSession) -> None:
    days = [day("1969-12-01") + timedelta(days=count) for count in range(60 * 366)]
    x = F.col("x")
    columns = [
        verbs.day_of_week(x),
        verbs.iso_week(x),
        verbs.iso_year(x),
        *[verbs.start_of(x, grain) for grain in ("day", "week", "month", "quarter", "year")],
        *[verbs.start_of(x, "week", week_start=start) for start in (6, 7)],
    ]
    facts = F.struct(*[column.alias(f"c{number}") for number, column in enumerate(columns)])
    kind, found = evaluate(spark, "x date", [(each,) for each in days], facts)
    assert kind == "struct<" + ",".join(f"c{n}:{'int' if n < 3 else 'date'}" for n in range(10)) + ">"
    assert [tuple(row.values()) for row in found] == [by_python(each) for each in days]


def by_python(each: date) -> tuple[int | date, ...]:
    year, week, weekday = each.isocalendar()
    return (
        weekday,
        week,
        year,
        each,
        each - timedelta(days=weekday - 1),
        each.replace(day=1),
        each.replace(month=(each.month - 1) // 3 * 3 + 1, day=1),
        each.replace(month=1, day=1),
        each - timedelta(days=(weekday - 6) % 7),
        each - timedelta(days=(weekday - 7) % 7),
    )
