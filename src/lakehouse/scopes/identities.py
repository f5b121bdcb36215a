"""How far changes of accounts reach: orders of guests whose e-mail has an account now, has another one, or has none."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.gold.dim_customers import TABLE as DIM_CUSTOMERS
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.gold.identity import customer_key, guest_key
from lakehouse.scope import Keys, Scope, having, looked_up
from lakehouse.silver.customers import TABLE as CUSTOMERS
from lakehouse.silver.orders import TABLE as ORDERS
from lakehouse.spark import F

_IDENTITY = ("customer_key", "customer_id")


def moved(scope: Scope) -> pa.Table:
    """The e-mails that mean another account than was published: what an order of a guest with it was and is.

    `was_customer_id` and `customer_id` are the accounts, null for none, and `guest_key`, `was_customer_key` and
    `customer_key` the keys that an order has without an account and with either.
    """
    emails = Keys.none()
    if scope.changed(CUSTOMERS):
        emails = Keys.of(_live(scope.images(CUSTOMERS, ("email", "_is_deleted")))["email"])
    fields = ("email", "customer_id", "_is_deleted")
    was, now = (
        looked_up(emails.values, "email", _first_accounts(side(CUSTOMERS, "email", emails, fields)), "customer_id_min")
        for side in (scope.before, scope.now)
    )
    differs = pc.invert(pc.equal(pc.fill_null(was, ""), pc.fill_null(now, "")))
    found = pa.table({"email": emails.values, "was_customer_id": was, "customer_id": now}).filter(differs)
    return scope.evaluated(
        scope.frame(found).withColumns(
            {
                "guest_key": guest_key(F.col("email")),
                "was_customer_key": customer_key(F.col("was_customer_id")),
                "customer_key": customer_key(F.col("customer_id")),
            }
        )
    )


def of_accounts(scope: Scope, moved: pa.Table) -> Keys:
    """Orders of guests that are published as orders of an account which their e-mail does not mean any more."""
    theirs = moved.filter(pc.field("was_customer_id").is_valid())
    keys = _ordering(scope, Keys.of(theirs["was_customer_key"]))
    orders = Keys.of(scope.before(FACT_ORDERS, "customer_key", keys, ["order_id"])["order_id"])
    sent = scope.now(ORDERS, "order_id", orders, ["order_id", "customer_id", "email"])
    guests = having(sent.filter(pc.field("customer_id").is_null()), "email", Keys.of(theirs["email"]))
    return Keys.of(guests["order_id"])


def of_guests(scope: Scope, moved: pa.Table) -> pa.Table:
    """Published orders of guests whose e-mail means an account now, as they are published."""
    guests = moved.filter(pc.field("was_customer_id").is_null())
    return scope.before(FACT_ORDERS, "customer_key", _ordering(scope, Keys.of(guests["guest_key"])))


def relabelled(orders: pa.Table, moved: pa.Table) -> pa.Table:
    """Published orders of guests as orders of the accounts that their e-mails mean."""
    accounts = {name: looked_up(orders["customer_key"], "guest_key", moved, name) for name in _IDENTITY}
    for name, account in accounts.items():
        orders = orders.set_column(orders.column_names.index(name), orders.schema.field(name), account)
    return orders


def renamed(scope: Scope, fields: Collection[str]) -> Keys:
    """Orders of guests that are an account's now, and of which no other of `fields` changed."""
    guests = Keys.of(scope.was(FACT_ORDERS).filter(pc.field("customer_id").is_null())["order_id"])
    others = scope.changed_in(FACT_ORDERS, [name for name in fields if name not in _IDENTITY])
    return (scope.changed_in(FACT_ORDERS, _IDENTITY) & guests) - others


def with_customers(scope: Scope, rows: pa.Table, orders: Keys) -> pa.Table:
    """Published rows of a fact that takes its customer from the order, with the customers that the orders have now."""
    was, now = (having(side(FACT_ORDERS), "order_id", orders) for side in (scope.was, scope.is_now))
    named = looked_up(rows["order_key"], "order_key", was, "customer_key")
    is_from_order = pc.equal(rows["customer_key"], named)
    for name in _IDENTITY:
        if name in rows.column_names:
            value = looked_up(rows["order_key"], "order_key", now, name)
            place = rows.column_names.index(name)
            rows = rows.set_column(place, rows.schema.field(name), pc.if_else(is_from_order, value, rows[name]))
    return rows


def _live(customers: pa.Table) -> pa.Table:
    return customers.filter(~pc.field("_is_deleted") & pc.field("email").is_valid())


def _first_accounts(customers: pa.Table) -> pa.Table:
    """(email, customer_id_min): of several accounts with one e-mail the smallest id counts."""
    return _live(customers).group_by("email").aggregate([("customer_id", "min")])


def _ordering(scope: Scope, members: Keys) -> Keys:
    """Those of the members who have published orders, each with the day of the first one."""
    customers = scope.before(DIM_CUSTOMERS, "customer_key", members, ["customer_key", "first_ordered_at"])
    ordering = customers.filter(pc.field("first_ordered_at").is_valid())
    if not ordering.num_rows:
        return Keys.none()
    days = ordering.append_column("first_day", ordering["first_ordered_at"].cast(pa.date32()))
    return Keys.from_day_on(days, "customer_key", "first_day")
