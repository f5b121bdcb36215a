"""Another business time zone moves business days and what is made of them, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from lakehouse.gold.first_of_period import flag_name
from lakehouse.grain import Grain
from lakehouse.semantic.definition import Aggregate, Simple
from lakehouse.semantic.facts import FACTS, TABLES
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.query import Calendar, Query
from tests.conftest import REPOSITORY
from tests.examples import examples
from tests.gold.star import Star, star
from tests.kpi.small_lakes import period_start
from tests.published import Row
from tests.semantic.compiler.lakes import BUSINESS, ask
from tests.semantic.compiler.reference import Lake

METRICS = load_metrics(REPOSITORY / "conf" / "metrics")
MOVED = (*FACTS, "dim_customers")

# Both ends of the world, parts of an hour, and clocks that are changed at any hour, at midnight or by half an hour.
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
)
# Days about which one of the clocks is changed, and the turn of a year.
CHANGES = ("2024-03-10", "2024-03-31", "2024-04-07", "2024-04-26", "2024-10-27", "2024-10-31", "2024-12-31")

CLOCKS: Mapping[str, tuple[str, str, str | None]] = {
    "fact_orders": ("ordered_at", "order", "order_hour"),
    "fact_payments": ("attempted_at", "attempt", "attempt_hour"),
    "fact_refunds": ("refunded_at", "refund", None),
    "fact_sessions": ("started_at", "session", "session_hour"),
    "fact_registrations": ("registered_at", "registration", None),
}
"""When a row of a fact was, what its day and week are named by, and its hour."""

OF_DAYS = {"days_since_previous_order", "has_ordered", *map(flag_name, Grain)}
"""Fields that days are compared for, besides the days, weeks and hours themselves."""


TOTALS = tuple(
    metric.name
    for metric in METRICS.metrics
    if isinstance(metric.definition, Simple)
    and metric.definition.measure.aggregate is not Aggregate.COUNT_RETAINED
    and not OF_DAYS & {metric.definition.measure.field, *metric.definition.measure.where}
)
"""The metrics that count and sum anything but days."""


def moments(changes: Sequence[str]) -> st.SearchStrategy[datetime]:
    """Moments at which it is, in some of the zones, just before or after midnight or a change of the clock."""
    days = st.tuples(st.sampled_from(changes).map(date.fromisoformat), st.integers(-1, 1))
    hours = st.integers(0, 23)
    minutes = st.sampled_from([(0, 0), (14, 59), (15, 0), (29, 59), (30, 0), (44, 59), (45, 0), (59, 59)])
    return st.tuples(days, hours, minutes).map(
        lambda drawn: datetime.combine(drawn[0][0], time(drawn[1], *drawn[2]), UTC) + timedelta(days=drawn[0][1])
    )


@st.composite
def shops(draw: st.DrawFn) -> dict[str, list[Row]]:
    """Silver rows of a few days, in one currency: in others the day decides on the rate."""
    some_moment = moments(draw(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=2)))

    def some(name: str, most: int, *, none: bool = False) -> str | None:
        return draw(st.sampled_from([*([None] if none else []), *(f"{name}{n}" for n in range(most))]))

    return {
        "customers": [{"customer_id": f"c{n}", "registered_at": draw(some_moment)} for n in range(3)],
        "orders": [
            {"order_id": f"o{n}", "customer_id": some("c", 3), "session_id": some("s", 6, none=True),
             "ordered_at": draw(some_moment), "status": draw(st.sampled_from(["paid", "placed", "placed", "draft"])),
             "shipping_amount": n, "is_test": n == 0}
            for n in range(8)
        ],
        "order_lines": [
            {"order_line_id": f"l{n}", "order_id": some("o", 8), "product_id": "p", "unit_price_amount": n}
            for n in range(8)
        ],
        "payments": [
            {"payment_id": f"y{n}", "order_id": some("o", 8), "status": draw(st.sampled_from(["succeeded", "failed"])),
             "attempted_at": draw(st.one_of(st.none(), some_moment)), "amount": n}
            for n in range(6)
        ],
        "refunds": [
            {"refund_id": f"r{n}", "order_id": some("o", 8), "refunded_at": draw(some_moment), "goods_amount": n}
            for n in range(3)
        ],
        "sessions": [
            {"session_id": f"s{n}", "visitor_id": some("v", 3), "started_at": draw(some_moment)} for n in range(5)
        ],
    }  # fmt: skip


@examples(10)
@given(
    shop=shops(),
    zones=st.lists(st.sampled_from(ZONES), min_size=2, max_size=2, unique=True),
    names=st.lists(st.sampled_from(TOTALS), min_size=10, max_size=10, unique=True),
)
def test_another_time_zone_moves_only_business_days(
    spark: SparkSession, shop: Mapping[str, Sequence[Row]], zones: Sequence[str], names: Sequence[str]
) -> None:
    here, there = (star(spark, BUSINESS.model_copy(update={"timezone": zone}), shop, *MOVED) for zone in zones)
    for zone, found in zip(zones, (here, there), strict=True):
        has_days_of(found, ZoneInfo(zone))
        flags_first_of_periods(found["fact_orders"], "customer_key", "ordered_at", "order")
        flags_first_of_periods(found["fact_sessions"], "visitor_key", "started_at", "session")
    for name in MOVED:
        assert unmoved(name, here) == unmoved(name, there), name
    assert totals(here, names) == totals(there, names)


def has_days_of(found: Star, zone: ZoneInfo) -> None:
    """The days, weeks and hours of all rows are those that Python finds in the zone."""
    for name, (moment, day, hour) in CLOCKS.items():
        for row in found[name]:
            local = row[moment].astimezone(zone)
            week = local.date() - timedelta(days=local.weekday())
            assert (row[f"{day}_date"], row[f"{day}_week"]) == (local.date(), week), f"{name}: {row[moment]}"
            assert hour is None or row[hour] == local.hour, f"{name}: {row[moment]}"
    orders = {row["order_key"]: row for row in found["fact_orders"]}
    sessions = {row["session_key"]: row for row in found["fact_sessions"]}
    for row in found["fact_orders"]:
        assert row["conversion_date"] == sessions.get(row["session_key"], {}).get("session_date", row["order_date"])
    for row in (*found["fact_order_lines"], *found["fact_refunds"]):
        assert row["order_date"] == orders.get(row["order_key"], {}).get("order_date")


def flags_first_of_periods(rows: Sequence[Row], member: str, moment: str, name: str) -> None:
    """Flagged is whoever has no row before in the same period of business days."""
    seen = set()
    for row in sorted(rows, key=lambda row: (row[moment], row[f"{name}_id"])):
        for grain in Grain:
            period = (grain, row[member], period_start(row[f"{name}_date"], grain))
            counts = row.get("is_qualifying", True)
            assert row[flag_name(grain)] == (counts and period not in seen)
            seen |= {period} if counts else set()


def unmoved(name: str, found: Star) -> list[Row]:
    """A table's rows in order of their keys, without days and what is made of them."""
    table = TABLES[name]
    moved = OF_DAYS | {field for field in table.field_names if field.endswith(("_date", "_week", "_hour"))}
    rows = sorted(found[name], key=lambda row: [row[key] for key in table.primary_key])
    return [{field: value for field, value in row.items() if field not in moved} for row in rows]


def totals(found: Star, names: Sequence[str]) -> Row:
    """What metrics count and sum over all days."""
    always = (BUSINESS.calendar_from, BUSINESS.calendar_to)
    lake = Lake({"dim_products": [], **{name: found[name] for name in MOVED}}, dict.fromkeys(FACTS, always))
    (row,) = ask(lake, METRICS, Query(tuple(names), Calendar.TOTAL))
    assert None not in {row[name] for name in names}
    return row
