"""How far changes reach into fact_orders: orders of which anything changed, and other ones of their customers."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.gold import fact_orders
from lakehouse.gold.dim_customers import TABLE as DIM_CUSTOMERS
from lakehouse.gold.dim_exchange_rates import TABLE as DIM_EXCHANGE_RATES
from lakehouse.gold.fact_orders import OWN, TABLE
from lakehouse.scope import Keys, Scope, Scoped, lacking, looked_up
from lakehouse.scopes import identities
from lakehouse.scopes.rates import reached_by_rates
from lakehouse.silver.customers import TABLE as CUSTOMERS
from lakehouse.silver.order_lines import TABLE as ORDER_LINES
from lakehouse.silver.orders import TABLE as ORDERS
from lakehouse.silver.payments import TABLE as PAYMENTS
from lakehouse.silver.sessions import TABLE as SESSIONS
from lakehouse.spark import DataFrame, F


def scoped(scope: Scope) -> Scoped:
    """The orders reached, made from silver; and those whose customer or place in a customer's life is another one.

    The latter are made from what is published of them.
    """
    moved = identities.moved(scope)
    reached = _reached(scope) | identities.of_accounts(scope, moved)
    guests = lacking(identities.of_guests(scope, moved), "order_id", reached)
    keys = reached | Keys.of(guests["order_id"])
    if not keys:
        return Scoped(keys)
    orders = scope.now(ORDERS, "order_id", reached)
    relabelled = scope.frame(identities.relabelled(guests, moved).select(OWN))
    made = scope.evaluated(_made(scope, orders, reached).unionByName(relabelled))
    before = pa.concat_tables([scope.before(TABLE, "order_id", reached), guests])
    since = _since(made, before)
    later = lacking(_later(scope, since), "order_id", keys)
    published = pa.concat_tables([before, later])
    return Scoped(
        keys=keys | Keys.of(later["order_id"]),
        rows=fact_orders.with_history(
            scope.frame(made).unionByName(scope.frame(later.select(OWN))),
            scope.business,
            _carried(scope, since, published),
        ),
        set_aside=fact_orders.set_aside(scope.frame(orders), scope.whole(DIM_EXCHANGE_RATES), scope.business),
        judged=reached,
        was=published,
    )


def _reached(scope: Scope) -> Keys:
    """Orders of which the head, a line, a payment, the session or the exchange rate changed."""
    reached = scope.changed(ORDERS) | reached_by_rates(scope, ORDERS, "ordered_at")
    for table in (ORDER_LINES, PAYMENTS):
        if scope.changed(table):
            reached |= Keys.of(scope.images(table)["order_id"])
    if visited := scope.changed(SESSIONS):
        reached |= Keys.of(scope.now(ORDERS, "session_id", visited, ["order_id"])["order_id"])
    return reached


def _made(scope: Scope, orders: pa.Table, reached: Keys) -> DataFrame:
    """What the orders are apart from their customers' other orders, from silver."""
    emails = Keys.of(orders.filter(pc.field("customer_id").is_null())["email"])
    return fact_orders.own_values(
        scope.frame(orders),
        scope.frame(scope.now(ORDER_LINES, "order_id", reached)),
        scope.frame(scope.now(PAYMENTS, "order_id", reached)),
        scope.frame(scope.now(SESSIONS, "session_id", Keys.of(orders["session_id"]))),
        scope.frame(scope.now(CUSTOMERS, "email", emails)),
        scope.whole(DIM_EXCHANGE_RATES),
        scope.business,
    )


def _since(made: pa.Table, before: pa.Table) -> pa.Table:
    """(customer_key, since, since_day): from when on a customer's history can be another one."""
    names = ["customer_key", "ordered_at"]
    moments = pa.concat_tables([made.select(names), before.select(names)], promote_options="permissive")
    since = moments.group_by("customer_key").aggregate([("ordered_at", "min")])
    days = since["ordered_at_min"].cast(pa.date32())
    return since.append_column("since_day", days).rename_columns({"ordered_at_min": "since"})


def _later(scope: Scope, since: pa.Table) -> pa.Table:
    """The published orders of these customers since then."""
    customers = Keys.from_day_on(since, "customer_key", "since_day") if since.num_rows else Keys.none()
    theirs = scope.before(TABLE, "customer_key", customers)
    beginnings = looked_up(theirs["customer_key"], "customer_key", since, "since")
    return theirs.filter(pc.greater_equal(theirs["ordered_at"], beginnings))


def _carried(scope: Scope, since: pa.Table, published: pa.Table) -> DataFrame:
    """What each customer's qualifying orders before `since` amount to, told by what is published.

    The first published one since then has it in its number and in the day before it; without one, all of the
    customer's orders are before.
    """
    order = F.struct("ordered_at", "order_id", "customer_order_number", "previous_order_date")
    first = (
        scope.frame(published).groupBy("customer_key").agg(F.min(F.when(F.col("is_qualifying"), order)).alias("_first"))
    )
    fields = ["customer_key", "order_count", "last_order_date"]
    to_date = scope.before(DIM_CUSTOMERS, "customer_key", Keys.of(since["customer_key"]), fields)
    known = scope.frame(to_date).join(first, "customer_key", "left")
    has_first = F.col("_first").isNotNull()
    return known.select(
        "customer_key",
        F.when(has_first, F.col("_first.customer_order_number") - 1)
        .otherwise(F.col("order_count"))
        .alias("carried_order_count"),
        F.when(has_first, F.col("_first.previous_order_date"))
        .otherwise(F.col("last_order_date"))
        .alias("carried_order_date"),
    )
