"""How far changes reach into fact_refunds: refunds that changed, and those of orders that did."""

from __future__ import annotations

from lakehouse.gold import fact_refunds
from lakehouse.gold.dim_exchange_rates import TABLE as DIM_EXCHANGE_RATES
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.gold.fact_refunds import OF_ORDERS, TABLE
from lakehouse.scope import Keys, Scope, Scoped
from lakehouse.scopes import identities
from lakehouse.scopes.rates import reached_by_rates
from lakehouse.silver.refunds import TABLE as REFUNDS


def scoped(scope: Scope) -> Scoped:
    """The refunds reached."""
    keys = scope.changed(REFUNDS) | reached_by_rates(scope, REFUNDS, "refunded_at")
    renamed = identities.renamed(scope, OF_ORDERS)
    keys |= _of_orders(scope, scope.changed_in(FACT_ORDERS, OF_ORDERS) - renamed)
    others = _of_orders(scope, renamed) - keys
    if not (keys or others):
        return Scoped(keys)
    sent = scope.now(REFUNDS, "refund_id", keys)
    facts = scope.frame(scope.now(FACT_ORDERS, "order_id", Keys.of(sent["order_id"]), OF_ORDERS))
    refunds, rates = scope.frame(sent), scope.whole(DIM_EXCHANGE_RATES)
    made = fact_refunds.transform(refunds, facts, rates, scope.business)
    kept = identities.with_customers(scope, scope.before(TABLE, "refund_id", others), renamed)
    return Scoped(
        keys | others,
        made.unionByName(scope.frame(kept)),
        fact_refunds.set_aside(refunds, facts, rates, scope.business),
        keys,
    )


def _of_orders(scope: Scope, orders: Keys) -> Keys:
    return Keys.of(scope.now(REFUNDS, "order_id", orders, ["refund_id"])["refund_id"])
