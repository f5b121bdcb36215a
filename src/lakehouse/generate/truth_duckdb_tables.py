"""The generator's facts as the SQL computation of the truth reads them: tables with days, identities and amounts."""

from __future__ import annotations

from pathlib import Path

import duckdb

from lakehouse.generate.facts import TABLES, facts_path
from lakehouse.generate.truth import Span

_PARTS = ("gross", "discount", "shipping", "tax")

_MACROS = """
CREATE MACRO local_time(second) AS to_timestamp(second) AT TIME ZONE '{zone}';
CREATE MACRO local_day(second) AS local_time(second)::DATE;
CREATE MACRO converted(amount, rate) AS round(amount::DECIMAL(18, 2) * rate, 2)::DECIMAL(18, 2);
CREATE MACRO cents(amount) AS (amount * 100)::HUGEINT;
CREATE MACRO amount_of(cents) AS (cents::DECIMAL(18, 0) * 0.01)::DECIMAL(18, 2);
-- Half a cent is rounded away from zero.
CREATE MACRO due(total, upto, whole) AS
    sign(total) * sign(upto) * sign(whole) * ((2 * abs(total) * abs(upto) + abs(whole)) // (2 * abs(whole)));
CREATE MACRO share(total, upto, own, whole, place, places) AS
    CASE WHEN whole = 0 THEN due(total, place, places) - due(total, place - 1, places)
         ELSE due(total, upto, whole) - due(total, upto - own, whole) END;
"""
"""`share` is what a place gets of a total that is spread by weight, or evenly where the weights add up to nothing."""

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
    p.order_id, p.ordered_at, p.day, extract(hour FROM local_time(p.ordered_at)) AS hour,
    coalesce(s.day, p.day) AS conversion_day, p.session_id,
    p.status <> 'draft' AND NOT p.is_test AS is_real,
    is_real AND NOT (p.status = 'cancelled' AND (p.paid_at IS NULL OR p.cancelled_at < p.paid_at)) AS qualifies,
    p.status = 'cancelled' AND NOT p.is_test AS counts_as_cancelled,
    p.sales_channel IN ('web', 'app') AS online, p.sales_channel, coalesce(p.country, 'ZZ') AS country,
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

_CHARGED_LINES = """
CREATE TABLE charged_lines AS
WITH priced AS (
    SELECT order_id, line_number, product_id, quantity, cents(round(quantity * unit_price, 2)) AS gross,
        cents(discount) AS discount
    FROM order_lines
),
placed AS (
    SELECT *, gross - discount AS net, sum(gross - discount) OVER whole_order AS whole,
        sum(gross - discount) OVER upto AS upto, row_number() OVER upto AS place, count(*) OVER whole_order AS places
    FROM priced
    WINDOW whole_order AS (PARTITION BY order_id), upto AS (PARTITION BY order_id ORDER BY line_number)
)
SELECT p.order_id, p.line_number, p.product_id, p.quantity, p.place, p.places,
    cents(converted(amount_of(p.gross), r.rate)) AS gross,
    cents(converted(amount_of(
        p.discount + share(cents(o.discount), p.upto, p.net, p.whole, p.place, p.places)), r.rate)) AS discount,
    cents(converted(amount_of(
        share(cents(o.shipping), p.upto, p.net, p.whole, p.place, p.places)), r.rate)) AS shipping,
    cents(converted(amount_of(
        share(cents(o.tax), p.upto, p.net, p.whole, p.place, p.places)), r.rate)) AS tax
FROM placed p JOIN orders o USING (order_id) JOIN rated_orders r USING (order_id)
"""
"""Lines with their share of the order's amounts, converted one by one, in cents."""

_RATED_LINES = """
CREATE TABLE rated_lines AS
WITH weighed AS (
    SELECT *,{sums}
    FROM charged_lines
    WINDOW whole_order AS (PARTITION BY order_id), upto AS (PARTITION BY order_id ORDER BY line_number)
),
versions AS (
    SELECT product_id, unit_cost,
        CASE WHEN row_number() OVER by_time = 1 THEN 0 ELSE updated_at END AS since
    FROM products WINDOW by_time AS (PARTITION BY product_id ORDER BY updated_at)
),
catalogue AS (SELECT product_id, arg_max(category, updated_at) AS category FROM products GROUP BY 1),
spread AS (
    SELECT o.day, o.ordered_at, w.product_id, w.quantity,{shares}
    FROM weighed w JOIN rated_orders o USING (order_id)
    WHERE o.qualifies
)
SELECT s.day, coalesce(c.category, 'unknown') AS category, round(v.unit_cost * s.quantity, 2)::DECIMAL(18, 2) AS cost,
    amount_of(s.gross) AS gross, amount_of(s.discount) AS discount,
    amount_of(s.gross - s.discount + s.shipping + s.tax) AS total
FROM spread s
ASOF LEFT JOIN versions v ON v.product_id = s.product_id AND v.since <= s.ordered_at
LEFT JOIN catalogue c ON c.product_id = s.product_id
"""
"""Lines of qualifying orders, the cents by which their conversion misses the order's spread over them."""

_SUMS = """
    sum({part}) OVER whole_order AS {part}_sum, sum(abs({part})) OVER whole_order AS {part}_whole,
    sum(abs({part})) OVER upto AS {part}_upto"""
_SHARES = """
    w.{part} + share(cents(o.{part}) - w.{part}_sum, w.{part}_upto, abs(w.{part}), w.{part}_whole, w.place, w.places)
        AS {part}"""

_COUNTED_PAYMENTS = """
CREATE TABLE counted_payments AS
WITH counted AS (
    SELECT *, local_day(attempted_at) AS day FROM payments
    QUALIFY row_number() OVER (
        PARTITION BY order_id, coalesce('k' || idempotency_key, 'p' || payment_id)
        ORDER BY status <> 'succeeded', attempted_at, payment_id
    ) = 1
)
SELECT c.day, c.status, c.method, c.failure_reason, o.order_id AS known_order_id,
    row_number() OVER (PARTITION BY c.order_id ORDER BY c.attempted_at, c.payment_id) = 1 AS is_first,
    c.status IN ('succeeded', 'failed') AS is_decided, c.status = 'succeeded' AS is_successful,
    converted(c.amount, coalesce(o.rate, x.rate)) AS amount
FROM counted c
LEFT JOIN rated_orders o USING (order_id)
LEFT JOIN daily_rates x ON x.currency = c.currency AND x.day = c.day
"""

_RATED_REFUNDS = """
CREATE TABLE rated_refunds AS
SELECT local_day(f.refunded_at) AS day, converted(f.goods, o.rate) AS goods,
    converted(f.goods, o.rate) + converted(f.shipping, o.rate) + converted(f.tax, o.rate) AS amount
FROM refunds f JOIN rated_orders o USING (order_id)
"""

_VISITS = """
CREATE TABLE visits AS
SELECT s.visitor_id, local_day(s.started_at) AS day, o.session_id IS NOT NULL AS has_order
FROM sessions s
LEFT JOIN (SELECT DISTINCT session_id FROM rated_orders WHERE qualifies AND online) o USING (session_id)
"""

_LIVES = """
CREATE TABLE lives AS
SELECT identity, day, gross - discount + shipping + tax AS total,
    lag(day) OVER (PARTITION BY identity ORDER BY ordered_at, order_id) AS day_before,
    min(day) OVER (PARTITION BY identity) AS first_day
FROM rated_orders WHERE qualifies
"""

_ACCOUNTS = """
CREATE TABLE accounts AS
WITH ordered AS (SELECT identity, max(day) AS last_day FROM lives GROUP BY 1),
opened AS (SELECT *, local_day(registered_at) AS day FROM customers)
SELECT o.day, o.acquisition_channel, coalesce(l.last_day >= o.day, false) AS has_ordered
FROM opened o LEFT JOIN ordered l ON l.identity = 'c' || o.customer_id
WHERE o.day >= $first
"""
"""Those opened since the first day delivered: what was there before is none of the shop's days."""


def create_tables(connection: duckdb.DuckDBPyConnection, folder: Path, zone: str, delivered: Span) -> None:
    """All facts as tables, of which files of some days are delivered; days are those of the time zone."""
    for name in TABLES:
        connection.read_parquet(str(facts_path(folder, name))).create_view(name)
    connection.execute(_MACROS.replace("{zone}", zone))
    for statement in (
        _DAILY_RATES,
        _RATED_ORDERS,
        _CHARGED_LINES,
        _of_parts(_RATED_LINES, sums=_SUMS, shares=_SHARES),
        _COUNTED_PAYMENTS,
        _RATED_REFUNDS,
        _VISITS,
        _LIVES,
    ):
        connection.execute(statement)
    connection.execute(_ACCOUNTS, {"first": delivered[0]})


def _of_parts(statement: str, **columns: str) -> str:
    """The statement with columns of each part of an amount in the places named."""
    for place, column in columns.items():
        statement = statement.replace(f"{{{place}}}", ",".join(column.replace("{part}", part) for part in _PARTS))
    return statement
