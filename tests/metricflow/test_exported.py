"""Definitions that are exported to MetricFlow give the same numbers there, but for what is known."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from lakehouse.semantic.exports.export import Fidelity
from lakehouse.semantic.exports.metricflow import export
from lakehouse.semantic.metrics import Metrics
from lakehouse.settings import Grain
from tests.metricflow.asking import Lake
from tests.metricflow.comparing import summary
from tests.metricflow.conftest import FIRST, Published
from tests.metricflow.exported import Compared, Exported, Plan
from tests.metricflow.known import LONGER, Known, Reasons, Why
from tests.metricflow.page import Page
from tests.metricflow.samples import BOOKINGS, Samples

pytestmark = pytest.mark.metricflow

ALL, MONTH = tuple(Grain), (Grain.MONTH,)
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
    Known(("revenue_month_to_date",), (Grain.QUARTER, Grain.YEAR), Why.STILL_OPEN),
    Known(("revenue_growth_rate",), LONGER, Why.INCOMPLETE),
)


def test_the_metrics_that_ship(published: Published, shipped_metrics: Metrics, page: Page, tmp_path: Path) -> None:
    lake = Exported(published.lake, shipped_metrics, FIRST, published.last, published.stored)
    compared = lake.compared(PLAN, tmp_path)
    check(compared, KNOWN, published.last)
    assert compared.unasked == set()
    page.shipped = (compared, KNOWN, export(shipped_metrics))


def check(compared: Compared, known: tuple[Known, ...], last: date) -> None:
    """Every difference has a known reason, and every known reason is met."""
    reasons = Reasons(known, last, compared.daily)
    seen, others = reasons.told(compared.differences)
    assert not others, summary(others)
    assert seen == reasons.rows, f"not met: {sorted(reasons.rows - seen)}"
