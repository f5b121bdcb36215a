"""Any question of any small lake: the compiled SQL answers as rows reckoned one by one do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse.grain import Grain
from lakehouse.semantic.comparison import COMPARISONS, Comparison, Period
from lakehouse.semantic.definition import Cohort, Growth, Offset
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Calendar, Query
from tests.kpi.small_lakes import period_start
from tests.semantic.compiler.lakes import FAST, FIRST, LENGTH, ask, lakes
from tests.semantic.compiler.reference import WHY_UNKNOWN, Lake, Reference, Row, Stretch, Value

CONDITIONS: Mapping[str, Callable[[Row], bool]] = {
    "is_successful or is_failed": lambda row: row["is_successful"] or row["is_failed"],
    "attempt_number = 1": lambda row: row["attempt_number"] == 1,
    "cost_amount is not null": lambda row: row["cost_amount"] is not None,
    "previous_order_date is not null": lambda row: row["previous_order_date"] is not None,
}
GRAINS = [Calendar.DAY, Calendar.WEEK, Calendar.MONTH, Calendar.QUARTER, Calendar.YEAR]


def start(day: date, grain: str) -> date:
    return period_start(day, Grain(grain))


def reference(lake: Lake, metrics: Metrics, query: Query, by: tuple[str, ...]) -> Reference:
    customers = {row["customer_key"]: row for row in lake.rows["dim_customers"]}
    orders = {row["order_key"]: row for row in lake.rows["fact_orders"]}
    products = {row["product_key"]: row for row in lake.rows["dim_products"]}

    def member(fact: str, row: Row, name: str) -> Any:
        match name:
            case "country":
                return (
                    row["country_code"]
                    if "country_code" in row
                    else orders.get(row["order_key"], {}).get("country_code")
                )
            case "gender":
                return customers[row["customer_key"]].get("gender")
            case "product_category":
                return products[row["product_key"]]["category"]
            case "payment_method":
                return row["payment_method"]
        raise AssertionError(name)

    def where(fact: str, row: Row) -> bool:
        return query.where is None or member(fact, row, "gender") == "female"

    return Reference(lake, metrics, query.grain, start, member, query.end, by, where, CONDITIONS)


def whole(metrics: Metrics) -> list[str]:
    """The metrics that are of periods."""
    return [metric.name for metric in metrics.metrics if not isinstance(metric.definition, Cohort)]


@st.composite
def ranges(draw: st.DrawFn) -> tuple[date | None, date | None]:
    first, last = sorted(draw(st.lists(st.integers(-10, LENGTH + 30), min_size=2, max_size=2)))
    begin, end = FIRST + timedelta(days=first), FIRST + timedelta(days=last)
    return draw(st.sampled_from([None, begin])), draw(st.sampled_from([None, end]))


@FAST
@given(lake=lakes(), grain=st.sampled_from(GRAINS), between=ranges(), filtered=st.booleans())
def test_every_metric_of_a_period(
    metrics: Metrics, lake: Lake, grain: Calendar, between: tuple[date | None, date | None], filtered: bool
) -> None:
    names = whole(metrics)
    if filtered:
        names = [name for name in names if not name.startswith("x")]
    if grain in {Calendar.MONTH, Calendar.QUARTER, Calendar.YEAR}:
        names = [name for name in names if not _is_by_weekday(metrics, name)]
    query = Query(tuple(names), grain, *between, where="gender = 'female'" if filtered else None)
    told = reference(lake, metrics, query, ())
    rows = ask(lake, metrics, query)
    for row in rows:
        period = told.period(row["period_start"])
        for name in names:
            agrees(row, name, told.value(name, period, ()))
    assert [row["period_start"] for row in rows] == expected_periods(lake, told, between)


def _is_by_weekday(metrics: Metrics, name: str) -> bool:
    definition = metrics.by_name[name].definition
    return isinstance(definition, Growth | Offset) and definition.comparison.period is Period.SAME_WEEKDAY


def expected_periods(lake: Lake, told: Reference, between: tuple[date | None, date | None]) -> list[date]:
    if lake.span is None and None in between:
        return []
    first = between[0] or lake.begin
    assert first is not None
    last = between[1] or lake.span[1]  # type: ignore[index]
    found, period = [], told.period(first)
    while period.first <= last:
        found.append(period.first)
        period = told.period(period.last + timedelta(days=1))
    return found


BROKEN_DOWN = [
    pytest.param(
        ("country",),
        ("total_revenue", "active_customers", "order_conversion_rate", "net_revenue"),
        id="a field of every fact",
    ),
    pytest.param(
        ("gender",), ("total_payments", "total_revenue", "visitors", "revenue_growth_rate"), id="of the customer"
    ),
    pytest.param(
        ("country", "gender"),
        ("total_revenue", "total_payments", "repeat_purchase_rate", "period_retention_rate"),
        id="two, one by way of the order",
    ),
    pytest.param(
        ("product_category",),
        ("total_revenue", "total_orders", "gross_margin_rate", "revenue_trailing_7_days"),
        id="of the lines' products",
    ),
    pytest.param(
        ("payment_method",),
        ("total_payments", "payment_success_rate", "payment_success_rate_by_order"),
        id="of the payment",
    ),
]


@pytest.mark.parametrize(("by", "names"), BROKEN_DOWN)
@FAST
@given(lake=lakes(), grain=st.sampled_from(GRAINS), end=st.sampled_from([None, FIRST + timedelta(days=70)]))
def test_metrics_by_dimensions(
    metrics: Metrics, by: tuple[str, ...], names: tuple[str, ...], lake: Lake, grain: Calendar, end: date | None
) -> None:
    query = Query(names, grain, None, end, by=by)
    told = reference(lake, finest(metrics, by), query, by)
    rows = ask(lake, metrics, query)
    found = {tuple(row[name] for name in by) for row in rows}
    assert len(rows) == len(found) * len({row["period_start"] for row in rows})
    for row in rows:
        period, members = told.period(row["period_start"]), tuple(row[name] for name in by)
        for name in names:
            agrees(row, name, told.value(name, period, members))


def finest(metrics: Metrics, by: tuple[str, ...]) -> Metrics:
    """By product, what is measured is measured in the lines."""
    if "product_category" not in by:
        return metrics
    from dataclasses import replace

    from lakehouse.semantic.definition import Simple

    return replace(
        metrics,
        metrics=tuple(
            replace(metric, definition=metric.definition.model_copy(update={"measure": metric.definition.finer[0]}))
            if isinstance(metric.definition, Simple) and metric.definition.finer
            else metric
            for metric in metrics.metrics
        ),
    )


COMPARED = ("total_revenue", "average_order_value", "order_conversion_rate", "active_customers", "repeat_customers")


@FAST
@given(
    lake=lakes(),
    grain=st.sampled_from(GRAINS),
    comparison=st.sampled_from([each for each in COMPARISONS if each.period is not Period.SAME_OCCASION]),
    between=ranges(),
)
def test_metrics_compared(
    metrics: Metrics, lake: Lake, grain: Calendar, comparison: Comparison, between: tuple[date | None, date | None]
) -> None:
    if comparison.period is Period.SAME_WEEKDAY and grain not in {Calendar.DAY, Calendar.WEEK}:
        grain = Calendar.WEEK
    query = Query(COMPARED, grain, *between, compare=(comparison,))
    told = reference(lake, metrics, query, ())
    for row in ask(lake, metrics, query):
        period = told.period(row["period_start"])
        for name in COMPARED:
            facts = told.facts(name)
            if comparison.to_date and any(lake.known[fact] is None for fact in facts):
                assert row[f"{name}_{comparison}_growth"] is None
                continue
            other = told.compared(period, str(comparison), facts)
            if other.length < 1:
                continue
            now, then = told.value(name, period, ()), told.value(name, other, (), is_now=False)
            agrees(row, f"{name}_{comparison}", then)
            change = told.growth(now, then, period, other, facts, to_date=comparison.to_date)
            agrees(row, f"{name}_{comparison}_growth", change)


def agrees(row: Mapping[str, Any], name: str, expected: Value) -> None:
    found, why = row[name], row[f"{name}_reason"]
    place = f"{name} of {row['period_start']}: {found} ({why}), and it is {expected}"
    if isinstance(expected, str):
        assert found is None, place
        if expected == "unknown":
            assert why in WHY_UNKNOWN | {"no_history"}, place
        elif expected == "no_history":
            assert why in {"no_history", "no_data"}, place
        else:
            assert why == expected, place
        return
    assert found is not None, place
    assert why is None, place
    if isinstance(found, float):
        assert found == pytest.approx(float(expected), rel=1e-12, abs=1e-12), place
    else:
        assert Fraction(found) == expected, place


def test_stretches_are_of_days_in_a_row() -> None:
    days = list(Stretch(date(2026, 2, 27), date(2026, 3, 1), 3))
    assert days == [date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)]
