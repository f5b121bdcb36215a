"""KPI tables of small lakes, and questions asked of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow as pa
from pyspark.sql import SparkSession

from lakehouse import verbs
from lakehouse.derive.contract import conform
from lakehouse.kpi.daily import kpi_tables
from lakehouse.semantic.compiler.compile import compile_query
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Query
from lakehouse.settings import Business

BUSINESS = Business(calendar_from=date(2025, 10, 1), calendar_to=date(2026, 4, 30), currency="CHF")
FIRST = date(2025, 11, 24)


def day(number: int) -> date:
    """Days counted from Monday, 24 November 2025: weeks, months, a quarter and a year end among the first 51."""
    return FIRST + timedelta(days=number)


def kpis(
    spark: SparkSession, metrics: Metrics, tables: Mapping[str, pa.Table], business: Business = BUSINESS
) -> dict[str, pa.Table]:
    """The KPI tables of a lake, each in order of days, checked against its declaration."""
    frames = {name: verbs.from_arrow(spark, table) for name, table in tables.items()}
    made = {}
    for kpi in kpi_tables(metrics):
        inputs = {table.name: frames[table.name] for table in kpi.table.inputs}
        frame = conform(kpi.transform(business=business, **inputs), kpi.table)
        made[kpi.table.name] = verbs.to_arrow(frame).sort_by("calendar_date")
    return made


def answer(tables: Mapping[str, pa.Table], metrics: Metrics, query: Query) -> list[dict[str, Any]]:
    connection = duckdb.connect()
    for name, table in tables.items():
        connection.register(name, table)
    return list(connection.sql(sql(query, metrics)).to_arrow_table().to_pylist())


_SQL: dict[Query, str] = {}


def sql(query: Query, metrics: Metrics) -> str:
    """The compiled query; those of the shipped metrics are asked many times."""
    if query not in _SQL:
        _SQL[query] = compile_query(query, metrics).sql()
    return _SQL[query]
