"""How far the changes of a run reach into each table; one file per table beside its transform in `lakehouse.gold`."""

from __future__ import annotations

from lakehouse.scopes import (
    dim_customers,
    dim_customers_history,
    dim_products,
    fact_order_lines,
    fact_orders,
    fact_payments,
    fact_refunds,
    fact_registrations,
    fact_sessions,
    kpi,
    missing_days,
)

__all__ = [
    "dim_customers",
    "dim_customers_history",
    "dim_products",
    "fact_order_lines",
    "fact_orders",
    "fact_payments",
    "fact_refunds",
    "fact_registrations",
    "fact_sessions",
    "kpi",
    "missing_days",
]
