"""How far changes reach into dim_customers_history: accounts with a new version, and those that came or went."""

from __future__ import annotations

from lakehouse.gold import dim_customers_history
from lakehouse.gold.dim_customers import TABLE as DIM_CUSTOMERS
from lakehouse.scope import Keys, Scope, Scoped
from lakehouse.silver.customer_versions import TABLE as CUSTOMER_VERSIONS


def scoped(scope: Scope) -> Scoped:
    """All stretches of the accounts reached."""
    before, now = (Keys.of(side(DIM_CUSTOMERS)["customer_id"]) for side in (scope.was, scope.is_now))
    ids = scope.changed(CUSTOMER_VERSIONS) | (before - now) | (now - before)
    if not ids:
        return Scoped(ids)
    versions = scope.frame(scope.now(CUSTOMER_VERSIONS, "customer_id", ids))
    members = scope.frame(scope.now(DIM_CUSTOMERS, "customer_id", ids))
    return Scoped(ids, dim_customers_history.transform(versions, members))
