"""What the plain scripts write: one SQL file per table, the same text on Spark, Sail and DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import holidays
import pyarrow as pa
from dateutil.easter import easter

OBJECTS = {
    "customers": "csv",
    "products": "csv",
    "orders": "csv",
    "order_lines": "csv",
    "payments": "csv",
    "refunds": "csv",
    "sessions": "csv.gz",
    "exchange_rates": "csv",
}
"""The objects in landing, each in a folder of its name, and how their files' names end."""

_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2039, 12, 31)
_YEARS = range(_FIRST_DAY.year, _LAST_DAY.year + 1)


@dataclass(frozen=True)
class PlainTable:
    """A table of the plain scripts; `dim_dates` alone has rows of its own instead of SQL."""

    layer: str
    name: str
    partition_by: str | None = None

    @property
    def sql(self) -> str:
        return (Path(__file__).parent / "plain" / f"{self.name}.sql").read_text(encoding="utf-8")


TABLES = (
    PlainTable("silver", "customer_versions"),
    PlainTable("silver", "customers"),
    PlainTable("silver", "product_versions"),
    PlainTable("silver", "products"),
    PlainTable("silver", "orders"),
    PlainTable("silver", "order_lines"),
    PlainTable("silver", "payments"),
    PlainTable("silver", "refunds"),
    PlainTable("silver", "sessions"),
    PlainTable("silver", "exchange_rates"),
    PlainTable("gold", "dim_dates"),
    PlainTable("gold", "dim_exchange_rates"),
    PlainTable("gold", "dim_products"),
    PlainTable("gold", "dim_products_history"),
    PlainTable("gold", "fact_orders", "order_week"),
    PlainTable("gold", "fact_order_lines", "order_week"),
    PlainTable("gold", "fact_payments", "attempt_week"),
    PlainTable("gold", "fact_refunds", "refund_week"),
    PlainTable("gold", "fact_sessions", "session_week"),
    PlainTable("gold", "dim_customers"),
    PlainTable("gold", "dim_customers_history"),
    PlainTable("gold", "fact_registrations", "registration_week"),
    PlainTable("gold", "coverage"),
    PlainTable("kpi", "kpi_revenue_daily"),
    PlainTable("kpi", "kpi_orders_daily"),
    PlainTable("kpi", "kpi_payments_daily"),
    PlainTable("kpi", "kpi_customers_daily"),
)
"""All tables, each after those it is made of."""


def dim_dates() -> pa.Table:
    """The calendar, one row per day."""
    names = holidays.country_holidays("DE", years=_YEARS, language="en_US")
    occasions = {day: name for year in _YEARS for name, day in _occasions(year).items()}
    rows = pa.Table.from_pylist([_described(day, names.get(day), occasions.get(day)) for day in _days()])
    # Fiscal years are those of the calendar, so there is no such week, and nothing to tell the type by.
    return rows.append_column("fiscal_week", pa.nulls(rows.num_rows, pa.int32()))


def _days() -> Iterator[date]:
    return (_FIRST_DAY + timedelta(days=number) for number in range((_LAST_DAY - _FIRST_DAY).days + 1))


def _occasions(year: int) -> dict[str, date]:
    """The days of a year that are compared with the same ones a year before."""
    first = date(year, 11, 1)
    thanksgiving = first + timedelta(days=(3 - first.weekday()) % 7 + 21)
    return {
        "black_friday": thanksgiving + timedelta(days=1),
        "christmas_day": date(year, 12, 25),
        "cyber_monday": thanksgiving + timedelta(days=4),
        "easter_sunday": easter(year),
        "singles_day": date(year, 11, 11),
    }


def _described(day: date, holiday: str | None, occasion: str | None) -> dict[str, object]:
    iso, quarter = day.isocalendar(), (day.month - 1) // 3 + 1
    last_year = _occasions(day.year - 1)[occasion] if occasion and day.year > _FIRST_DAY.year else None
    return {
        "calendar_date": day,
        "week_start_date": day - timedelta(days=day.weekday()),
        "month_start_date": day.replace(day=1),
        "quarter_start_date": date(day.year, 3 * quarter - 2, 1),
        "year_start_date": date(day.year, 1, 1),
        "year": day.year,
        "quarter": quarter,
        "month": day.month,
        "month_name": f"{day:%B}",
        "day_of_month": day.day,
        "day_of_year": day.timetuple().tm_yday,
        "day_of_week": iso.weekday,
        "day_name": f"{day:%A}",
        "is_weekend": iso.weekday >= 6,
        "iso_year": iso.year,
        "iso_week": iso.week,
        "fiscal_year": day.year,
        "fiscal_quarter": quarter,
        "fiscal_month": day.month,
        "fiscal_month_start_date": day.replace(day=1),
        "fiscal_quarter_start_date": date(day.year, 3 * quarter - 2, 1),
        "fiscal_year_start_date": date(day.year, 1, 1),
        "is_holiday": holiday is not None,
        "holiday_name": holiday,
        "occasion_name": occasion,
        "occasion_last_year_date": last_year,
    }
