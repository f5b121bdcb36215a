"""How far changes reach into fact_payments: attempts that changed, those of orders that did, and repeats of both."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.gold import fact_payments
from lakehouse.gold.dim_exchange_rates import TABLE as DIM_EXCHANGE_RATES
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.gold.fact_payments import OF_ORDERS, TABLE
from lakehouse.scope import Keys, Scope, Scoped
from lakehouse.scopes import identities
from lakehouse.scopes.rates import reached_by_rates
from lakehouse.silver.payments import TABLE as PAYMENTS


def scoped(scope: Scope) -> Scoped:
    """The attempts reached, each with all others of its order or, without one, of its request."""
    changed = scope.changed(PAYMENTS) | reached_by_rates(scope, PAYMENTS, "attempted_at")
    renamed = identities.renamed(scope, OF_ORDERS)
    orders = scope.changed_in(FACT_ORDERS, OF_ORDERS) - renamed
    if not (changed or orders or renamed):
        return Scoped(changed)
    reached = pa.concat_tables([scope.now(PAYMENTS, "payment_id", changed), scope.was(PAYMENTS)])
    orders |= Keys.of(reached["order_id"])
    renamed -= orders
    keys = changed | _of_orders(scope, orders) | _of_requests(scope, reached)
    others = _of_orders(scope, renamed) - keys
    payments = scope.now(PAYMENTS, "payment_id", keys)
    facts = scope.frame(scope.now(FACT_ORDERS, "order_id", orders | Keys.of(payments["order_id"]), OF_ORDERS))
    attempts, rates = scope.frame(payments), scope.whole(DIM_EXCHANGE_RATES)
    made = fact_payments.transform(attempts, facts, rates, scope.business)
    kept = identities.with_customers(scope, scope.before(TABLE, "payment_id", others), renamed)
    return Scoped(
        keys | others,
        made.unionByName(scope.frame(kept)),
        fact_payments.set_aside(attempts, facts, rates, scope.business),
        keys,
    )


def _of_orders(scope: Scope, orders: Keys) -> Keys:
    return Keys.of(scope.now(PAYMENTS, "order_id", orders, ["payment_id"])["payment_id"])


def _of_requests(scope: Scope, reached: pa.Table) -> Keys:
    """Attempts without an order that share an idempotency key with one of those reached."""
    without_order = pc.field("order_id").is_null()
    requests = Keys.of(reached.filter(without_order)["idempotency_key"])
    alike = scope.now(PAYMENTS, "idempotency_key", requests, ["payment_id", "order_id"])
    return Keys.of(alike.filter(without_order)["payment_id"])
