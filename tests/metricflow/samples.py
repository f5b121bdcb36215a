"""MetricFlow's sample tables: as they are for MetricFlow, and as rows of our facts for our compiler."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from lakehouse.gold import coverage, dim_dates, missing_days
from lakehouse.semantic.facts import FACTS, TABLES
from lakehouse.settings import Business
from tests.metricflow.asking import Lake
from tests.semantic.compiler.lakes import DATES, arrow

FOLDER = Path("metricflow_fixtures")
TYPES = {"TIME": "TIMESTAMP", "FLOAT": "DOUBLE", "INT": "BIGINT", "BOOLEAN": "BOOLEAN", "STRING": "VARCHAR"}
BUSINESS = Business(calendar_from=date(2019, 1, 1), calendar_to=date(2021, 12, 31), week_start=1)

BOOKINGS = {
    "fact_orders": """
        SELECT 'b' || rowid AS order_key, guest_id AS customer_key, ds::DATE AS order_date,
            paid_at::DATE AS conversion_date, true AS is_qualifying, is_instant AS is_online,
            CASE WHEN is_instant THEN 'paid' ELSE 'placed' END AS status,
            referrer_id AS coupon_code, booking_value::DECIMAL(18, 2) AS total_amount
        FROM fct_bookings""",
    "fact_order_lines": """
        SELECT 'b' || rowid AS order_line_key, 'b' || rowid AS order_key, listing_id AS product_key,
            guest_id AS customer_key, ds::DATE AS order_date, true AS is_qualifying,
            booking_value::DECIMAL(18, 2) AS total_amount
        FROM fct_bookings""",
    "fact_sessions": """
        SELECT 'v' || rowid AS session_key, user_id AS visitor_key, user_id AS customer_key, ds::DATE AS session_date
        FROM fct_views""",
    "fact_payments": """
        SELECT 't' || rowid AS payment_key, user_id AS customer_key, created_at::DATE AS attempt_date,
            revenue::DECIMAL(18, 2) AS amount, true AS is_successful
        FROM fct_revenue""",
    "fact_refunds": """
        SELECT verification_id AS refund_key, user_id AS customer_key, ds::DATE AS refund_date,
            verification_type AS reason
        FROM fct_id_verifications""",
    "dim_products": """
        SELECT listing_id AS product_key, listing_id AS product_id, country AS category,
            CASE WHEN is_lux THEN 'true' WHEN NOT is_lux THEN 'false' END AS brand, capacity::VARCHAR AS subcategory
        FROM dim_listings_latest""",
    "dim_customers": "SELECT user_id AS customer_key, home_state_latest AS region FROM dim_users_latest",
}
"""Each of our tables as a SELECT of theirs."""


def visits(days: int | None = None, only: str = "true") -> Mapping[str, str]:
    """Each of our tables as a SELECT of their visits, only some of them, and buys.

    A buy is of its user's last visit up to then, so many days before at most.
    """
    within = "true" if days is None else f"v.ds > b.ds - INTERVAL {days} DAY"
    some = f"(SELECT * FROM fct_visits WHERE {only})"
    attributed = f"""
        SELECT b.rowid AS buy, b.user_id, b.ds::DATE AS bought_on, max(v.ds)::DATE AS visited_on,
            first(v.session_id ORDER BY v.ds DESC, v.session_id) AS visit
        FROM fct_buys AS b LEFT JOIN {some} AS v ON v.user_id = b.user_id AND v.ds <= b.ds AND {within}
        GROUP BY ALL"""
    return {
        "fact_orders": f"""
            SELECT 'b' || buy AS order_key, user_id AS customer_key, bought_on AS order_date,
                coalesce(visited_on, bought_on) AS conversion_date, visit AS session_key,
                true AS is_qualifying, visit IS NOT NULL AS is_online
            FROM ({attributed})""",
        "fact_sessions": f"""
            SELECT v.session_id AS session_key, v.user_id AS visitor_key, v.user_id AS customer_key,
                v.ds::DATE AS session_date, v.referrer_id AS marketing_channel,
                count(a.buy)::INTEGER AS order_count, count(a.buy) > 0 AS has_order
            FROM {some} AS v LEFT JOIN ({attributed}) AS a ON a.visit = v.session_id
            GROUP BY ALL""",
    }


class Samples:
    """The sample tables of one of their models."""

    def __init__(self, shared: Path, model: str = "simple_model") -> None:
        self.folder = shared / FOLDER / "source_table_snapshots" / model
        self.connection = duckdb.connect()
        for path in sorted(self.folder.glob("*.yaml")):
            self._load(yaml.safe_load(path.read_text())["table_snapshot"])

    def _load(self, table: Mapping[str, Any]) -> None:
        columns = table["column_definitions"]
        declared = ", ".join(f"{each['name']} {TYPES[each['type']]}" for each in columns)
        self.connection.execute(f"CREATE TABLE {table['table_name']} ({declared})")
        values = ", ".join("?" * len(columns))
        self.connection.executemany(f"INSERT INTO {table['table_name']} VALUES ({values})", table["rows"])

    def as_they_are(self, folder: Path) -> Lake:
        """Their tables with a time spine as Parquet files, for MetricFlow."""
        days = self.connection.from_arrow(dim_dates.rows(BUSINESS))
        found = {"mf_time_spine": days.project("calendar_date::TIMESTAMP AS ds, ds AS alien_day").to_arrow_table()}
        names = [name for (name,) in self.connection.execute("SHOW TABLES").fetchall()]
        return written(folder, {**found, **{name: self.connection.table(name).to_arrow_table() for name in names}})

    def as_ours(self, selects: Mapping[str, str], folder: Path, until: date | None = None) -> Lake:
        """Our tables, each as a SELECT of theirs; all facts are known from the first day of any to the last."""
        rows = {name: self.connection.sql(select).to_arrow_table().to_pylist() for name, select in selects.items()}
        days = [row[DATES[name]] for name in rows.keys() & FACTS.keys() for row in rows[name]]
        return our_lake(folder, rows, BUSINESS, (min(days), until or max(days)))


def our_lake(
    folder: Path, rows: Mapping[str, list[dict[str, Any]]], business: Business, known: tuple[date, date]
) -> Lake:
    """Rows of our tables as Parquet files; all facts are known on the same days, and what is not given is empty."""
    spans = []
    for name in FACTS:
        found = [row[DATES[name]] for row in rows.get(name, [])]
        first, last = min(found, default=None), max(found, default=None)
        bounds = {"first_date": first, "last_date": last, "first_known_date": known[0], "last_known_date": known[1]}
        spans.append({"table_name": name, "row_count": len(found), **bounds})
    tables = {name: arrow(TABLES[name], rows.get(name, [])) for name in TABLES if name != "dim_dates"}
    told = {"coverage": arrow(coverage.TABLE, spans), "missing_days": arrow(missing_days.TABLE, [])}
    return written(folder, {**tables, **told, "dim_dates": dim_dates.rows(business)})


def written(folder: Path, tables: Mapping[str, pa.Table]) -> Lake:
    """The tables as Parquet files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    return Lake({name: folder / f"{name}.parquet" for name in tables})
