"""How far changes reach into dim_customers: accounts that changed, and whoever a changed fact names or named."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.gold import dim_customers
from lakehouse.gold.dim_customers import TABLE
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.gold.fact_payments import TABLE as FACT_PAYMENTS
from lakehouse.gold.fact_sessions import TABLE as FACT_SESSIONS
from lakehouse.gold.identity import customer_key
from lakehouse.scope import Keys, Scope, Scoped
from lakehouse.silver.customers import TABLE as CUSTOMERS
from lakehouse.spark import Column, DataFrame, F
from lakehouse.table import AMOUNT, UNKNOWN_KEY, Table

FACTS = (FACT_ORDERS, FACT_PAYMENTS, FACT_SESSIONS)

_MEMBER = ("customer_key", "customer_id")

_PUBLISHED = (
    "first_ordered_at",
    "first_order_country_code",
    "first_order_date",
    "last_order_date",
    "order_count",
    "lifetime_amount",
)


def scoped(scope: Scope) -> Scoped:
    """The customers reached; their orders to date are those published, less the changed ones before, plus them now."""
    named = [_named(scope, fact) for fact in FACTS if scope.changed(fact)]
    accounts = scope.changed(CUSTOMERS)
    keys = _union(Keys.of(members["customer_key"]) for members in named) | _hashed(scope, accounts)
    if not keys:
        return Scoped(keys)
    published = scope.before(TABLE, "customer_key", keys)
    ids = _union(Keys.of(members["customer_id"]) for members in named) | accounts
    current = scope.now(CUSTOMERS, "customer_id", ids).filter(~pc.field("_is_deleted"))
    live, to_date = scope.frame(current), _orders_to_date(scope, published)
    ordering = to_date.where(F.col("first_ordered_at").isNotNull()).select("customer_key")
    possible = pa.concat_tables([published.select(_MEMBER), _members(scope, FACT_ORDERS)])
    who_ordered = scope.frame(possible).join(ordering, "customer_key", "left_semi")
    left = (ids - Keys.of(current["customer_id"])) - _union(
        Keys.of(scope.is_now(fact)["customer_id"]) for fact in FACTS
    )
    others = [part for fact in FACTS[1:] for part in (_members(scope, fact), _still_named(scope, fact, left))]
    members = dim_customers.account_members(live).unionByName(who_ordered)
    members = members.unionByName(scope.frame(pa.concat_tables(others)))
    reached = members.join(scope.frame(pa.table({"customer_key": keys.values})), "customer_key", "left_semi")
    known = dim_customers.distinct_members(reached)
    return Scoped(keys, dim_customers.described(known, live, to_date, scope.business))


def _named(scope: Scope, fact: Table) -> pa.Table:
    """Whoever a changed order is or was of, and whoever other facts name or named."""
    fields = () if fact == FACT_ORDERS else _MEMBER
    return scope.images(fact, fields).select(_MEMBER).filter(pc.field("customer_key") != UNKNOWN_KEY)


def _members(scope: Scope, fact: Table) -> pa.Table:
    return scope.is_now(fact).select(_MEMBER)


def _still_named(scope: Scope, fact: Table, accounts: Keys) -> pa.Table:
    """Accounts that something named before and that have no row of their own: other rows may still name them."""
    return scope.now(fact, "customer_id", accounts, _MEMBER)


def _orders_to_date(scope: Scope, published: pa.Table) -> DataFrame:
    """As `dim_customers.orders_to_date` of all orders of the customers reached.

    Those made anew are all of a customer's from some time on; so what comes before is what was published, less they.
    """
    was, now = scope.frame(scope.was(FACT_ORDERS)), scope.frame(scope.is_now(FACT_ORDERS))
    qualifying = F.when(F.col("is_qualifying"), F.struct("ordered_at", "order_id", "previous_order_date"))
    removed = was.groupBy("customer_key").agg(
        F.count(F.when(F.col("is_qualifying"), F.lit(1))).alias("_removed_count"),
        F.sum(F.when(F.col("is_qualifying"), F.col("total_amount"))).alias("_removed_amount"),
        F.min(qualifying).alias("_first_removed"),
    )
    since = (
        was.select("customer_key", "ordered_at")
        .unionByName(now.select("customer_key", "ordered_at"))
        .groupBy("customer_key")
        .agg(F.min("ordered_at").alias("_since"))
    )
    added = dim_customers.orders_to_date(now)
    added = added.select("customer_key", *(F.col(name).alias(f"_added_{name}") for name in added.columns[1:]))
    everyone = scope.frame(published.select(["customer_key", *_PUBLISHED])).join(since, "customer_key", "full")
    joined = everyone.join(removed, "customer_key", "left").join(added, "customer_key", "left")
    return _summed(joined)


def _summed(joined: DataFrame) -> DataFrame:
    zero = F.lit(0).cast(AMOUNT)
    count_before = F.coalesce("order_count", F.lit(0)) - F.coalesce("_removed_count", F.lit(0))
    amount_before = F.coalesce("lifetime_amount", zero) - F.coalesce("_removed_amount", zero)
    is_before = F.coalesce(F.col("first_ordered_at") < F.col("_since"), F.col("first_ordered_at").isNotNull())
    last_before = F.when(F.col("_first_removed").isNotNull(), F.col("_first_removed.previous_order_date")).otherwise(
        F.col("last_order_date")
    )
    values = {
        "first_ordered_at": F.when(is_before, F.col("first_ordered_at")).otherwise(_added("first_ordered_at")),
        "first_order_country_code": F.when(is_before, F.col("first_order_country_code")).otherwise(
            _added("first_order_country_code")
        ),
        "first_order_date": F.when(count_before > 0, F.col("first_order_date")).otherwise(_added("first_order_date")),
        "last_order_date": F.coalesce(_added("last_order_date"), last_before),
        "order_count": (count_before + F.coalesce(_added("order_count"), F.lit(0))).cast("int"),
        "lifetime_amount": (amount_before + F.coalesce(_added("lifetime_amount"), zero)).cast(AMOUNT),
    }
    return joined.select("customer_key", *(value.alias(name) for name, value in values.items()))


def _added(name: str) -> Column:
    return F.col(f"_added_{name}")


def _hashed(scope: Scope, ids: Keys) -> Keys:
    named = scope.frame(pa.table({"customer_id": ids.values}))
    return scope.keys(named.select(customer_key(F.col("customer_id")).alias("customer_key")), "customer_key")


def _union(keys: Iterable[Keys]) -> Keys:
    return reduce(or_, keys, Keys.none())
