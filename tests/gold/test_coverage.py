"""From when to when each fact is known."""

from __future__ import annotations

from datetime import date

from pyspark.sql import SparkSession

from lakehouse.gold import coverage
from lakehouse.gold.coverage import TABLE
from tests.published import by, published
from tests.rows import rows

DATES = {
    "fact_orders": "order_date",
    "fact_order_lines": "order_date",
    "fact_payments": "attempt_date",
    "fact_refunds": "refund_date",
    "fact_sessions": "session_date",
}


def test_rows_and_days_of_each_fact(spark: SparkSession) -> None:
    days = {
        "fact_orders": ["2024-03-05", "2024-03-01", "2024-03-02"],
        "fact_order_lines": ["2024-03-01"],
        "fact_payments": ["2024-03-02", "2024-03-02"],
        "fact_refunds": [],
        "fact_sessions": ["2024-02-29", "2024-03-09"],
    }
    facts = [rows(spark, table, *({DATES[table.name]: day} for day in days[table.name])) for table in TABLE.inputs]
    found = by("table_name", published(TABLE, coverage.transform(*facts)))
    spans = {name: (row["row_count"], row["first_date"], row["last_date"]) for name, row in found.items()}
    assert spans == {
        "fact_orders": (3, date(2024, 3, 1), date(2024, 3, 5)),
        "fact_order_lines": (1, date(2024, 3, 1), date(2024, 3, 1)),
        "fact_payments": (2, date(2024, 3, 2), date(2024, 3, 2)),
        "fact_refunds": (0, None, None),
        "fact_sessions": (2, date(2024, 2, 29), date(2024, 3, 9)),
    }
