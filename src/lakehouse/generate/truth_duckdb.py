"""The truth in SQL, by DuckDB over the generator's facts. For shops of benchmark size."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from lakehouse.generate.facts import TABLES, facts_path
from lakehouse.generate.truth import GRAINS, Measured, Measures

_RATED_ORDERS = """
CREATE TABLE rated_orders AS
WITH placed AS (
    SELECT *, local_day(ordered_at) AS day, nullif(lower(trim(email, ' ')), '') AS mail FROM orders
),
goods AS (
    SELECT order_id, sum(round(quantity * unit_price, 2)) AS gross, sum(discount) AS discount, sum(quantity) AS items
    FROM order_lines GROUP BY order_id
),
registered AS (
    SELECT lower(trim(email, ' ')) AS mail, min(customer_id) AS customer_id FROM customers GROUP BY 1
)
SELECT
    p.order_id, p.day, coalesce(s.day, p.day) AS conversion_day,
    p.status <> 'draft' AND NOT p.is_test
        AND NOT (p.status = 'cancelled' AND (p.paid_at IS NULL OR p.cancelled_at < p.paid_at)) AS qualifies,
    p.status = 'cancelled' AND NOT p.is_test AS counts_as_cancelled,
    p.sales_channel IN ('web', 'app') AS online,
    CASE WHEN p.customer_id IS NOT NULL THEN 'c' || p.customer_id
         WHEN r.customer_id IS NOT NULL THEN 'c' || r.customer_id
         WHEN p.mail IS NOT NULL THEN 'm' || p.mail
         ELSE 'o' || p.order_id END AS identity,
    coalesce(g.items, 0) AS items, x.rate,
    converted(coalesce(g.gross, 0), x.rate) AS gross,
    converted(coalesce(g.discount, 0) + p.discount, x.rate) AS discount,
    converted(p.shipping, x.rate) AS shipping, converted(p.tax, x.rate) AS tax
FROM placed p
LEFT JOIN goods g USING (order_id)
LEFT JOIN registered r ON r.mail = p.mail
LEFT JOIN (SELECT session_id, local_day(started_at) AS day FROM sessions) s USING (session_id)
JOIN daily_rates x ON x.currency = p.currency AND x.day = p.day
"""

_DAILY_RATES = """
CREATE TABLE daily_rates AS
WITH span AS (SELECT local_day(min(s)) AS first, local_day(max(s)) AS last FROM (
    SELECT ordered_at AS s FROM orders UNION ALL SELECT attempted_at FROM payments
)),
calendar AS (SELECT unnest(generate_series(first, last, INTERVAL 1 DAY))::DATE AS day FROM span)
SELECT 'EUR' AS currency, day, 1::DECIMAL(18, 8) AS rate FROM calendar
UNION ALL
SELECT e.currency, c.day, arg_max(e.rate, e.rate_date)
FROM calendar c JOIN exchange_rates e ON e.rate_date BETWEEN c.day - 7 AND c.day
GROUP BY ALL
"""

_COUNTED_PAYMENTS = """
CREATE TABLE counted_payments AS
WITH counted AS (
    SELECT *, local_day(attempted_at) AS day FROM payments
    QUALIFY row_number() OVER (
        PARTITION BY order_id, coalesce('k' || idempotency_key, 'p' || payment_id)
        ORDER BY status <> 'succeeded', attempted_at, payment_id
    ) = 1
)
SELECT c.day, c.status, converted(c.amount, coalesce(o.rate, x.rate)) AS amount
FROM counted c
LEFT JOIN rated_orders o USING (order_id)
LEFT JOIN daily_rates x ON x.currency = c.currency AND x.day = c.day
"""

_RATED_REFUNDS = """
CREATE TABLE rated_refunds AS
SELECT local_day(f.refunded_at) AS day,
    converted(f.goods, o.rate) + converted(f.shipping, o.rate) + converted(f.tax, o.rate) AS amount
FROM refunds f JOIN rated_orders o USING (order_id)
"""

_SPAN = """
SELECT min(day), max(day) FROM (
    SELECT day FROM rated_orders UNION ALL SELECT local_day(attempted_at) FROM payments
    UNION ALL SELECT local_day(started_at) FROM sessions UNION ALL SELECT day FROM rated_refunds
)
"""

_BY_GRAIN = (
    """
    SELECT date_trunc($grain, day)::DATE AS start, sum(gross - discount + shipping + tax) AS total_revenue,
        sum(gross) AS gross_sales, sum(discount) AS discounts, sum(shipping) AS shipping_revenue,
        sum(tax) AS tax_collected, count(*) AS total_orders, sum(items)::BIGINT AS items_sold,
        count(DISTINCT identity) AS active_customers
    FROM rated_orders WHERE qualifies GROUP BY 1
    """,
    """
    SELECT date_trunc($grain, day)::DATE AS start, count(*) AS new_customers
    FROM (SELECT min(day) AS day FROM rated_orders WHERE qualifies GROUP BY identity) GROUP BY 1
    """,
    """
    SELECT date_trunc($grain, day)::DATE AS start, count(*) AS cancelled_orders
    FROM rated_orders WHERE counts_as_cancelled GROUP BY 1
    """,
    """
    SELECT date_trunc($grain, conversion_day)::DATE AS start, count(*) AS online_orders
    FROM rated_orders WHERE qualifies AND online GROUP BY 1
    """,
    """
    SELECT date_trunc($grain, local_day(started_at))::DATE AS start, count(DISTINCT visitor_id) AS visitors,
        count(*) AS sessions
    FROM sessions GROUP BY 1
    """,
    """
    SELECT date_trunc($grain, day)::DATE AS start,
        coalesce(sum(amount) FILTER (status = 'succeeded'), 0) AS total_payments,
        count(*) FILTER (status IN ('succeeded', 'failed')) AS decided_payments,
        count(*) FILTER (status = 'succeeded') AS successful_payments
    FROM counted_payments GROUP BY 1
    """,
    "SELECT date_trunc($grain, day)::DATE AS start, sum(amount) AS refunds FROM rated_refunds GROUP BY 1",
)


def measure(folder: Path, zone: str) -> Measured:
    """Measures the facts in `folder`; days are those of the time zone."""
    with duckdb.connect(config={"memory_limit": "1GB", "temp_directory": str(folder / "spill")}) as connection:
        connection.execute("SET enable_progress_bar = false")
        for name in TABLES:
            connection.read_parquet(str(facts_path(folder, name))).create_view(name)
        connection.execute(
            f"CREATE MACRO local_day(second) AS (to_timestamp(second) AT TIME ZONE '{zone}')::DATE;"
            "CREATE MACRO converted(amount, rate) AS round(amount::DECIMAL(18, 2) * rate, 2)::DECIMAL(18, 2)"
        )
        for statement in (_DAILY_RATES, _RATED_ORDERS, _COUNTED_PAYMENTS, _RATED_REFUNDS):
            connection.execute(statement)
        first, last = connection.execute(_SPAN).fetchall()[0]
        span = (first, last) if first else None
        return Measured(span, {grain: _measure_grain(connection, grain) for grain in GRAINS})


def _measure_grain(connection: duckdb.DuckDBPyConnection, grain: str) -> dict[date, Measures]:
    values: dict[date, dict[str, Decimal | int]] = {}
    for query in _BY_GRAIN:
        found = connection.execute(query, {"grain": grain})
        names = [column[0] for column in found.description]
        for start, *row in found.fetchall():
            values.setdefault(start, {}).update(zip(names[1:], row, strict=True))
    return {start: Measures(**row) for start, row in values.items()}  # type: ignore[arg-type]
