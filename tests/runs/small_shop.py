"""The smallest shop that has every way of loading: few rows, two models, a run in about a second.

Three objects: `orders` must arrive; `lines` come all together for an order; `customers` keep all their versions.
Of gold there are two models only, one with a check that a test can break; no KPI.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from pyspark.sql import DataFrame, SparkSession

from lakehouse.runs.catalog import ENTITY_TABLES, Model
from lakehouse.runs.context import Follow, Progress
from lakehouse.runs.plan import Plan
from lakehouse.runs.report import RunReport
from lakehouse.runs.run import Request, plan, run
from lakehouse.runs.snapshot import Snapshot, open_snapshot
from lakehouse.runs.workspace import CHECKOUT, Workspace, open_workspace
from lakehouse.settings import Storage
from lakehouse.silver.orders import TABLE as ORDERS
from lakehouse.sources.check import check_sources
from lakehouse.storage.lake import Lake
from lakehouse.table import AMOUNT, STRING, Expectation, Field, Layer, Table

SOURCE = """
source: corner
objects:
  orders:
    files: orders*.csv
    required: true
    columns: [order_id, placed, status, shipping, changed]
  lines:
    files: lines*.csv
    columns: [line_id, order_id, quantity, price, changed]
  customers:
    files: customers*.csv
    columns: [customer_id, email, changed]
entities:
  orders:
    from: orders
    version: integer(changed)
    fields:
      order_id: order_id
      ordered_at: timestamp(placed, 'yyyy-MM-dd')
      status: status
      currency_code: "'EUR'"
      shipping_amount: decimal(shipping)
  order_lines:
    from: lines
    version: integer(changed)
    complete_per: order_id
    fields:
      order_line_id: line_id
      order_id: order_id
      quantity: decimal(quantity)
      unit_price_amount: decimal(price)
  customers:
    from: customers
    version: integer(changed)
    fields:
      customer_id: customer_id
      email: email
      updated_at: timestamp('2026-01-01', 'yyyy-MM-dd')
"""
HEADERS = {
    "orders": "order_id,placed,status,shipping,changed",
    "lines": "line_id,order_id,quantity,price,changed",
    "customers": "customer_id,email,changed",
}

SHIPPED = Table(
    Layer.GOLD,
    "shipped",
    "One row per order.",
    (Field("order_key", STRING, "The order."), Field("shipping_amount", AMOUNT, "What its shipping costs.")),
    primary_key=("order_key",),
    inputs=(ORDERS,),
    expectations=(Expectation("shipping_is_not_dear", "shipping_amount < 100"),),
)
LOADED_ONCE = ("_run_id", "_ingested_at", "reject_id")
"""Columns that say when a row was loaded, not what it is."""

WAY = ("_object_id", "_row_number")
"""Columns that say in which of several equal files a row came."""


def shipped(orders: DataFrame) -> DataFrame:
    return orders.where("not _is_deleted").selectExpr("order_id as order_key", "shipping_amount")


MODELS = (Model(SHIPPED, shipped),)
Rows = list[dict[str, Any]]


@dataclass
class SmallShop:
    """A landing folder, a lake, and the source as it is written now."""

    spark: SparkSession
    engine: str
    folder: Path
    source: str = SOURCE
    lake_name: str = "lake"
    tells: list[tuple[str, str]] = field(default_factory=list)

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    @property
    def lake(self) -> Lake:
        return Lake(str(self.folder / self.lake_name), Storage())

    def deliver(self, name: str, *records: str, minute: int = 0, header: str | None = None) -> Path:
        """A file of comma-separated records, last modified so many minutes after a fixed time."""
        kind = name.partition("_")[0]
        text = "\n".join([HEADERS[kind] if header is None else header, *records]) + "\n"
        return self.deliver_bytes(name, text.encode(), minute)

    def deliver_bytes(self, name: str, content: bytes, minute: int = 0) -> Path:
        path = self.landing / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        moment = datetime(2026, 1, 1, tzinfo=UTC).timestamp() + 60 * minute
        os.utime(path, (moment, moment))
        return path

    def deliver_first(self) -> None:
        """Two orders, one of them with two lines, and a customer."""
        self.deliver("orders_1", "o1,2026-01-05,paid,1.00,1", "o2,2026-01-06,placed,2.00,1")
        self.deliver("lines_1", "l1,o1,1,5.00,1", "l2,o1,2,6.00,1", "l3,o2,3,7.00,1")
        self.deliver("customers_1", "c1,ann@example.com,1")

    def deliver_second(self) -> None:
        """Something of everything: new, newer, older, broken, and a line that its order has no more."""
        self.deliver("orders_2", "o2,2026-01-06,paid,2.50,2", "o3,2026-01-07,paid,3.00,1", minute=1)
        self.deliver("lines_2", "l1,o1,1,5.00,2", "l4,o3,1,8.00,1", "l5,o3,many,8.00,1", minute=1)

    def workspace(self, **business: Any) -> Workspace:
        path = self.folder / "corner.yml"
        path.write_text(self.source)
        (source,) = check_sources([path], ENTITY_TABLES)
        opened = replace(_shipped_workspace(), sources={source.source: source})
        settings = opened.settings
        changed = settings.model_copy(update={"business": settings.business.model_copy(update=business)})
        return replace(opened, settings=changed)

    def run(self, *, full: bool = False, follow: Follow | None = None, workspace: Workspace | None = None) -> RunReport:
        self.tells.clear()
        with small_model():
            return run(self.request(workspace, full=full), follow or self._note, self.spark)

    def plan(self, workspace: Workspace | None = None, *, full: bool = False) -> Plan:
        with small_model():
            return plan(self.request(workspace, full=full))

    def request(self, workspace: Workspace | None = None, *, full: bool = False) -> Request:
        return Request(workspace or self.workspace(), self.lake.root, str(self.landing), self.engine, full)

    def _note(self, done: Progress) -> None:
        self.tells.append((done.step, done.what))

    def snapshot(self) -> Snapshot:
        return open_snapshot(self.lake.root, self.lake.storage)

    def published(self, name: str) -> Rows:
        """A published table, in order of all columns but those that say when a row was loaded."""
        table = self.snapshot().dataset(name).to_table()
        rows = table.drop_columns([name for name in LOADED_ONCE if name in table.column_names]).to_pylist()
        return sorted(rows, key=lambda row: [(value is None, str(value)) for value in row.values()])

    def facts(self) -> Mapping[str, Rows]:
        """What the published silver and gold tables say, whatever way it came: of what is deleted only that it is."""
        names = [name for name in self.snapshot().tables if name.startswith(("silver.", "gold."))]
        return {name: [_fact(row) for row in self.published(name)] for name in names}

    def contents(self) -> Mapping[str, Rows]:
        """Every table as published."""
        return {name: self.published(name) for name in self.snapshot().tables}

    def orders(self) -> dict[str, str]:
        """Published orders and their shipping."""
        return {
            row["order_key"].removeprefix("corner:"): str(row["shipping_amount"]) for row in self.published("shipped")
        }


@contextmanager
def small_model() -> Iterator[None]:
    """Runs build two tables of gold, and no KPI: what a run does is the same for few as for many."""
    with patch("lakehouse.runs.run.GOLD", MODELS), patch("lakehouse.runs.run.kpi_tables", lambda _metrics: ()):
        yield


def _fact(row: dict[str, Any]) -> dict[str, Any]:
    if row.get("_is_deleted"):
        return {"gone": next(iter(row.values()))}
    return {name: value for name, value in row.items() if name not in WAY}


@cache
def _shipped_workspace() -> Workspace:
    return open_workspace(CHECKOUT, "local", ["jaffle_shop"])
