"""How far changes reach into fact_orders: orders of which anything changed, and other ones of their customers."""

from __future__ import annotations

import pyarrow as pa

from lakehouse.gold import fact_orders
from lakehouse.gold.dim_customers import TABLE as DIM_CUSTOMERS
from lakehouse.gold.dim_exchange_rates import TABLE as DIM_EXCHANGE_RATES
from lakehouse.gold.fact_orders import OWN, TABLE
from lakehouse.scope import Keys, Scope, Scoped
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
    guests = scope.held(_but(scope, identities.of_guests(scope, moved), reached))
    if not reached and guests.isEmpty():
        return Scoped(reached)
    orders = scope.held(scope.now(ORDERS, "order_id", reached))
    made = scope.held(_made(scope, orders, reached).unionByName(identities.relabelled(guests, moved).select(*OWN)))
    before = scope.held(scope.before(TABLE, "order_id", reached).unionByName(guests))
    since = _since(scope, made, before)
    keys = reached | scope.keys(guests, "order_id")
    later = scope.held(_but(scope, _later(scope, since), keys))
    return Scoped(
        keys=keys | scope.keys(later, "order_id"),
        rows=fact_orders.with_history(
            made.unionByName(later.select(*OWN)),
            scope.business,
            _carried(scope, since, before.unionByName(later)),
        ),
        set_aside=fact_orders.set_aside(orders, scope.whole(DIM_EXCHANGE_RATES), scope.business),
        judged=reached,
    )


def _reached(scope: Scope) -> Keys:
    """Orders of which the head, a line, a payment, the session or the exchange rate changed."""
    reached = scope.changed(ORDERS) | reached_by_rates(scope, ORDERS, "ordered_at")
    for table in (ORDER_LINES, PAYMENTS):
        if scope.changed(table):
            reached |= scope.keys(scope.images(table), "order_id")
    if visited := scope.changed(SESSIONS):
        reached |= scope.keys(scope.now(ORDERS, "session_id", visited, ["order_id"]), "order_id")
    return reached


def _made(scope: Scope, orders: DataFrame, reached: Keys) -> DataFrame:
    """What the orders are apart from their customers' other orders, from silver."""
    emails = scope.keys(orders.where(F.col("customer_id").isNull()), "email")
    return fact_orders.own_values(
        orders,
        scope.now(ORDER_LINES, "order_id", reached),
        scope.now(PAYMENTS, "order_id", reached),
        scope.now(SESSIONS, "session_id", scope.keys(orders, "session_id")),
        scope.now(CUSTOMERS, "email", emails),
        scope.whole(DIM_EXCHANGE_RATES),
        scope.business,
    )


def _but(scope: Scope, orders: DataFrame, keys: Keys) -> DataFrame:
    """The orders that have none of the keys."""
    made = scope.frame(pa.table({"order_id": keys.values}))
    return orders.join(made, "order_id", "left_anti").select(*TABLE.field_names)


def _since(scope: Scope, own: DataFrame, before: DataFrame) -> pa.Table:
    """(customer_key, since, since_day): from when on a customer's history can be another one."""
    moments = own.select("customer_key", "ordered_at").unionByName(before.select("customer_key", "ordered_at"))
    since = moments.groupBy("customer_key").agg(F.min("ordered_at").alias("since"))
    return scope.evaluated(since.withColumn("since_day", F.col("since").cast("date")))


def _later(scope: Scope, since: pa.Table) -> DataFrame:
    """The published orders of these customers since then."""
    if not since.num_rows:
        return scope.before(TABLE, "order_id", Keys.none())
    theirs = scope.before(TABLE, "customer_key", Keys.from_day_on(since, "customer_key", "since_day"))
    return theirs.join(scope.frame(since), "customer_key").where(F.col("ordered_at") >= F.col("since"))


def _carried(scope: Scope, since: pa.Table, published: DataFrame) -> DataFrame:
    """What each customer's qualifying orders before `since` amount to, told by what is published.

    The first published one since then has it in its number and in the day before it; without one, all of the
    customer's orders are before.
    """
    order = F.struct("ordered_at", "order_id", "customer_order_number", "previous_order_date")
    first = published.groupBy("customer_key").agg(F.min(F.when(F.col("is_qualifying"), order)).alias("_first"))
    fields = ["customer_key", "order_count", "last_order_date"]
    to_date = scope.before(DIM_CUSTOMERS, "customer_key", Keys.of(since["customer_key"]), fields)
    known = to_date.join(first, "customer_key", "left")
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
