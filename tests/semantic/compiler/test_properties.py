"""What holds of the metrics that ship, whatever the lake and the question.

Here the facts' files are shuffled and split. That shuffling, splitting and redelivering what comes in changes no table
is seen where it comes in: tests/scopes (random deliveries, run by run and at once; their rows in other files, some
twice), tests/runs/test_truth.py (dirty days in any order, up to the KPI tables) and tests/runs/test_convergence.py.
What another time zone moves is in tests/gold/test_time_zone.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lakehouse.errors import ConfigurationError
from lakehouse.semantic.compiler.question import understand
from lakehouse.semantic.definition import Aggregate, Derived, Ratio, Simple
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Calendar, Query
from lakehouse.semantic.reason import Reason
from lakehouse.semantic.value import measured
from tests.semantic.compiler.lakes import CALENDAR, FAST, FIRST, LENGTH, answer, ask, lakes, tables
from tests.semantic.compiler.reference import Lake, Row

CONDITIONS = (
    "country = 'DE'",
    "country <> 'DE' and sales_channel in ('web', 'app')",
    "sales_channel = 'web' or coupon_code is null",
    "not (gender = 'female')",
    "gender is null",
    "customer_country in ('AT') and age_band <> '25-34'",
    "customer_segment <> 'lost'",
    "first_order_month between '2025-12-01' and '2026-01-01'",
    "is_weekend or day_name = 'Monday'",
    "holiday_name is null",
    "device_type = 'mobile'",
    "payment_method = 'card'",
    "attempt_number >= 2",
    "product_category = 'mugs'",
)
JOINED = ("country", "sales_channel", "coupon_code", "order_status", "gender", "product_category", "day_name")
"""Dimensions that some facts have to be joined for; they are drawn more often."""

SUMS = frozenset({Aggregate.COUNT, Aggregate.SUM})
SHARES = (
    "session_conversion_rate",
    "visitor_conversion_rate",
    "payment_success_rate",
    "payment_success_rate_by_value",
    "payment_success_rate_by_order",
    "first_attempt_success_rate",
    "cancellation_rate",
    "repeat_purchase_rate",
    "period_retention_rate",
    "registration_to_order_rate",
    "customer_acquisition_rate",
    "customer_retention_rate",
)


@st.composite
def questions(draw: st.DrawFn, metrics: Metrics, least: int = 0, most: int = 2) -> Query:
    """A grain, days, `least` to `most` dimensions and a condition; which metrics are asked for is said later."""
    first, last = sorted(draw(st.lists(st.integers(-10, LENGTH + 30), min_size=2, max_size=2)))
    names = st.one_of(st.sampled_from(JOINED), st.sampled_from(sorted(metrics.dimensions.by_name)))
    return Query(
        ("total_revenue",),
        draw(st.sampled_from(list(Calendar))),
        draw(st.sampled_from([None, FIRST + timedelta(days=first)])),
        draw(st.sampled_from([None, FIRST + timedelta(days=last)])),
        by=tuple(draw(st.lists(names, min_size=least, max_size=most, unique=True))),
        where=draw(st.one_of(st.none(), st.sampled_from(CONDITIONS))),
    )


def answered(metrics: Metrics, query: Query, names: Iterable[str]) -> dict[str, frozenset[Aggregate]]:
    """Those of the metrics that the question can be asked of, and how what they are made of is measured."""
    found = {}
    for name in names:
        try:
            (each,) = understand(replace(query, metrics=(name,)), metrics).answers
        except ConfigurationError:
            continue
        found[name] = frozenset(part.measure.aggregate for part in measured(each.value))
    return found


def some(metrics: Metrics, *kinds: type) -> st.SearchStrategy[list[str]]:
    """Ten metrics of these kinds: SQL of all of them takes seconds."""
    names = [metric.name for metric in metrics.metrics if isinstance(metric.definition, kinds)]
    return st.lists(st.sampled_from(names), min_size=10, max_size=10, unique=True)


def cells(rows: Sequence[Row], query: Query) -> dict[tuple[Any, ...], Row]:
    """The rows by their period and members."""
    found = {(row["period_start"], *(row[name] for name in query.by)): row for row in rows}
    assert len(found) == len(rows)
    return found


# ── parts and wholes ──────────────────────────────────────────────────────────────────────────────────────────────────


def fits(metrics: Metrics, name: str, kind: frozenset[Aggregate], whole: Any, parts: Sequence[Any]) -> None:
    """Sums add up; of distinct members a part has no more than the whole, and the parts together no fewer."""
    values = [part for part in parts if part is not None]
    is_simple = isinstance(metrics.by_name[name].definition, Simple)
    if whole is None:
        assert not any(values), f"{name}: {whole} of {parts}"
    elif kind <= SUMS:
        # A difference of what is known and what is not is not known, though the whole's may be.
        assert sum(values) == whole or (not is_simple and None in parts), f"{name}: {whole} of {parts}"
    elif is_simple:
        assert max(values, default=0) <= whole, f"{name}: {whole} of {parts}"
        assert sum(values) >= whole or kind != {Aggregate.COUNT_DISTINCT}, f"{name}: {whole} of {parts}"


@FAST
@given(data=st.data(), lake=lakes())
def test_parts_make_the_whole_by_any_dimension_and_under_any_filter(
    metrics: Metrics, data: st.DataObject, lake: Lake
) -> None:
    query = data.draw(questions(metrics, least=1))
    kinds = answered(metrics, query, data.draw(some(metrics, Simple, Derived)))
    assume(kinds)
    query = replace(query, metrics=tuple(kinds))
    parts: Mapping[date, list[Row]] = defaultdict(list)
    for row in ask(lake, metrics, query):
        parts[row["period_start"]].append(row)
    for row in ask(lake, metrics, replace(query, by=())):
        for name, kind in kinds.items():
            fits(metrics, name, kind, row[name], [part[name] for part in parts[row["period_start"]]])


@FAST
@given(data=st.data(), lake=lakes())
def test_days_make_the_period(metrics: Metrics, data: st.DataObject, lake: Lake) -> None:
    query = data.draw(questions(metrics, most=1))
    kinds = {
        # Who is back since the period before may not be since the day before.
        name: kind
        for name, kind in answered(metrics, query, data.draw(some(metrics, Simple, Derived))).items()
        if Aggregate.COUNT_RETAINED not in kind
    }
    assume(kinds)
    query = replace(query, metrics=tuple(kinds))
    periods = cells(ask(lake, metrics, query), query)
    assume(periods)
    # The first period is whole, wherever in it the question begins.
    daily = replace(query, grain=Calendar.DAY, start=min(key[0] for key in periods))
    days: Mapping[tuple[Any, ...], list[Row]] = defaultdict(list)
    starts = sorted({key[0] for key in periods})
    for (day, *members), row in cells(ask(lake, metrics, daily), query).items():
        days[max(start for start in starts if start <= day), *members].append(row)
    for key, row in periods.items():
        for name, kind in kinds.items():
            fits(metrics, name, kind, row[name], [day[name] for day in days[key]])


@FAST
@given(data=st.data(), lake=lakes())
def test_a_filter_keeps_the_part_that_it_names(metrics: Metrics, data: st.DataObject, lake: Lake) -> None:
    query = replace(data.draw(questions(metrics, least=1, most=1)), where=None)
    kinds = answered(metrics, query, data.draw(some(metrics, Simple, Derived, Ratio)))
    assume(kinds)
    query = replace(query, metrics=tuple(kinds))
    (dimension,) = query.by
    parts = cells(ask(lake, metrics, query), query)
    members = list(dict.fromkeys(member for _, member in parts))
    assume(members)
    member = data.draw(st.sampled_from(members))
    is_it, is_other = conditions(dimension, member)
    kept = ask(lake, metrics, replace(query, by=(), where=is_it))
    left = cells(ask(lake, metrics, replace(query, by=(), where=is_other)), replace(query, by=()))
    whole = cells(ask(lake, metrics, replace(query, by=())), replace(query, by=()))
    for row in kept:
        start = row["period_start"]
        part = parts[start, member]
        assert {name: row[name] for name in row} == {name: part[name] for name in row}
        for name, kind in kinds.items():
            if kind <= SUMS and not isinstance(metrics.by_name[name].definition, Ratio):
                fits(metrics, name, kind, whole[start,][name], [row[name], left[start,][name]])


def conditions(dimension: str, member: Any) -> tuple[str, str]:
    """That a dimension has a member, and that it has not."""
    if member is None:
        return f"{dimension} is null", f"{dimension} is not null"
    if isinstance(member, bool):
        return f"{dimension} = {member}", f"{dimension} = {not member} or {dimension} is null"
    text = str(member).replace("'", "''")
    literal = text if isinstance(member, int) else f"'{text}'"
    return f"{dimension} = {literal}", f"{dimension} <> {literal} or {dimension} is null"


# ── shares ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@FAST
@given(data=st.data(), lake=lakes())
def test_a_ratio_is_its_numerator_over_its_denominator(metrics: Metrics, data: st.DataObject, lake: Lake) -> None:
    query = data.draw(questions(metrics))
    ratios = tuple(answered(metrics, query, data.draw(some(metrics, Ratio))))
    assume(ratios)
    operands = tuple(dict.fromkeys(name for ratio in ratios for name in metrics.by_name[ratio].operands))
    asked_of = cells(ask(lake, metrics, replace(query, metrics=operands)), query)
    for key, row in cells(ask(lake, metrics, replace(query, metrics=ratios)), query).items():
        for ratio in ratios:
            above, below = metrics.by_name[ratio].operands
            of = asked_of[key]
            expected, why = over(of[above], of[below], of[f"{above}_reason"] or of[f"{below}_reason"])
            assert (row[ratio], row[f"{ratio}_reason"]) == (expected, why), f"{ratio} of {key}"


def over(above: Decimal | None, below: Decimal | None, why: str | None) -> tuple[float | None, str | None]:
    """The quotient, or why there is none."""
    if above is None or below is None:
        return None, why
    return (float(above) / float(below), None) if below else (None, Reason.ZERO_DENOMINATOR.value)


@FAST
@given(data=st.data(), lake=lakes())
def test_new_and_returning_customers_are_all(metrics: Metrics, data: st.DataObject, lake: Lake) -> None:
    query = data.draw(questions(metrics))
    names = ("customer_acquisition_rate", "customer_retention_rate")
    assume(len(answered(metrics, query, names)) == len(names))
    for row in ask(with_first_orders(lake), metrics, replace(query, metrics=names)):
        new, returning = (row[name] for name in names)
        assert row[f"{names[0]}_reason"] == row[f"{names[1]}_reason"]
        assert new is returning is None or new + returning == pytest.approx(1, rel=1e-12)


@FAST
@given(data=st.data(), lake=lakes())
def test_no_share_exceeds_one(metrics: Metrics, data: st.DataObject, lake: Lake) -> None:
    """But for orders by visitor, as the metric says: a visitor may order twice."""
    query = data.draw(questions(metrics, most=1))
    names = tuple(answered(metrics, query, SHARES))
    assume(names)
    for row in ask(with_first_orders(lake), metrics, replace(query, metrics=names)):
        for name in names:
            assert row[name] is None or 0 <= row[name] <= 1, f"{name}: {row}"


def with_first_orders(lake: Lake) -> Lake:
    """The lake in which a customer's first qualifying order is what gold says it is."""
    orders = sorted(lake.rows["fact_orders"], key=lambda row: (row["order_date"], row["order_key"]))
    first: dict[str, str] = {}
    for row in orders:
        if row["is_qualifying"]:
            first.setdefault(row["customer_key"], row["order_key"])
    told = [{**row, "is_first_order": first.get(row["customer_key"]) == row["order_key"]} for row in orders]
    return replace(lake, rows={**lake.rows, "fact_orders": told})


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@FAST
@given(data=st.data(), lake=lakes(), random=st.randoms(use_true_random=False))
def test_rows_in_any_order_and_any_files(metrics: Metrics, data: st.DataObject, lake: Lake, random: Random) -> None:
    query = data.draw(questions(metrics))
    names = tuple(answered(metrics, query, data.draw(some(metrics, Simple, Derived, Ratio))))
    assume(names)
    query = replace(query, metrics=names)
    with TemporaryDirectory() as folder, duckdb.connect() as connection:
        connection.register("dim_dates", CALENDAR)
        for name, table in tables(lake).items():
            scatter(table, Path(folder, name), random)
            connection.execute(f"create view {name} as from read_parquet('{folder}/{name}/*.parquet')")
        assert answer(connection, metrics, query) == ask(lake, metrics, query)


def scatter(table: pa.Table, folder: Path, random: Random) -> None:
    """The rows of a table in any order, in up to four files, of which some may be empty."""
    order = random.sample(range(table.num_rows), table.num_rows)
    cuts = sorted(random.choices(range(table.num_rows + 1), k=random.randrange(4)))
    folder.mkdir()
    for number, (begin, end) in enumerate(zip([0, *cuts], [*cuts, table.num_rows], strict=True)):
        pq.write_table(table.take(pa.array(order[begin:end], pa.int64())), folder / f"{number}.parquet")
