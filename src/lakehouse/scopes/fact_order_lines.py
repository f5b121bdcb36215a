"""How far changes reach into fact_order_lines: orders that changed, and lines whose cost did."""

from __future__ import annotations

import pyarrow.compute as pc

from lakehouse.gold import fact_order_lines
from lakehouse.gold.dim_exchange_rates import TABLE as DIM_EXCHANGE_RATES
from lakehouse.gold.dim_products_history import TABLE as DIM_PRODUCTS_HISTORY
from lakehouse.gold.fact_order_lines import OF_ORDERS, TABLE
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.scope import Keys, Scope, Scoped, having, looked_up
from lakehouse.scopes import identities
from lakehouse.scopes.rates import changed_rates
from lakehouse.silver.order_lines import TABLE as ORDER_LINES
from lakehouse.silver.orders import TABLE as ORDERS
from lakehouse.spark import Column, DataFrame, F

_COST = ("valid_to", "unit_cost_amount", "currency_code")


def scoped(scope: Scope) -> Scoped:
    """All lines of the orders reached."""
    changed_lines = scope.changed(ORDER_LINES)
    renamed = identities.renamed(scope, OF_ORDERS)
    orders = scope.changed_in(FACT_ORDERS, OF_ORDERS) - renamed
    orders |= Keys.of(scope.images(ORDER_LINES)["order_id"])
    orders |= _with_other_cost(scope) | _with_other_cost_rate(scope)
    renamed -= orders
    if not (orders or renamed):
        return Scoped(orders)
    sent = scope.now(ORDER_LINES, "order_id", orders)
    lines, facts = scope.frame(sent), scope.frame(scope.now(FACT_ORDERS, "order_id", orders, OF_ORDERS))
    made = fact_order_lines.transform(
        lines,
        scope.frame(scope.now(ORDERS, "order_id", orders)),
        facts,
        scope.whole(DIM_PRODUCTS_HISTORY),
        scope.whole(DIM_EXCHANGE_RATES),
        scope.business,
    )
    kept = identities.with_customers(scope, scope.before(TABLE, "order_id", renamed), renamed)
    return Scoped(
        orders | renamed,
        made.unionByName(scope.frame(kept)),
        fact_order_lines.set_aside(lines, facts),
        changed_lines | Keys.of(sent["order_line_id"]),
    )


def _with_other_cost(scope: Scope) -> Keys:
    """Orders with a product whose unit cost at the time of the order is another one now."""
    moved = scope.evaluated(_since_when_costs_differ(scope))
    if not moved.num_rows:
        return Keys.none()
    keys = Keys.from_day_on(moved, "product_id", "since")
    sold = scope.before(TABLE, "product_id", keys, ["order_id", "product_id", "order_date"])
    since = looked_up(sold["product_id"], "product_id", moved, "since")
    return Keys.of(sold.filter(pc.greater_equal(sold["order_date"], since))["order_id"])


def _since_when_costs_differ(scope: Scope) -> DataFrame:
    """(product_id, since): the first day on which what a product costs can be another than was published.

    A stretch that only ended at another time differs from where the first of its two ends is.
    """
    changed = scope.difference(DIM_PRODUCTS_HISTORY)
    now, before = changed.where("_is_now"), changed.where("not _is_now")
    sides = [
        side.select("product_id", "valid_from", *(F.col(name).alias(f"_{word}_{name}") for name in _COST))
        for word, side in (("now", now), ("before", before))
    ]
    is_same = F.col("_now_unit_cost_amount").eqNullSafe(F.col("_before_unit_cost_amount")) & (
        F.col("_now_currency_code").eqNullSafe(F.col("_before_currency_code"))
    )
    both = F.col("_now_valid_to").isNotNull() & F.col("_before_valid_to").isNotNull()
    is_longer = F.col("_now_valid_to") != F.col("_before_valid_to")
    until = F.when(is_longer, F.least("_now_valid_to", "_before_valid_to"))
    since: Column = F.when(both & is_same, until).otherwise(F.col("valid_from"))
    joined = sides[0].join(sides[1], ["product_id", "valid_from"], "full")
    first = joined.groupBy("product_id").agg(F.min(since).alias("_since")).where(F.col("_since").isNotNull())
    # A local day can begin a day before the instant's day in UTC.
    return first.select("product_id", F.date_sub(F.col("_since").cast("date"), 1).alias("since"))


def _with_other_cost_rate(scope: Scope) -> Keys:
    """Orders of a day on which the rate of a currency changed, in which some product's cost is given."""
    rates = changed_rates(scope)
    if not rates.num_rows:
        return Keys.none()
    costs = scope.whole(DIM_PRODUCTS_HISTORY).where(F.col("unit_cost_amount").isNotNull())
    costed = costs.select("product_id", "currency_code").join(
        scope.frame(rates).select("currency_code").distinct(), "currency_code", "left_semi"
    )
    products = scope.keys(costed, "product_id")
    if not products:
        return Keys.none()
    of_days = scope.before(TABLE, "order_date", Keys.of(rates["rate_date"]), ["order_id", "product_id"])
    return Keys.of(having(of_days, "product_id", products)["order_id"])
