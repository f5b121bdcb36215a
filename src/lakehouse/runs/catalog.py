"""Every table the package declares, and the order in which they are built."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from graphlib import TopologicalSorter
from typing import Any

from lakehouse import scopes
from lakehouse.gold import (
    coverage,
    dim_customers,
    dim_customers_history,
    dim_dates,
    dim_exchange_rates,
    dim_products,
    dim_products_history,
    fact_order_lines,
    fact_orders,
    fact_payments,
    fact_refunds,
    fact_registrations,
    fact_sessions,
    missing_days,
)
from lakehouse.kpi.daily import KpiTable
from lakehouse.quality.ledger import BALANCES, DELIVERIES, OBJECTS
from lakehouse.quality.quarantine import REJECTS, SET_ASIDE
from lakehouse.scope import Scope, Scoped
from lakehouse.silver import (
    customers,
    exchange_rates,
    order_lines,
    orders,
    payments,
    products,
    refunds,
    sessions,
)
from lakehouse.silver.customer_versions import TABLE as CUSTOMER_VERSIONS
from lakehouse.silver.product_versions import TABLE as PRODUCT_VERSIONS
from lakehouse.spark import DataFrame
from lakehouse.table import Table

Transform = Callable[..., DataFrame]


@dataclass(frozen=True)
class Entity:
    """A silver entity: how mapped rows are conformed, and where all its versions are kept, if they are."""

    table: Table
    conform: Transform
    versions: Table | None = None


@dataclass(frozen=True)
class Model:
    """A table made from others; `rows` makes one that depends on settings alone.

    `scoped` makes what a run's changes reach of it; a table without is small, and made anew as a whole.
    """

    table: Table
    transform: Transform | None = None
    set_aside: Transform | None = None
    rows: Callable[..., Any] | None = None
    scoped: Callable[[Scope], Scoped] | None = None


ENTITIES = {
    entity.table.name: entity
    for entity in (
        Entity(customers.TABLE, customers.transform, CUSTOMER_VERSIONS),
        Entity(products.TABLE, products.transform, PRODUCT_VERSIONS),
        Entity(orders.TABLE, orders.transform),
        Entity(order_lines.TABLE, order_lines.transform),
        Entity(payments.TABLE, payments.transform),
        Entity(refunds.TABLE, refunds.transform),
        Entity(sessions.TABLE, sessions.transform),
        Entity(exchange_rates.TABLE, exchange_rates.transform),
    )
}

ENTITY_TABLES = {name: entity.table for name, entity in ENTITIES.items()}
"""Declarations of the entities that a source can fill, by name."""

SILVER = tuple(table for entity in ENTITIES.values() for table in (entity.table, entity.versions) if table is not None)

RECORDS = (OBJECTS, BALANCES, DELIVERIES, REJECTS, SET_ASIDE)
"""What runs write down beside the data."""

GOLD = (
    Model(dim_dates.TABLE, rows=dim_dates.rows),
    Model(dim_exchange_rates.TABLE, dim_exchange_rates.transform),
    Model(dim_products.TABLE, dim_products.transform, scoped=scopes.dim_products.scoped),
    Model(dim_products_history.TABLE, dim_products_history.transform),
    Model(dim_customers.TABLE, dim_customers.transform, scoped=scopes.dim_customers.scoped),
    Model(dim_customers_history.TABLE, dim_customers_history.transform, scoped=scopes.dim_customers_history.scoped),
    Model(fact_orders.TABLE, fact_orders.transform, fact_orders.set_aside, scoped=scopes.fact_orders.scoped),
    Model(
        fact_order_lines.TABLE,
        fact_order_lines.transform,
        fact_order_lines.set_aside,
        scoped=scopes.fact_order_lines.scoped,
    ),
    Model(fact_payments.TABLE, fact_payments.transform, fact_payments.set_aside, scoped=scopes.fact_payments.scoped),
    Model(fact_refunds.TABLE, fact_refunds.transform, fact_refunds.set_aside, scoped=scopes.fact_refunds.scoped),
    Model(
        fact_registrations.TABLE,
        fact_registrations.transform,
        fact_registrations.set_aside,
        scoped=scopes.fact_registrations.scoped,
    ),
    Model(fact_sessions.TABLE, fact_sessions.transform, fact_sessions.set_aside, scoped=scopes.fact_sessions.scoped),
    Model(coverage.TABLE, coverage.transform),
    Model(missing_days.TABLE, missing_days.transform, scoped=scopes.missing_days.scoped),
)


def kpi_model(kpi: KpiTable) -> Model:
    """The model of a mart's KPI table."""
    return Model(kpi.table, kpi.transform, scoped=partial(scopes.kpi.scoped, kpi))


def in_order(models: Iterable[Model]) -> Sequence[Model]:
    """The models, each after every model it reads."""
    by_name = {str(model.table): model for model in models}
    graph = {name: {str(table) for table in model.table.inputs} for name, model in by_name.items()}
    return [by_name[name] for name in TopologicalSorter(graph).static_order() if name in by_name]
