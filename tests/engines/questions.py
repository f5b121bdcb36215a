"""What every engine is asked: a table of questions, each of all metrics that it has a right answer for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import cycle

from lakehouse.errors import ConfigurationError
from lakehouse.gold.dim_dates import TABLE as DIM_DATES
from lakehouse.semantic.comparison import COMPARISONS, Comparison, Period
from lakehouse.semantic.compiler.calendar import OCCASION
from lakehouse.semantic.compiler.question import understand
from lakehouse.semantic.definition import Cohort
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Calendar, Order, Query, Source

LAKES = (WHOLE, PARTIAL) = ("whole", "partial")
"""Of the second one, some objects are known for other days than others, and one for none."""

EVERY = ("*",)
"""All metrics that the question has a right answer for; `mart.*` are those of a mart."""

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
    lake: str = WHOLE

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"

    def of(self, metrics: Metrics, source: Source | None = None) -> Query:
        """The query, of the metrics by name that it has a right answer for."""
        names = tuple(name for name in self.meant(metrics) if self._has_an_answer(name, metrics))
        return replace(self.query, metrics=names, source=source or self.source)

    def meant(self, metrics: Metrics) -> tuple[str, ...]:
        """All that it would ask for: those named, or all of all marts or one, but for those of cohorts."""
        if not self._is_general:
            return self.query.metrics
        mart = self.query.metrics[0].removesuffix("*").removesuffix(".")
        own = [each for each in metrics.metrics if not isinstance(each.definition, Cohort)]
        return tuple(each.name for each in own if mart in {"", each.mart})

    @property
    def _is_general(self) -> bool:
        return self.query.metrics[0].endswith("*")

    def _has_an_answer(self, name: str, metrics: Metrics) -> bool:
        """Whether a metric has; what is named has to."""
        if self._is_general:
            try:
                understand(replace(self.query, metrics=(name,)), metrics)
            except ConfigurationError:
                return False
        return True


def questions(metrics: Metrics) -> list[Question]:
    """The table; what is asked of every metric or by every dimension is so of those that are defined."""
    return [
        *_by_grain(),
        *_of_some_days(),
        *_by_each(tuple(metrics.dimensions.by_name)),
        *_by_several(),
        *_under_conditions(),
        *_compared([mart.name for mart in metrics.marts]),
        *_of_cohorts(),
        *_in_an_order(),
        *_of_what_is_partly_known(),
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


def _compared(marts: Sequence[str]) -> Iterator[Question]:
    # All metrics by all comparisons would be a statement of megabytes: each mart gets every fourth, say.
    pairs = [(grain, each) for each in COMPARISONS for grain in GRAINS if _can_be_compared(grain, each)]
    for (grain, comparison), mart in zip(pairs, cycle(marts), strict=False):
        query = Query((f"{mart}.*",), grain, compare=(comparison,))
        yield Question("compared, from facts", f"{mart} by {grain} with {comparison}", query)
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


PARTLY = (
    Query(EVERY, DAY),
    Query(EVERY, WEEK, compare=(Comparison.parse("previous_period_to_date"),)),
    Query(EVERY, MONTH, compare=(Comparison.parse("previous_period"),)),
    Query(EVERY, MONTH, end=date(2026, 1, 8), compare=(Comparison.parse("previous_period_to_date"),)),
    Query(EVERY, TOTAL, by=("sales_channel",)),
    Query(EVERY, WEEK, date(2025, 12, 1), date(2026, 2, 28), by=("country",)),
)


def _of_what_is_partly_known() -> Iterator[Question]:
    for query in PARTLY:
        for source in SOURCES if not query.by else (Source.FACTS,):
            told = [*(query.by), *map(str, query.compare), *([f"to {query.end}"] if query.end else [])]
            name = f"{query.grain}{', ' if told else ''}{', '.join(told)}, {SOURCES[source]}"
            yield Question("partly known days", name, query, source, PARTIAL)
