"""Whether what a contestant wrote is right: the nine KPIs by month, and each table's rows and sums."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
from deltalake import DeltaTable

from benchmarks.plain_tables import TABLES
from lakehouse.derive.schema import arrow_schema
from lakehouse.gold.missing_days import TABLE as MISSING_DAYS
from lakehouse.runs.snapshot import Snapshot, open_snapshot
from lakehouse.runs.workspace import CHECKOUT
from lakehouse.semantic.compiler.compile import compile_query
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.query import Calendar, Query
from lakehouse.settings import Storage

KPIS = (
    "total_revenue",
    "average_order_value",
    "revenue_growth_rate",
    "total_orders",
    "order_conversion_rate",
    "total_payments",
    "payment_success_rate",
    "customer_acquisition_rate",
    "customer_retention_rate",
)
KPI_TOLERANCE = 1e-9
TOTAL_TOLERANCE = 1e-6
"""Relative, for quotients alone: the plain scripts' are not rounded. Amounts and counts are equal to the last digit."""

NOT_IN_PLAIN = frozenset({"declared_total_amount", "is_tax_included"})
"""What lakehouse has for shops that deliver it; beside these, all fields that begin with `_`."""

NOT_FILLED = {
    ("order_lines", "tax_amount"),
    ("sessions", "updated_at"),
    ("exchange_rates", "updated_at"),
}
"""(table, field) of silver that this shop delivers nothing for, and the plain scripts leave out."""

Numbers = Mapping[str, Mapping[str, float | None]]
"""The KPIs by first day of the month and name."""

Totals = Mapping[str, Mapping[str, float | int | None]]
"""By table and column: the sum of numbers, the number of trues, of distinct keys, or of other values."""


class Written(Protocol):
    """What a contestant wrote, table by table."""

    def dataset(self, name: str) -> ds.Dataset: ...


@dataclass(frozen=True)
class PlainLake:
    """Tables in folders of their own, by layer: Delta, or Parquet files alone."""

    root: Path

    def dataset(self, name: str) -> ds.Dataset:
        if name == MISSING_DAYS.name:
            # A plain script takes every day for known.
            return ds.dataset(arrow_schema(MISSING_DAYS).empty_table())
        layer = next(table.layer for table in TABLES if table.name == name)
        path = self.root / layer / name
        if (path / "_delta_log").is_dir():
            return DeltaTable(path).to_pyarrow_dataset()
        return ds.dataset(path, format="parquet", partitioning="hive")


def published(lake: Path) -> Snapshot:
    """What lakehouse published."""
    return open_snapshot(str(lake), Storage())


# ── the nine KPIs ─────────────────────────────────────────────────────────────────────────────────────────────────────


def months(written: Written) -> Numbers:
    """The nine KPIs by month, by the SQL that `lakehouse query` makes of the KPI tables."""
    metrics = load_metrics(CHECKOUT / "metrics")
    stored = {mart.table: written.dataset(mart.table).schema.names for mart in metrics.marts}
    compiled = compile_query(Query(KPIS, Calendar.MONTH), metrics, stored)
    with duckdb.connect() as connection:
        for name in compiled.tables:
            plain = name.rpartition(".")[2]
            connection.register(plain, written.dataset(plain))
        rows = connection.sql(compiled.sql()).to_arrow_table().to_pylist()
    return {str(row["period_start"]): {name: _number(row[name]) for name in KPIS} for row in rows}


def true_months(truth: Path) -> Numbers:
    """The same numbers as the generator's truth has them."""
    periods = json.loads(truth.read_text(encoding="utf-8"))["grains"]["month"]
    return {period["start"]: {name: _number(period[name]) for name in KPIS} for period in periods}


def comparable(numbers: Numbers, first_day: str) -> Numbers:
    """The numbers without a conversion rate of months that began before `first_day`.

    Late files bring orders of days of which no visits were delivered. lakehouse does not know such days' conversion
    and leaves their orders out; the plain script counts them.
    """
    unknown = {"order_conversion_rate": None}
    return {month: {**row, **(unknown if month < first_day else {})} for month, row in numbers.items()}


def _number(value: object) -> float | None:
    if isinstance(value, dict):
        value = value["value"]
    return None if value is None else float(str(value))


def wrong_months(expected: Numbers, actual: Numbers) -> Iterator[str]:
    """Every number that is not as expected, in words."""
    for month in sorted({*expected, *actual}):
        for name in KPIS:
            wanted, found = expected.get(month, {}).get(name), actual.get(month, {}).get(name)
            if not _equal(wanted, found, KPI_TOLERANCE):
                yield f"{name} of {month} is {found}, and should be {wanted}"


# ── tables ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def totals(written: Written) -> Totals:
    """Rows and control sums of every table that all contestants write."""
    return {table.name: _totals(written.dataset(table.name)) for table in TABLES}


def _totals(rows: ds.Dataset) -> Mapping[str, float | int | None]:
    # `rows` is a word of SQL, so it is no column's name.
    totals = [f'{_total(field)} as "{field.name}"' for field in rows.schema if not field.name.startswith("_")]
    with duckdb.connect() as connection:
        connection.register("rows_written", rows)
        found = connection.sql(f"select count(*) as rows, {', '.join(totals)} from rows_written").to_arrow_table()
    return dict(found.to_pylist()[0])


def _total(field: pa.Field) -> str:
    name, kind = f'"{field.name}"', field.type
    if pa.types.is_boolean(kind):
        return f"count(*) filter ({name})"
    if pa.types.is_decimal(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return f"sum({name})"
    return f"count(distinct {name})" if field.name.endswith("_key") else f"count({name})"


def wrong_totals(lakehouse: Totals, plain: Totals) -> Iterator[str]:
    """Every table of a plain script that has other rows, columns or sums than lakehouse's, in words."""
    for table, wanted in lakehouse.items():
        found = plain[table]
        missing = {name for name in wanted if (table, name) not in NOT_FILLED} - NOT_IN_PLAIN - set(found)
        if missing or not set(found) <= set(wanted):
            yield f"{table} has the columns {sorted(found)}, and should have {sorted(wanted)}"
        for name in sorted(set(found) & set(wanted)):
            is_quotient = isinstance(found[name], float)
            if not _equal(wanted[name], found[name], TOTAL_TOLERANCE if is_quotient else 0):
                yield f"{name} of {table} adds up to {found[name]}, and should to {wanted[name]}"


def _equal(one: float | None, other: float | None, tolerance: float) -> bool:
    if one is None or other is None:
        return one is other
    return abs(float(one) - float(other)) <= tolerance * max(1.0, abs(float(one)))
