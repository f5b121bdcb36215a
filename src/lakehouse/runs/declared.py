"""The declarations of the tables that a snapshot holds."""

from __future__ import annotations

from collections.abc import Mapping

from lakehouse.kpi.daily import kpi_tables
from lakehouse.runs.catalog import GOLD, RECORDS, SILVER
from lakehouse.semantic.metrics import Metrics
from lakehouse.table import Table


def declared(metrics: Metrics | None) -> Mapping[str, Table]:
    """By full name; bronze tables declare nothing to check, and KPI tables are declared by `metrics`."""
    kpis = (kpi.table for kpi in kpi_tables(metrics)) if metrics else ()
    return {str(table): table for table in (*SILVER, *(model.table for model in GOLD), *kpis, *RECORDS)}
