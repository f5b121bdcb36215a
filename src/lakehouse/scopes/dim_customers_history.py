"""How far changes reach into dim_customers_history: accounts with a new version, and those that came or went."""

from __future__ import annotations

from lakehouse.gold import dim_customers_history
from lakehouse.gold.dim_customers import TABLE as DIM_CUSTOMERS
from lakehouse.scope import Scope, Scoped
from lakehouse.silver.customer_versions import TABLE as CUSTOMER_VERSIONS


def scoped(scope: Scope) -> Scoped:
    """All stretches of the accounts reached."""
    before = scope.keys(scope.was(DIM_CUSTOMERS), "customer_id")
    now = scope.keys(scope.is_now(DIM_CUSTOMERS), "customer_id")
    ids = scope.changed(CUSTOMER_VERSIONS) | (before - now) | (now - before)
    if not ids:
        return Scoped(ids)
    versions = scope.now(CUSTOMER_VERSIONS, "customer_id", ids)
    return Scoped(ids, dim_customers_history.transform(versions, scope.now(DIM_CUSTOMERS, "customer_id", ids)))
