"""coverage: from when to when each fact has been delivered; outside of it a metric is not zero but unknown."""

from __future__ import annotations

from functools import reduce

from lakehouse.gold.fact_order_lines import TABLE as FACT_ORDER_LINES
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.gold.fact_payments import TABLE as FACT_PAYMENTS
from lakehouse.gold.fact_refunds import TABLE as FACT_REFUNDS
from lakehouse.gold.fact_sessions import TABLE as FACT_SESSIONS
from lakehouse.spark import DataFrame, F
from lakehouse.table import BIGINT, DATE, STRING, Field, Layer, Privacy, Table

TABLE = Table(
    layer=Layer.GOLD,
    name="coverage",
    grain="One row per fact table.",
    inputs=(FACT_ORDERS, FACT_ORDER_LINES, FACT_PAYMENTS, FACT_REFUNDS, FACT_SESSIONS),
    fields=(
        Field("table_name", STRING, "Fact table.", privacy=Privacy.PUBLIC),
        Field("row_count", BIGINT, "Rows; none means that no source delivers it.", privacy=Privacy.PUBLIC),
        Field("first_date", DATE, "First business day with a row.", nullable=True, privacy=Privacy.PUBLIC),
        Field("last_date", DATE, "Last business day with a row.", nullable=True, privacy=Privacy.PUBLIC),
    ),
    primary_key=("table_name",),
)


def transform(
    fact_orders: DataFrame,
    fact_order_lines: DataFrame,
    fact_payments: DataFrame,
    fact_refunds: DataFrame,
    fact_sessions: DataFrame,
) -> DataFrame:
    """Rows, first and last business day of each fact."""
    spans = [
        _span(fact_orders, "fact_orders", "order_date"),
        _span(fact_order_lines, "fact_order_lines", "order_date"),
        _span(fact_payments, "fact_payments", "attempt_date"),
        _span(fact_refunds, "fact_refunds", "refund_date"),
        _span(fact_sessions, "fact_sessions", "session_date"),
    ]
    return reduce(lambda left, right: left.unionByName(right), spans)


def _span(fact: DataFrame, name: str, date: str) -> DataFrame:
    return fact.agg(
        F.lit(name).alias("table_name"),
        F.count(F.lit(1)).alias("row_count"),
        F.min(date).alias("first_date"),
        F.max(date).alias("last_date"),
    )
