"""Definitions that are exported to MetricFlow give the same numbers there, but for what is known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from lakehouse.grain import Grain
from lakehouse.semantic.exports.metricflow import export
from lakehouse.semantic.metrics import Metrics
from tests.metricflow.asking import Lake
from tests.metricflow.comparing import summary
from tests.metricflow.conftest import FIRST, Published
from tests.metricflow.exported import Compared, Exported, Plan
from tests.metricflow.known import LONGER, Known, Reasons, Why
from tests.metricflow.page import Comparison, Page
from tests.metricflow.samples import BOOKINGS, Samples, written

pytestmark = [pytest.mark.metricflow, pytest.mark.in_turn]

ALL, DAY, MONTH = tuple(Grain), (Grain.DAY,), (Grain.MONTH,)
PERIODS = (Grain.QUARTER, Grain.YEAR)

# ── the metrics that ship, of the demo shop ───────────────────────────────────────────────────────────────────────────

PLAN: Plan = {
    (): ALL,
    ("country",): ALL,
    ("customer_type", "gender"): ALL,
    ("product_category",): ALL,
    ("payment_method",): ALL,
    ("marketing_channel", "device_type"): ALL,
    ("sales_channel", "is_weekend"): MONTH,
    ("coupon_code",): MONTH,
    ("order_status",): MONTH,
    ("refund_reason",): MONTH,
    ("transaction_currency", "first_order_month"): MONTH,
    ("day_name",): MONTH,
}
TRAILING = ("active_customers_28_days", "revenue_trailing_7_days", "revenue_trailing_28_days")
KNOWN = (
    Known(("previous_active_customers",), ALL, Why.NOTHING_BEFORE),
    Known(TRAILING, (Grain.DAY, Grain.WEEK), Why.NO_HISTORY),
    Known(
        ("revenue_trailing_7_days", "revenue_month_to_date", "revenue_year_to_date"), (Grain.WEEK,), Why.LAST_WITH_ROWS
    ),
    Known(TRAILING, LONGER, Why.STILL_OPEN),
    Known(("revenue_month_to_date",), PERIODS, Why.STILL_OPEN),
    Known(("revenue_growth_rate",), LONGER, Why.INCOMPLETE),
    Known(("registrations", "registrations_with_order", "registration_to_order_rate"), PERIODS, Why.BEFORE_LAKE),
)


def test_the_metrics_that_ship(published: Published, shipped_metrics: Metrics, page: Page, tmp_path: Path) -> None:
    lake = Exported(published.lake, shipped_metrics, FIRST, published.last, published.stored)
    compared = lake.compared(PLAN, tmp_path)
    check(compared, KNOWN, published.last)
    assert compared.unasked == set()
    assert compared.without_row > 0
    page.told["shipped"] = told("the metrics that ship, of 75 days of the demo shop", compared, KNOWN)
    page.exported = export(shipped_metrics)


# ── all that the language has, of the demo shop ───────────────────────────────────────────────────────────────────────

MORE_PLAN: Plan = {(): ALL, ("country",): ALL, ("product_category",): ALL, ("gender",): (Grain.DAY, Grain.MONTH)}
GROWTHS = ("order_value_growth", "share_growth", "growth_on_the_web")
MORE_TRAILING = ("order_value_of_7_days", "women_of_28_days")
SUMS_TO_DATE = {"kept_to_date": "refunded_to_date", "kept_of_the_web_to_date": "refunded_on_the_web_to_date"}
MORE_KNOWN = (
    Known(("kept_before", "month_to_date_before"), ALL, Why.NOTHING_BEFORE),
    Known(GROWTHS, LONGER, Why.INCOMPLETE),
    Known(("growth_to_date",), (Grain.WEEK,), Why.INCOMPLETE),
    Known(("growth_to_date",), (Grain.WEEK, Grain.MONTH), Why.TO_DATE),
    Known(("growth_to_date",), PERIODS, Why.NO_HISTORY),
    Known(MORE_TRAILING, (Grain.DAY, Grain.WEEK), Why.NO_HISTORY),
    Known(MORE_TRAILING, LONGER, Why.STILL_OPEN),
    Known(("month_to_date",), PERIODS, Why.STILL_OPEN),
    Known(("kept_of_the_web_to_date", "refunded_on_the_web_to_date"), (Grain.YEAR,), Why.STILL_OPEN),
    Known((*SUMS_TO_DATE, *SUMS_TO_DATE.values()), (Grain.WEEK,), Why.LAST_WITH_ROWS),
    Known(("change_of_kept",), DAY, Why.NO_ROWS),
)


def test_all_that_the_language_has(published: Published, more_metrics: Metrics, page: Page, tmp_path: Path) -> None:
    compared = Exported(published.lake, more_metrics, FIRST, published.last).compared(MORE_PLAN, tmp_path)
    check(compared, MORE_KNOWN, published.last, SUMS_TO_DATE)
    # Payments lead to a country by their order, orders have one.
    assert compared.unasked == {("paid_per_order_here", ("country",))}
    page.told["more"] = told("metrics that use all of the language, of the same days", compared, MORE_KNOWN)


# ── over a year, with months that have no rows ────────────────────────────────────────────────────────────────────────

SAMPLES_FIRST, SAMPLES_LAST = date(2019, 12, 1), date(2021, 1, 4)
SAMPLES_PLAN: Plan = {
    (): ALL,
    ("product_category",): ALL,
    ("customer_region", "order_status"): (Grain.DAY, Grain.MONTH),
}
BEFORE = ("bookings_1_month_ago", "bookings_1_year_ago", "bookings_month_to_date_before")
WINDOWS = ("every_two_days_bookers", "trailing_7_days_bookings")
SAMPLES_KNOWN = (
    Known(BEFORE, ALL, Why.NOTHING_BEFORE),
    Known(("bookings_mom", "bookings_yoy"), LONGER, Why.INCOMPLETE),
    Known(("bookings_same_weekday",), (Grain.WEEK,), Why.INCOMPLETE),
    Known(WINDOWS, (Grain.DAY, Grain.WEEK), Why.NO_HISTORY),
    Known(("trailing_7_days_bookings",), LONGER, Why.STILL_OPEN),
    Known(("revenue_mtd",), PERIODS, Why.STILL_OPEN),
    Known(WINDOWS, LONGER, Why.LAST_WITH_ROWS),
    Known(("bookings_month_to_date",), (Grain.WEEK, Grain.QUARTER), Why.LAST_WITH_ROWS),
    Known(("bookings_year_to_date", "bookings_month_to_date_before"), (Grain.WEEK,), Why.LAST_WITH_ROWS),
    Known(("bookings_month_to_date_before",), (Grain.MONTH, Grain.QUARTER), Why.SHIFTED_DAYS),
)


def test_a_year_with_empty_months(shared_data: Path, sample_metrics: Metrics, page: Page, tmp_path: Path) -> None:
    lake = Samples(shared_data).as_ours(BOOKINGS, tmp_path / "lake", SAMPLES_LAST)
    compared = Exported(lake, sample_metrics, SAMPLES_FIRST, SAMPLES_LAST).compared(SAMPLES_PLAN, tmp_path)
    check(compared, SAMPLES_KNOWN, SAMPLES_LAST)
    assert compared.unasked == set()
    page.told["year"] = told("metrics over more than a year, of MetricFlow's sample tables", compared, SAMPLES_KNOWN)


# ── days that are not known ───────────────────────────────────────────────────────────────────────────────────────────


MISSING = (date(2025, 11, 20), date(2025, 11, 21))
OF_VISITS = ("online_orders", "order_conversion_rate", "online_revenue", "revenue_per_visitor")
VISITS = ("visitors", "sessions", "sessions_with_order", "visitors_with_order")
MISSING_KNOWN = (
    *(known for known in KNOWN if known.why is not Why.LAST_WITH_ROWS),
    Known((*VISITS, "online_orders", "online_revenue"), DAY, Why.UNKNOWN_DAYS),
    Known(OF_VISITS, LONGER, Why.NO_VISITS),
)


def test_days_without_visits(published: Published, shipped_metrics: Metrics, page: Page, tmp_path: Path) -> None:
    lake = without_visits(published.lake, tmp_path / "lake")
    compared = Exported(lake, shipped_metrics, FIRST, published.last).compared({(): ALL}, tmp_path)
    check(compared, MISSING_KNOWN, published.last)
    known = tuple(each for each in MISSING_KNOWN if each not in KNOWN)
    page.told["missing"] = told("the metrics that ship, where visits of two days are missing", compared, known)


def without_visits(lake: Lake, folder: Path) -> Lake:
    """The lake without the visits of two days, which are told to be missing."""
    sessions = pq.read_table(lake.tables["fact_sessions"])
    kept = sessions.filter(pc.invert(pc.is_in(sessions["session_date"], pa.array(MISSING))))
    told = pq.read_table(lake.tables["missing_days"])
    days = [{"table_name": "fact_sessions", "calendar_date": day} for day in MISSING]
    missing = pa.concat_tables([told, pa.Table.from_pylist(days, schema=told.schema)])
    return Lake({**lake.tables, **written(folder, {"fact_sessions": kept, "missing_days": missing}).tables})


def told(title: str, compared: Compared, known: tuple[Known, ...]) -> Comparison:
    """A line of the page."""
    counts = (compared.questions, compared.numbers, compared.without_row, len(compared.differences))
    return Comparison(title, *counts, known)


def check(
    compared: Compared, known: tuple[Known, ...], last: date, parts: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Every difference has a known reason, and every known reason is met."""
    reasons = Reasons(known, last, compared.daily, parts=parts)
    seen, others = reasons.told(compared.differences)
    assert not others, summary(others)
    assert seen == reasons.rows, f"not met: {sorted(reasons.rows - seen)}"
