"""Who ordered: the customer account, else the account with the same e-mail, else the e-mail, else the order itself."""

from __future__ import annotations

from lakehouse import verbs
from lakehouse.spark import Column, DataFrame, F


def customer_key(customer_id: Column) -> Column:
    """Surrogate key of a customer account; null for a null id."""
    return verbs.surrogate_key(customer_id)


def guest_key(email: Column) -> Column:
    """Surrogate key of a guest who is known by an e-mail; null for a null one."""
    return verbs.surrogate_key(F.when(email.isNotNull(), F.concat(F.lit("guest:"), email)))


def identify(orders: DataFrame, customers: DataFrame) -> DataFrame:
    """`orders` plus `customer_key`; `customer_id` of a guest becomes the account with the same e-mail, if any.

    Of several accounts with one e-mail the smallest id counts. Null is never a group: an order with neither id nor
    e-mail is a customer of its own.
    """
    accounts = (
        customers.where(~F.col("_is_deleted") & F.col("email").isNotNull())
        .groupBy(F.col("email").alias("_account_email"))
        .agg(F.min("customer_id").alias("_account_id"))
    )
    known = orders.join(
        accounts, F.col("customer_id").isNull() & (F.col("email") == F.col("_account_email")), "left"
    ).withColumn("customer_id", F.coalesce("customer_id", "_account_id"))
    order_key = verbs.surrogate_key(F.concat(F.lit("order:"), F.col("order_id")))
    whose = F.coalesce(customer_key(F.col("customer_id")), guest_key(F.col("email")), order_key)
    return known.withColumn("customer_key", whose).drop("_account_email", "_account_id")
