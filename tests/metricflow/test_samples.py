"""MetricFlow's own sample metrics, of its own sample tables: computed by it, and by our compiler of the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from lakehouse.grain import Grain
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Calendar, Query
from tests.metricflow.asking import Asked, Cell, Key, Lake
from tests.metricflow.comparing import Difference, differences, summary
from tests.metricflow.known import LONGER, Known, Reasons, Why
from tests.metricflow.page import Comparison, Page
from tests.metricflow.samples import BOOKINGS, Samples

pytestmark = [pytest.mark.metricflow, pytest.mark.in_turn]

FIRST, LAST = date(2019, 12, 1), date(2021, 1, 4)
ALL = tuple(Grain)
DAY, MONTH = (Grain.DAY,), (Grain.MONTH,)
COUNTRY = {"product_category": "listing__country_latest"}
LISTING = {**COUNTRY, "product_brand": "listing__is_lux_latest", "product_subcategory": "listing__capacity_latest"}
STATE = {"customer_region": "user__home_state_latest"}


@dataclass(frozen=True)
class Case:
    """A metric of theirs and ours, at some grains, by no dimension and by those of `by`, each with its name there."""

    ours: str
    grains: tuple[Grain, ...] = ALL
    by: tuple[dict[str, str], ...] = ()
    theirs: str | None = None

    def questions(self) -> Iterator[tuple[Case, Grain, dict[str, str]]]:
        return ((self, grain, by) for grain in self.grains for by in ({}, *self.by))


CASES = (
    # simple metrics, with conditions, at other dates, by dimensions of a joined table
    Case("bookings", by=(COUNTRY, LISTING)),
    Case("booking_value", by=(COUNTRY,)),
    Case("max_booking_value", by=(COUNTRY,)),
    Case("min_booking_value"),
    Case("bookers", by=(COUNTRY,)),
    Case("booking_payments"),
    Case("instant_bookings"),
    Case("referred_bookings"),
    Case("instant_booking_value"),
    Case("views", by=(STATE,)),
    Case("revenue", by=(STATE,)),
    Case("identity_verifications", by=({**STATE, "refund_reason": "verification__verification_type"},)),
    Case("bookings", theirs="bookings_fill_nulls_with_0"),
    # ratios, of one fact and of two, and sums
    Case("bookings_per_booker", by=(COUNTRY,)),
    Case("bookings_per_view"),
    Case("booking_value_per_view"),
    Case("instant_booking_value_ratio"),
    Case("non_referred_bookings_pct"),
    Case("booking_value_sub_instant"),
    # other periods: theirs are a month or a year before at every grain, ours the period before or a year before
    Case("bookings_1_month_ago", MONTH, by=(COUNTRY,)),
    Case("bookings_mom", MONTH),
    Case("bookings_1_year_ago", by=(COUNTRY,)),
    Case("bookings_yoy"),
    # up to a day: trailing days, to date, and of all time
    Case("every_two_days_bookers", DAY, by=(COUNTRY,)),
    Case("trailing_7_days_bookings", DAY, by=(COUNTRY,)),
    Case("bookings_all_time", by=(COUNTRY,)),
    Case("revenue_all_time", by=(STATE,)),
    Case("revenue_mtd", by=(STATE,)),
    Case("bookings_month_to_date", DAY, by=(COUNTRY,), theirs="bookings_since_start_of_month"),
    Case("bookings_year_to_date", DAY, theirs="bookings_since_start_of_year"),
)

KNOWN = (
    Known(("bookings_per_view", "booking_value_per_view", "instant_booking_value_ratio"), DAY, Why.NO_ROWS),
    Known(("instant_booking_value_ratio",), (Grain.WEEK,), Why.NO_ROWS),
    Known(("booking_value_sub_instant",), (Grain.DAY, Grain.WEEK), Why.NO_ROWS),
    Known(("bookings_mom",), MONTH, Why.NO_ROWS),
    Known(("bookings_yoy",), DAY, Why.NO_ROWS),
    Known(("bookings_1_year_ago", "bookings_yoy"), (Grain.WEEK,), Why.OTHER_WEEK),
    Known(("bookings_yoy",), (Grain.QUARTER, Grain.YEAR), Why.INCOMPLETE),
    Known(("every_two_days_bookers", "trailing_7_days_bookings"), DAY, Why.NO_HISTORY),
    Known(("bookings_all_time", "revenue_mtd"), LONGER, Why.FIRST_DAY),
    Known(("bookings_month_to_date", "bookings_year_to_date"), DAY, Why.AFTER_FIRST_DAY),
    Known(("bookings_month_to_date", "bookings_year_to_date"), DAY, Why.NO_ROWS),
)


def test_the_same_numbers_but_for_what_is_known(
    sample_metrics: Metrics, shared_data: Path, page: Page, tmp_path: Path
) -> None:
    samples = Samples(shared_data)
    ours = samples.as_ours(BOOKINGS, tmp_path / "ours", LAST)
    asked = [question for case in CASES for question in case.questions()]
    questions = [
        Asked(case.theirs or case.ours, (f"metric_time__{grain}", *by.values()), FIRST, LAST)
        for case, grain, by in asked
    ]
    answers = samples.as_they_are(tmp_path / "theirs").shipped("simple_manifest", questions, tmp_path)
    found: list[Difference] = []
    numbers = without_row = 0
    for (case, grain, by), theirs in zip(asked, answers, strict=True):
        assert not isinstance(theirs, str), f"{case} {grain}: {theirs}"
        cells = our_cells(ours, sample_metrics, case.ours, grain, tuple(by))
        numbers += len(cells.keys() | theirs.keys())
        without_row += len(cells.keys() - theirs.keys())
        found += differences(case.ours, grain, tuple(by), cells, theirs)
    days = [("bookings_all_time", COUNTRY), ("revenue_mtd", STATE), ("revenue_all_time", STATE), ("bookings", COUNTRY)]
    daily = {
        (name, by): our_cells(ours, sample_metrics, name, Grain.DAY, by)
        for name, names in days
        for by in ((), tuple(names))
    }
    begun = {"bookings_month_to_date": ("bookings", Grain.MONTH), "bookings_year_to_date": ("bookings", Grain.YEAR)}
    reasons = Reasons(KNOWN, LAST, daily, begun)
    seen, others = reasons.told(found)
    assert not others, summary(others)
    assert seen == reasons.rows
    title = "MetricFlow's sample metrics by its own definitions, of its sample tables"
    page.told["samples"] = Comparison(title, len(asked), numbers, without_row, len(found), KNOWN)


def our_cells(lake: Lake, metrics: Metrics, name: str, grain: Grain, by: tuple[str, ...] = ()) -> dict[Key, Cell]:
    return dict(lake.ours(metrics, Query((name,), Calendar(grain), by=by, start=FIRST, end=LAST))[name])
