"""How far changes reach into fact_registrations: accounts that came, went, were re-dated, or ordered at last."""

from __future__ import annotations

from lakehouse.gold import fact_registrations
from lakehouse.gold.dim_customers import TABLE as DIM_CUSTOMERS
from lakehouse.gold.fact_registrations import TABLE
from lakehouse.scope import Keys, Scope, Scoped, differing, having


def scoped(scope: Scope) -> Scoped:
    """The accounts reached: most customers that changed only ordered once more, which is nothing new here."""
    changed = scope.changed(DIM_CUSTOMERS)
    if not changed:
        return Scoped(changed)
    customers = [having(side(DIM_CUSTOMERS), "customer_key", changed) for side in (scope.was, scope.is_now)]
    was, now = (scope.evaluated(fact_registrations.transform(scope.frame(side), scope.business)) for side in customers)
    keys = differing(was, now, "customer_key")
    days = Keys.of(having(was, "customer_key", keys)["registration_date"])
    return Scoped(
        keys=keys,
        rows=scope.frame(having(now, "customer_key", keys)),
        set_aside=fact_registrations.set_aside(scope.frame(customers[1]), scope.business),
        judged=Keys.of(*(side["customer_id"] for side in customers)),
        was=having(scope.before(TABLE, "registration_date", days), "customer_key", keys),
    )
