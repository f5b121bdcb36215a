"""How far changes reach into fact_refunds: refunds that changed, and those of orders that did."""

from __future__ import annotations

from lakehouse.gold import fact_refunds
from lakehouse.gold.dim_exchange_rates import TABLE as DIM_EXCHANGE_RATES
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.gold.fact_refunds import OF_ORDERS
from lakehouse.scope import Scope, Scoped
from lakehouse.scopes.rates import reached_by_rates
from lakehouse.silver.refunds import TABLE as REFUNDS


def scoped(scope: Scope) -> Scoped:
    """The refunds reached."""
    keys = scope.changed(REFUNDS) | reached_by_rates(scope, REFUNDS, "refunded_at")
    keys |= scope.keys(scope.now(REFUNDS, "order_id", scope.changed_in(FACT_ORDERS, OF_ORDERS)), "refund_id")
    if not keys:
        return Scoped(keys)
    refunds = scope.now(REFUNDS, "refund_id", keys)
    facts = scope.now(FACT_ORDERS, "order_id", scope.keys(refunds, "order_id"))
    rates = scope.whole(DIM_EXCHANGE_RATES)
    return Scoped(
        keys,
        fact_refunds.transform(refunds, facts, rates, scope.business),
        fact_refunds.set_aside(refunds, facts, rates, scope.business),
        keys,
    )
