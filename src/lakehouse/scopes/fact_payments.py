"""How far changes reach into fact_payments: attempts that changed, those of orders that did, and repeats of both."""

from __future__ import annotations

from lakehouse.gold import fact_payments
from lakehouse.gold.dim_exchange_rates import TABLE as DIM_EXCHANGE_RATES
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.gold.fact_payments import OF_ORDERS, TABLE
from lakehouse.scope import Keys, Scope, Scoped
from lakehouse.scopes import identities
from lakehouse.scopes.rates import reached_by_rates
from lakehouse.silver.payments import TABLE as PAYMENTS
from lakehouse.spark import DataFrame, F


def scoped(scope: Scope) -> Scoped:
    """The attempts reached, each with all others of its order or, without one, of its request."""
    changed = scope.changed(PAYMENTS) | reached_by_rates(scope, PAYMENTS, "attempted_at")
    renamed = identities.renamed(scope, OF_ORDERS)
    orders = scope.changed_in(FACT_ORDERS, OF_ORDERS) - renamed
    if not (changed or orders or renamed):
        return Scoped(changed)
    reached = scope.now(PAYMENTS, "payment_id", changed).unionByName(scope.was(PAYMENTS))
    orders |= scope.keys(reached, "order_id")
    renamed -= orders
    of_orders = scope.now(PAYMENTS, "order_id", orders, ["payment_id"])
    keys = changed | scope.keys(of_orders, "payment_id") | _of_requests(scope, reached)
    others = scope.keys(scope.now(PAYMENTS, "order_id", renamed, ["payment_id"]), "payment_id")
    payments = scope.now(PAYMENTS, "payment_id", keys)
    facts = scope.now(FACT_ORDERS, "order_id", orders | scope.keys(payments, "order_id"), OF_ORDERS)
    rates = scope.whole(DIM_EXCHANGE_RATES)
    made = fact_payments.transform(payments, facts, rates, scope.business)
    kept = identities.with_customers(scope, scope.before(TABLE, "payment_id", others), renamed)
    return Scoped(
        keys | others,
        made.unionByName(kept),
        fact_payments.set_aside(payments, facts, rates, scope.business),
        keys,
    )


def _of_requests(scope: Scope, reached: DataFrame) -> Keys:
    """Attempts without an order that share an idempotency key with one of those reached."""
    requests = scope.keys(reached.where(F.col("order_id").isNull()), "idempotency_key")
    fields = ["payment_id", "order_id"]
    alike = scope.now(PAYMENTS, "idempotency_key", requests, fields).where(F.col("order_id").isNull())
    return scope.keys(alike, "payment_id") if requests else requests
