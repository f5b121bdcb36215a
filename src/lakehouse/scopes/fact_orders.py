"""How far changes reach into fact_orders: orders of which anything changed, and their customers' later ones."""

from __future__ import annotations

import pyarrow as pa

from lakehouse.gold import fact_orders
from lakehouse.gold.dim_customers import TABLE as DIM_CUSTOMERS
from lakehouse.gold.dim_exchange_rates import TABLE as DIM_EXCHANGE_RATES
from lakehouse.gold.fact_orders import OWN, TABLE
from lakehouse.gold.identity import customer_key, guest_key
from lakehouse.scope import Keys, Scope, Scoped
from lakehouse.scopes.rates import reached_by_rates
from lakehouse.silver.customers import TABLE as CUSTOMERS
from lakehouse.silver.order_lines import TABLE as ORDER_LINES
from lakehouse.silver.orders import TABLE as ORDERS
from lakehouse.silver.payments import TABLE as PAYMENTS
from lakehouse.silver.sessions import TABLE as SESSIONS
from lakehouse.spark import DataFrame, F


def scoped(scope: Scope) -> Scoped:
    """The orders reached, made from silver; and their customers' later ones, whose history alone is made anew."""
    reached = _reached(scope)
    if not reached:
        return Scoped(reached)
    orders = scope.held(scope.now(ORDERS, "order_id", reached))
    own = fact_orders.own_values(
        orders,
        scope.now(ORDER_LINES, "order_id", reached),
        scope.now(PAYMENTS, "order_id", reached),
        scope.now(SESSIONS, "session_id", scope.keys(orders, "session_id")),
        scope.now(CUSTOMERS, "email", scope.keys(orders.where(F.col("customer_id").isNull()), "email")),
        scope.whole(DIM_EXCHANGE_RATES),
        scope.business,
    )
    own = scope.held(own)
    before = scope.held(scope.before(TABLE, "order_id", reached))
    since = _since(scope, own, before)
    later = _later(scope, since, reached)
    everything = own.unionByName(later.select(*OWN))
    return Scoped(
        keys=reached | scope.keys(later, "order_id"),
        rows=fact_orders.with_history(everything, scope.business, _carried(scope, since, before.unionByName(later))),
        set_aside=fact_orders.set_aside(orders, scope.whole(DIM_EXCHANGE_RATES), scope.business),
        judged=reached,
    )


def _reached(scope: Scope) -> Keys:
    """Orders of which the head, a line, a payment, the session, the guest's account or the exchange rate changed."""
    reached = scope.changed(ORDERS) | reached_by_rates(scope, ORDERS, "ordered_at") | _of_identities(scope)
    for table in (ORDER_LINES, PAYMENTS):
        if scope.changed(table):
            reached |= scope.keys(scope.images(table), "order_id")
    if visited := scope.changed(SESSIONS):
        reached |= scope.keys(scope.now(ORDERS, "session_id", visited), "order_id")
    return reached


def _of_identities(scope: Scope) -> Keys:
    """Orders of guests whose e-mail got an account, has another one now, or has none any more."""
    if not scope.changed(CUSTOMERS):
        return Keys.none()
    emails = scope.keys(scope.images(CUSTOMERS).where(~F.col("_is_deleted")), "email")
    accounts = scope.before(CUSTOMERS, "email", emails).where(~F.col("_is_deleted"))
    named = scope.frame(pa.table({"email": emails.values}))
    possible = (
        accounts.groupBy("email")
        .agg(F.min("customer_id").alias("_account_id"))
        .select(customer_key(F.col("_account_id")).alias("customer_key"))
        .unionByName(named.select(guest_key(F.col("email")).alias("customer_key")))
    )
    customers = scope.before(DIM_CUSTOMERS, "customer_key", scope.keys(possible, "customer_key"))
    ordering = customers.where(F.col("first_ordered_at").isNotNull())
    first_day = F.col("first_ordered_at").cast("date").alias("first_day")
    had_orders = scope.evaluated(ordering.select("customer_key", first_day))
    if not had_orders.num_rows:
        return Keys.none()
    orders = scope.before(TABLE, "customer_key", Keys.from_day_on(had_orders, "customer_key", "first_day"))
    ids = scope.keys(orders, "order_id")
    return scope.keys(scope.now(ORDERS, "order_id", ids).where(F.col("customer_id").isNull()), "order_id")


def _since(scope: Scope, own: DataFrame, before: DataFrame) -> pa.Table:
    """(customer_key, since, since_day): from when on a customer's history can be another one."""
    moments = own.select("customer_key", "ordered_at").unionByName(before.select("customer_key", "ordered_at"))
    since = moments.groupBy("customer_key").agg(F.min("ordered_at").alias("since"))
    return scope.evaluated(since.withColumn("since_day", F.col("since").cast("date")))


def _later(scope: Scope, since: pa.Table, reached: Keys) -> DataFrame:
    """The published orders of these customers since then, but for those that are made from silver."""
    if not since.num_rows:
        return scope.before(TABLE, "order_id", Keys.none())
    theirs = scope.before(TABLE, "customer_key", Keys.from_day_on(since, "customer_key", "since_day"))
    late = theirs.join(scope.frame(since), "customer_key").where(F.col("ordered_at") >= F.col("since"))
    made = scope.frame(pa.table({"order_id": reached.values}))
    return scope.held(late.join(made, "order_id", "left_anti").select(*TABLE.field_names))


def _carried(scope: Scope, since: pa.Table, published: DataFrame) -> DataFrame:
    """What each customer's qualifying orders before `since` amount to, told by what is published.

    The first published one since then has it in its number and in the day before it; without one, all of the
    customer's orders are before.
    """
    order = F.struct("ordered_at", "order_id", "customer_order_number", "previous_order_date")
    first = published.groupBy("customer_key").agg(F.min(F.when(F.col("is_qualifying"), order)).alias("_first"))
    to_date = scope.before(DIM_CUSTOMERS, "customer_key", Keys.of(since["customer_key"]))
    known = to_date.select("customer_key", "order_count", "last_order_date").join(first, "customer_key", "left")
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
