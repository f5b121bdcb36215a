"""How far changes of accounts reach: orders of guests whose e-mail has an account now, has another one, or has none."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa

from lakehouse.gold.dim_customers import TABLE as DIM_CUSTOMERS
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.gold.identity import customer_key, guest_key
from lakehouse.scope import Keys, Scope
from lakehouse.silver.customers import TABLE as CUSTOMERS
from lakehouse.silver.orders import TABLE as ORDERS
from lakehouse.spark import DataFrame, F

_IDENTITY = ("customer_key", "customer_id")


def moved(scope: Scope) -> DataFrame:
    """(email, was_customer_id, customer_id, guest_key) of each e-mail that means another account than was published."""
    emails = Keys.none()
    if scope.changed(CUSTOMERS):
        emails = scope.keys(_live(scope.images(CUSTOMERS, ("email", "_is_deleted"))), "email")
    fields = ("email", "customer_id", "_is_deleted")
    was, is_now = (
        _live(side(CUSTOMERS, "email", emails, fields)).groupBy("email").agg(F.min("customer_id").alias("customer_id"))
        for side in (scope.before, scope.now)
    )
    both = was.withColumnRenamed("customer_id", "was_customer_id").join(is_now, "email", "full")
    differs = ~F.col("was_customer_id").eqNullSafe(F.col("customer_id"))
    return scope.held(both.where(differs).withColumn("guest_key", guest_key(F.col("email"))))


def of_accounts(scope: Scope, moved: DataFrame) -> Keys:
    """Orders of guests that are published as orders of an account which their e-mail does not mean any more."""
    theirs = moved.where(F.col("was_customer_id").isNotNull())
    accounts = theirs.select(customer_key(F.col("was_customer_id")).alias("customer_key"))
    orders = scope.before(FACT_ORDERS, "customer_key", _ordering(scope, accounts), ["order_id"])
    sent = scope.now(ORDERS, "order_id", scope.keys(orders, "order_id"), ["order_id", "customer_id", "email"])
    guests = sent.where(F.col("customer_id").isNull()).join(theirs.select("email"), "email", "left_semi")
    return scope.keys(guests, "order_id")


def of_guests(scope: Scope, moved: DataFrame) -> DataFrame:
    """Published orders of guests whose e-mail means an account now, as they are published."""
    guests = moved.where(F.col("was_customer_id").isNull()).select(F.col("guest_key").alias("customer_key"))
    return scope.before(FACT_ORDERS, "customer_key", _ordering(scope, guests))


def relabelled(orders: DataFrame, moved: DataFrame) -> DataFrame:
    """Published orders of guests as orders of the accounts that their e-mails mean."""
    accounts = moved.select("guest_key", F.col("customer_id").alias("_account_id"))
    joined = orders.join(accounts, F.col("customer_key") == F.col("guest_key"))
    return joined.withColumns(
        {"customer_id": F.col("_account_id"), "customer_key": customer_key(F.col("_account_id"))}
    ).select(*orders.columns)


def renamed(scope: Scope, fields: Collection[str]) -> Keys:
    """Orders of guests that are an account's now, and of which no other of `fields` changed."""
    guests = scope.keys(scope.was(FACT_ORDERS).where(F.col("customer_id").isNull()), "order_id")
    others = scope.changed_in(FACT_ORDERS, [name for name in fields if name not in _IDENTITY])
    return (scope.changed_in(FACT_ORDERS, _IDENTITY) & guests) - others


def with_customers(scope: Scope, rows: DataFrame, orders: Keys) -> DataFrame:
    """Published rows of a fact that takes its customer from the order, with the customers that the orders have now."""
    was = scope.was(FACT_ORDERS).select("order_id", "order_key", F.col("customer_key").alias("_was_key"))
    now = scope.is_now(FACT_ORDERS).select(
        "order_id", F.col("customer_key").alias("_key"), F.col("customer_id").alias("_id")
    )
    wanted = scope.frame(pa.table({"order_id": orders.values}))
    customers = was.join(now, "order_id").join(wanted, "order_id", "left_semi").drop("order_id")
    is_from_order = F.col("customer_key") == F.col("_was_key")
    taken = {"customer_key": "_key", "customer_id": "_id"}
    return (
        rows.join(customers, "order_key")
        .withColumns(
            {
                name: F.when(is_from_order, F.col(taken[name])).otherwise(F.col(name))
                for name in taken
                if name in rows.columns
            }
        )
        .select(*rows.columns)
    )


def _live(customers: DataFrame) -> DataFrame:
    return customers.where(~F.col("_is_deleted") & F.col("email").isNotNull())


def _ordering(scope: Scope, members: DataFrame) -> Keys:
    """Those of the members who have published orders, each with the day of the first one."""
    keys = scope.keys(members, "customer_key")
    customers = scope.before(DIM_CUSTOMERS, "customer_key", keys, ["customer_key", "first_ordered_at"])
    first_day = F.col("first_ordered_at").cast("date").alias("first_day")
    ordering = scope.evaluated(customers.where(first_day.isNotNull()).select("customer_key", first_day))
    return Keys.from_day_on(ordering, "customer_key", "first_day") if ordering.num_rows else Keys.none()
