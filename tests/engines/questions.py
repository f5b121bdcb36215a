"""What every engine is asked: a table of questions, each of all metrics that it has a right answer for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from itertools import cycle

from lakehouse.errors import ConfigurationError
from lakehouse.gold.dim_dates import TABLE as DIM_DATES
from lakehouse.semantic.comparison import COMPARISONS, Comparison, Period
from lakehouse.semantic.compiler.calendar import OCCASION
from lakehouse.semantic.compiler.question import understand
from lakehouse.semantic.definition import Cohort
from lakehouse.semantic.metrics import Metric, Metrics
from lakehouse.semantic.query import Calendar, Order, Query, Source

EVERY = ("*",)
"""All metrics that the question has a right answer for."""

DAY, WEEK, MONTH, QUARTER, YEAR, TOTAL = (
    Calendar.DAY,
    Calendar.WEEK,
    Calendar.MONTH,
    Calendar.QUARTER,
    Calendar.YEAR,
    Calendar.TOTAL,
)
# Those of the fiscal year, and moving holidays, are columns of the calendar that it may not have.
GRAINS = [each for each in Calendar if each is TOTAL or each.start_field in DIM_DATES.field_names]
HAS_OCCASIONS = OCCASION in DIM_DATES.field_names


SOURCES = {Source.FACTS: "from facts", Source.BEST: "from KPI tables"}


@dataclass(frozen=True)
class Question:
    """A row of the table: `kind` is what the page counts it as, `source` where it is answered from."""

    kind: str
    name: str
    query: Query
    source: Source = Source.FACTS

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"

    def of(self, metrics: Metrics, source: Source | None = None) -> Query:
        """The query, of the metrics by name that it has a right answer for."""
        names = tuple(_answerable(self.query, metrics))
        return replace(self.query, metrics=names, source=source or self.source)

    def left_out(self, query: Query, metrics: Metrics) -> int:
        """How many metrics it has no right answer for."""
        return len(of_periods(metrics)) - len(query.metrics) if self.query.metrics == EVERY else 0


def _answerable(query: Query, metrics: Metrics) -> Iterator[str]:
    if query.metrics != EVERY:
        yield from query.metrics
        return
    for metric in of_periods(metrics):
        with suppress(ConfigurationError):
            understand(replace(query, metrics=(metric.name,)), metrics)
            yield metric.name


def of_periods(metrics: Metrics) -> list[Metric]:
    """All metrics but those of cohorts, which are asked apart."""
    return [metric for metric in metrics.metrics if not isinstance(metric.definition, Cohort)]


def questions(dimensions: tuple[str, ...]) -> list[Question]:
    """The table; `dimensions` are the names of all that metrics can be broken down by."""
    return [
        *_by_grain(),
        *_of_some_days(),
        *_by_each(dimensions),
        *_by_several(),
        *_under_conditions(),
        *_compared(),
        *_of_cohorts(),
        *_in_an_order(),
    ]


def key_of(query: Query) -> tuple[str, ...]:
    """The columns that tell the rows of its answer apart."""
    is_of_cohorts = query.metrics == COHORTS
    return (*(("cohort_start", "periods_since") if is_of_cohorts else ("period_start",)), *query.by)


def _by_grain() -> Iterator[Question]:
    for source, where in SOURCES.items():
        for grain in GRAINS:
            yield Question(f"every grain, {where}", grain, Query(EVERY, grain), source)


STRETCHES = (
    (DAY, date(2026, 1, 29), date(2026, 2, 3)),
    (WEEK, date(2025, 12, 31), None),
    (MONTH, None, date(2026, 1, 20)),
    (QUARTER, date(2025, 11, 15), date(2026, 1, 31)),
    (YEAR, date(2020, 1, 1), date(2027, 12, 31)),
    (TOTAL, date(2025, 12, 24), date(2026, 1, 6)),
)


def _of_some_days() -> Iterator[Question]:
    for source, where in SOURCES.items():
        for grain, start, end in STRETCHES:
            name = f"{grain}, {start or ''} to {end or ''}"
            yield Question(f"some days, {where}", name, Query(EVERY, grain, start, end), source)


def _by_each(dimensions: tuple[str, ...]) -> Iterator[Question]:
    for name, grain in zip(dimensions, cycle((MONTH, QUARTER, WEEK, YEAR)), strict=False):
        yield Question("by one dimension", f"{name} by {grain}", Query(EVERY, grain, by=(name,)))


SEVERAL = (
    (MONTH, ("country", "device_type")),
    (QUARTER, ("sales_channel", "gender", "is_weekend")),
    (WEEK, ("product_category", "customer_type")),
    (MONTH, ("payment_method", "attempt_number", "failure_reason")),
    (YEAR, ("customer_segment", "acquisition_channel")),
    (TOTAL, ("day_name", "order_hour")),
    (DAY, ("refund_reason", "sales_channel")),
)


def _by_several() -> Iterator[Question]:
    for grain, by in SEVERAL:
        yield Question("by several dimensions", f"{', '.join(by)} by {grain}", Query(EVERY, grain, by=by))


NOBODY = "country = 'nowhere'"
CONDITIONS = (
    (DAY, (), "country = 'DE'"),
    (MONTH, (), "coupon_code is null"),
    (WEEK, (), "sales_channel in ('web', 'app') and gender = 'female'"),
    (MONTH, ("sales_channel",), "not is_weekend and order_hour between 9 and 17"),
    (MONTH, (), "product_category = 'Kitchen' or product_brand is null"),
    (QUARTER, ("payment_provider",), "payment_method <> 'card' and attempt_number > 1"),
    (TOTAL, ("country",), "age_band in ('25-34', '35-44') or age_band is null"),
    (MONTH, ("gender",), "customer_segment = 'champions' or first_order_month >= '2026-01-01'"),
    (YEAR, (), "holiday_name is not null"),
    (WEEK, ("device_type",), "marketing_channel <> 'direct'"),
    (MONTH, (), NOBODY),
)


def _under_conditions() -> Iterator[Question]:
    for grain, by, where in CONDITIONS:
        name = f"{where}{' by ' if by else ''}{', '.join(by)} by {grain}"
        yield Question("under conditions", name, Query(EVERY, grain, by=by, where=where))


def _can_be_compared(grain: Calendar, comparison: Comparison) -> bool:
    match comparison.period:
        case Period.SAME_WEEKDAY:
            return grain in {DAY, WEEK}
        case Period.SAME_OCCASION:
            return grain is DAY and HAS_OCCASIONS
    return grain is not TOTAL


COMPARED = ("total_revenue", "average_order_value", "order_conversion_rate", "visitors", "retained_customers")
COMPARED_BY = (
    (MONTH, ("country",), None, ("previous_period", "previous_year_to_date")),
    (WEEK, ("product_category",), None, ("same_weekday_last_year", "previous_period_to_date")),
    (QUARTER, ("gender", "sales_channel"), "is_weekend", ("previous_year", "previous_period_to_date")),
)


def _compared() -> Iterator[Question]:
    for grain in GRAINS:
        for comparison in COMPARISONS:
            if _can_be_compared(grain, comparison):
                query = Query(EVERY, grain, compare=(comparison,))
                yield Question("compared, from facts", f"{grain} with {comparison}", query)
    for grain in GRAINS:
        if allowed := tuple(each for each in COMPARISONS if _can_be_compared(grain, each)):
            yield Question("compared, from KPI tables", grain, Query(COMPARED, grain, compare=allowed), Source.BEST)
    for grain, by, where, names in COMPARED_BY:
        compare = tuple(map(Comparison.parse, names))
        name = f"{', '.join(by)} by {grain} with {', '.join(names)}"
        yield Question("compared, by dimensions", name, Query(EVERY, grain, by=by, where=where, compare=compare))


COHORTS = ("cohort_customers", "cohort_retention_rate", "cohort_revenue_per_customer")
COHORT_QUESTIONS = (
    (WEEK, (), None, None, None),
    (MONTH, (), None, None, None),
    (QUARTER, (), None, None, None),
    (YEAR, (), None, None, None),
    (MONTH, ("gender",), None, None, None),
    (QUARTER, ("customer_segment", "acquisition_channel"), None, None, None),
    (MONTH, ("age_band",), "customer_country = 'DE'", date(2025, 12, 10), date(2026, 2, 15)),
)


def _of_cohorts() -> Iterator[Question]:
    for grain, by, where, start, end in COHORT_QUESTIONS:
        name = f"{grain}{' by ' if by else ''}{', '.join(by)}{' where ' + where if where else ''}"
        yield Question("cohorts", name, Query(COHORTS, grain, start, end, by=by, where=where))


ORDERS = (
    (TOTAL, ("country",), ("total_revenue", "refund_rate"), ("-total_revenue",), (), 5),
    (TOTAL, ("product_name",), ("total_orders", "gross_margin"), ("total_orders", "product_name"), (), 12),
    (MONTH, ("coupon_code",), ("total_revenue", "revenue_growth_rate"), ("-revenue_growth_rate",), (), None),
    (MONTH, ("gender",), ("total_orders", "revenue_growth_rate"), ("revenue_growth_rate", "-gender"), (), 9),
    (WEEK, (), ("visitors", "total_payments"), ("-visitors_previous_period_growth",), ("previous_period",), 6),
    (DAY, (), ("total_orders",), ("-period_start",), (), 10),
    (MONTH, ("day_name",), ("total_orders", "visitors"), ("day_name",), (), None),
)


def _in_an_order() -> Iterator[Question]:
    for grain, by, names, order, compare, limit in ORDERS:
        query = Query(
            names,
            grain,
            by=by,
            compare=tuple(map(Comparison.parse, compare)),
            order=tuple(Order(name.removeprefix("-"), name.startswith("-")) for name in order),
            limit=limit,
        )
        yield Question("in an order", f"{', '.join(order)}{f', the first {limit}' if limit else ''}", query)
