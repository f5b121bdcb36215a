"""The truth in SQL, by DuckDB over the generator's facts. For shops of benchmark size."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from lakehouse.generate.truth import GRAINS, WINDOW_DAYS, Cohort, Measured, Measures, Member, Number, Span
from lakehouse.generate.truth_duckdb_tables import create_tables

_STEPS = {"day": "1 day", "week": "7 days", "month": "1 month", "quarter": "3 months", "year": "1 year"}
"""How long a period is."""

_SPAN = """
SELECT min(day), max(day) FROM (
    SELECT day FROM rated_orders UNION ALL SELECT local_day(attempted_at) FROM payments
    UNION ALL SELECT day FROM visits UNION ALL SELECT day FROM rated_refunds UNION ALL SELECT day FROM accounts
)
"""

_BY_GRAIN = (
    """
    SELECT date_trunc($grain, day)::DATE AS start, sum(gross - discount + shipping + tax) AS total_revenue,
        sum(gross) AS gross_sales, sum(discount) AS discounts, sum(shipping) AS shipping_revenue,
        sum(tax) AS tax_collected, count(*) AS total_orders, sum(items)::BIGINT AS items_sold
    FROM rated_orders WHERE qualifies GROUP BY 1
    """,
    """
    SELECT date_trunc($grain, day)::DATE AS start, sum(cost) AS cost_of_goods, sum(gross) AS costed_gross_sales,
        sum(discount) AS costed_discounts
    FROM rated_lines WHERE cost IS NOT NULL GROUP BY 1
    """,
    """
    SELECT date_trunc($grain, day)::DATE AS start, count(*) FILTER (is_real) AS placed_orders,
        count(*) FILTER (counts_as_cancelled) AS cancelled_orders,
        count(*) FILTER (counts_as_cancelled AND qualifies) AS orders_cancelled_after_payment
    FROM rated_orders GROUP BY 1
    """,
    """
    SELECT date_trunc($grain, conversion_day)::DATE AS start, count(*) AS online_orders,
        sum(gross - discount + shipping + tax) AS online_revenue
    FROM rated_orders WHERE qualifies AND online GROUP BY 1
    """,
    """
    SELECT date_trunc($grain, day)::DATE AS start, count(DISTINCT visitor_id) AS visitors,
        count(DISTINCT visitor_id) FILTER (has_order) AS visitors_with_order, count(*) AS sessions,
        count(*) FILTER (has_order) AS sessions_with_order
    FROM visits GROUP BY 1
    """,
    """
    SELECT date_trunc($grain, day)::DATE AS start, count(*) AS payment_attempts,
        coalesce(sum(amount) FILTER (is_successful), 0) AS total_payments,
        coalesce(sum(amount) FILTER (is_decided), 0) AS decided_payment_amount,
        count(*) FILTER (is_decided) AS decided_payments, count(*) FILTER (is_successful) AS successful_payments,
        count(*) FILTER (is_first AND is_decided) AS first_attempts,
        count(*) FILTER (is_first AND is_successful) AS successful_first_attempts,
        count(DISTINCT known_order_id) FILTER (is_decided) AS orders_attempted,
        count(DISTINCT known_order_id) FILTER (is_successful) AS orders_paid
    FROM counted_payments GROUP BY 1
    """,
    """
    SELECT date_trunc($grain, day)::DATE AS start, sum(amount) AS refunds, sum(goods) AS refunded_goods
    FROM rated_refunds GROUP BY 1
    """,
    """
    SELECT start, count(*) AS active_customers, count(*) FILTER (orders > 1) AS repeat_customers
    FROM (SELECT date_trunc($grain, day)::DATE AS start, identity, count(*) AS orders FROM lives GROUP BY ALL)
    GROUP BY 1
    """,
    """
    WITH active AS (SELECT DISTINCT date_trunc($grain, day)::DATE AS start, identity FROM lives)
    SELECT now.start, count(*) AS retained_customers
    FROM active now JOIN active before
        ON before.identity = now.identity AND before.start = date_trunc($grain, now.start - 1)::DATE
    GROUP BY 1
    """,
    """
    SELECT date_trunc($grain, day)::DATE AS start, count(*) AS repeat_orders,
        sum(day - day_before)::BIGINT AS days_between_orders
    FROM lives WHERE day_before IS NOT NULL GROUP BY 1
    """,
    """
    SELECT date_trunc($grain, first_day)::DATE AS start, count(DISTINCT identity) AS new_customers
    FROM lives GROUP BY 1
    """,
    """
    SELECT date_trunc($grain, day)::DATE AS start, count(*) AS registrations,
        count(*) FILTER (has_ordered) AS registrations_with_order
    FROM accounts GROUP BY 1
    """,
)

_ACTIVE_OF_WINDOW = """
WITH bought AS (SELECT DISTINCT identity, day FROM lives),
-- Whoever bought is active until so many days later, or until buying again, and from then on once more.
stretches AS (
    SELECT day, least(day + $days::INT, lead(day) OVER (PARTITION BY identity ORDER BY day)) AS until FROM bought
),
changes AS (SELECT day, 1 AS change FROM stretches UNION ALL SELECT until, -1 FROM stretches),
active AS (SELECT day, sum(sum(change)) OVER (ORDER BY day) AS customers FROM changes GROUP BY day),
starts AS (
    SELECT DISTINCT date_trunc($grain, unnest(generate_series($first, $last, INTERVAL 1 DAY)))::DATE AS start
),
ends AS (SELECT start, least((start + $step::INTERVAL)::DATE - 1, $until) AS day FROM starts)
SELECT e.start, coalesce(a.customers, 0)::BIGINT AS active_customers_28_days
FROM ends e ASOF LEFT JOIN active a ON a.day <= e.day
"""

_COHORT_SIZES = "SELECT date_trunc('month', first_day)::DATE, count(DISTINCT identity) FROM lives GROUP BY 1"
_COHORTS = """
SELECT date_trunc('month', first_day)::DATE, date_trunc('month', day)::DATE, count(DISTINCT identity), sum(total)
FROM lives GROUP BY 1, 2
"""

_ORDERS_BY = """
SELECT date_trunc('month', day)::DATE, {member}, sum(gross - discount + shipping + tax) AS total_revenue,
    count(*) AS total_orders
FROM rated_orders WHERE qualifies GROUP BY 1, 2
"""
_BY_MEMBER = {
    "country": _ORDERS_BY.format(member="country"),
    "sales_channel": _ORDERS_BY.format(member="sales_channel"),
    "product_category": """
        SELECT date_trunc('month', day)::DATE, category, sum(total) AS total_revenue FROM rated_lines GROUP BY 1, 2
    """,
    "payment_method": """
        SELECT date_trunc('month', day)::DATE, method, sum(amount) AS total_payments
        FROM counted_payments WHERE is_successful GROUP BY 1, 2
    """,
    "failure_reason": """
        SELECT date_trunc('month', day)::DATE, failure_reason, count(*) AS failed_payments
        FROM counted_payments WHERE status = 'failed' GROUP BY 1, 2
    """,
    "order_hour": """
        SELECT date_trunc('month', day)::DATE, hour, count(*) AS total_orders
        FROM rated_orders WHERE qualifies GROUP BY 1, 2
    """,
    "acquisition_channel": """
        SELECT date_trunc('month', day)::DATE, acquisition_channel, count(*) AS registrations
        FROM accounts GROUP BY 1, 2
    """,
}


def measure(folder: Path, zone: str, delivered: Span) -> Measured:
    """Measures the facts in `folder`, of which files of some days are delivered; days are those of the time zone."""
    with duckdb.connect(config={"memory_limit": "1GB", "temp_directory": str(folder / "spill")}) as connection:
        connection.execute("SET enable_progress_bar = false")
        create_tables(connection, folder, zone, delivered)
        first, last = connection.execute(_SPAN).fetchall()[0]
        span = (first, last) if first else None
        return Measured(
            span=span,
            by_grain={grain: _measure_grain(connection, grain, span, delivered[1]) for grain in GRAINS},
            cohort_sizes=dict(connection.execute(_COHORT_SIZES).fetchall()),
            cohorts={
                (start, month): Cohort(*found) for start, month, *found in connection.execute(_COHORTS).fetchall()
            },
            by_member={name: _by_member(connection, query) for name, query in _BY_MEMBER.items()},
        )


def _measure_grain(
    connection: duckdb.DuckDBPyConnection, grain: str, span: Span | None, until: date
) -> dict[date, Measures]:
    values: dict[date, dict[str, Number]] = {}
    for query in _BY_GRAIN:
        _collect(connection, query, {"grain": grain}, values)
    if span is not None:
        bounds = {"first": span[0], "last": span[1], "until": until, "step": _STEPS[grain], "days": WINDOW_DAYS}
        _collect(connection, _ACTIVE_OF_WINDOW, {"grain": grain, **bounds}, values)
    return {start: Measures(**row) for start, row in values.items()}  # type: ignore[arg-type]


def _collect(
    connection: duckdb.DuckDBPyConnection, query: str, given: Mapping[str, Any], values: dict[date, dict[str, Number]]
) -> None:
    found = connection.execute(query, given)
    names = [column[0] for column in found.description]
    for start, *row in found.fetchall():
        values.setdefault(start, {}).update(zip(names[1:], row, strict=True))


def _by_member(connection: duckdb.DuckDBPyConnection, query: str) -> dict[tuple[date, Member], Mapping[str, Number]]:
    found = connection.execute(query)
    names = [column[0] for column in found.description][2:]
    return {(start, member): dict(zip(names, row, strict=True)) for start, member, *row in found.fetchall()}
