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
"""All metrics of periods, as far as the question has a right answer for them; `mart.*` are those of a mart."""

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
    """A row of the table: `kind` is what the page counts it as, `source` where it is answered from.

    All metrics in every question would be minutes for each. So many questions are of `some` of them: so many, from one
    on, in a ring; each next question of its kind goes on where the one before ended, until all have been in several.
    """

    kind: str
    name: str
    query: Query
    source: Source = Source.FACTS
    lake: str = WHOLE
    some: tuple[int, int] | None = None

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"

    def of(self, metrics: Metrics, source: Source | None = None) -> Query:
        """The query, of the metrics by name that it is asked of."""
        names = self.answerable(metrics)
        if self.some is not None:
            first, count = self.some
            names = tuple(dict.fromkeys(names[n % len(names)] for n in range(first, first + count)))
        return replace(self.query, metrics=names, source=source or self.source)

    def answerable(self, metrics: Metrics) -> tuple[str, ...]:
        """The metrics that it has a right answer for, of those that it means; what it names has to have one."""
        meant = self.meant(metrics)
        is_named = meant == self.query.metrics
        return tuple(name for name in meant if is_named or self._has_answer(name, metrics))

    def meant(self, metrics: Metrics) -> tuple[str, ...]:
        """Those named, or all of all marts or of one."""
        if not self.query.metrics[0].endswith("*"):
            return self.query.metrics
        mart = self.query.metrics[0].removesuffix("*").removesuffix(".")
        own = [each for each in metrics.metrics if not isinstance(each.definition, Cohort)]
        return tuple(each.name for each in own if mart in {"", each.mart})

    def _has_answer(self, name: str, metrics: Metrics) -> bool:
        try:
            understand(replace(self.query, metrics=(name,)), metrics)
        except ConfigurationError:
            return False
        return True


def questions(metrics: Metrics) -> list[Question]:
    """The table; what is asked of every metric or by every dimension is so of those that are defined."""
    return [
        *_by_grain([mart.name for mart in metrics.marts]),
        *_of_some_days(),
        *_by_each(tuple(metrics.dimensions.by_name)),
        *_by_several(),
        *_under_conditions(),
        *_compared(),
        *_of_cohorts(),
        *_in_an_order(),
        *_of_what_is_partly_known(),
    ]


def key_of(query: Query) -> tuple[str, ...]:
    """The columns that tell the rows of its answer apart."""
    is_of_cohorts = query.metrics == COHORTS
    return (*(("cohort_start", "periods_since") if is_of_cohorts else ("period_start",)), *query.by)


def _by_grain(marts: Sequence[str]) -> Iterator[Question]:
    for n, grain in enumerate(GRAINS):
        if grain.value.startswith("fiscal"):
            yield Question("every grain, from facts", grain, Query(EVERY, grain), some=(n * 20, 20))
        else:
            for mart in marts:
                yield Question("every grain, from facts", f"{mart} by {grain}", Query((f"{mart}.*",), grain))
        yield Question("every grain, from KPI tables", grain, Query(EVERY, grain), Source.BEST, some=(n * 12, 12))


STRETCHES = (
    (DAY, date(2026, 1, 29), date(2026, 2, 3)),
    (WEEK, date(2025, 12, 31), None),
    (MONTH, None, date(2026, 1, 20)),
    (QUARTER, date(2025, 11, 15), date(2026, 1, 31)),
    (YEAR, date(2020, 1, 1), date(2027, 12, 31)),
    (TOTAL, date(2025, 12, 24), date(2026, 1, 6)),
)


def _of_some_days() -> Iterator[Question]:
    for n, (grain, start, end) in enumerate(STRETCHES):
        source = (Source.FACTS, Source.BEST)[n % 2]
        name = f"{grain}, {start or ''} to {end or ''}"
        yield Question("some days", name, Query(EVERY, grain, start, end), source, some=(n * 12, 12))


def _by_each(dimensions: Sequence[str]) -> Iterator[Question]:
    for n, (name, grain) in enumerate(zip(dimensions, cycle((MONTH, QUARTER, WEEK, YEAR)), strict=False)):
        query = Query(EVERY, grain, by=(name,))
        yield Question("by one dimension", f"{name} by {grain}", query, some=(n * 8, 8))


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
    for n, (grain, by) in enumerate(SEVERAL):
        name = f"{', '.join(by)} by {grain}"
        yield Question("by several dimensions", name, Query(EVERY, grain, by=by), some=(n * 8, 8))


NOBODY = "country = 'QX'"
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
    for n, (grain, by, where) in enumerate(CONDITIONS):
        name = f"{where}{' by ' if by else ''}{', '.join(by)} by {grain}"
        yield Question("under conditions", name, Query(EVERY, grain, by=by, where=where), some=(n * 8, 8))


def _can_be_compared(grain: Calendar, period: Period) -> bool:
    match period:
        case Period.SAME_WEEKDAY:
            return grain in {DAY, WEEK}
        case Period.SAME_OCCASION:
            return grain is DAY and HAS_OCCASIONS
    return grain is not TOTAL


COMPARED = ("total_revenue", "order_conversion_rate", "retained_customers")
COMPARED_BY = (
    (MONTH, ("country",), None, ("previous_period", "previous_year_to_date")),
    (WEEK, ("product_category",), None, ("same_weekday_last_year", "previous_period_to_date")),
    (QUARTER, ("gender", "sales_channel"), "is_weekend", ("previous_year", "previous_period_to_date")),
)


def _compared() -> Iterator[Question]:
    pairs = [
        (grain, (Comparison(period), Comparison(period, to_date=True)))
        for period in Period
        for grain in GRAINS
        if _can_be_compared(grain, period)
    ]
    for n, (grain, compare) in enumerate(pairs):
        name = f"{grain} with {', '.join(map(str, compare))}"
        yield Question("compared, from facts", name, Query(EVERY, grain, compare=compare), some=(n * 8, 8))
    for grain in GRAINS:
        if allowed := tuple(each for each in COMPARISONS if _can_be_compared(grain, each.period)):
            query = Query(COMPARED, grain, compare=allowed)
            yield Question("compared, from KPI tables", f"{grain} with all", query, Source.BEST)
    for n, (grain, by, where, names) in enumerate(COMPARED_BY):
        name = f"{', '.join(by)} by {grain} with {', '.join(names)}"
        query = Query(EVERY, grain, by=by, where=where, compare=tuple(map(Comparison.parse, names)))
        yield Question("compared, by dimensions", name, query, some=(n * 8, 8))


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
    (Source.FACTS, Query(EVERY, DAY)),
    (Source.BEST, Query(EVERY, DAY)),
    (Source.FACTS, Query(EVERY, WEEK, compare=(Comparison.parse("previous_period_to_date"),))),
    (Source.BEST, Query(EVERY, MONTH, compare=(Comparison.parse("previous_period"),))),
    (Source.FACTS, Query(EVERY, MONTH, end=date(2026, 1, 8), compare=(Comparison.parse("previous_period_to_date"),))),
    (Source.FACTS, Query(EVERY, TOTAL, by=("sales_channel",))),
    (Source.FACTS, Query(EVERY, WEEK, date(2025, 12, 1), date(2026, 2, 28), by=("country",))),
)


def _of_what_is_partly_known() -> Iterator[Question]:
    for n, (source, query) in enumerate(PARTLY):
        told = [*query.by, *map(str, query.compare), *([f"to {query.end}"] if query.end else []), SOURCES[source]]
        name = f"{query.grain}, {', '.join(told)}"
        yield Question("partly known days", name, query, source, PARTIAL, some=(n * 10, 10))
