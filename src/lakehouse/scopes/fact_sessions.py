"""How far changes reach into fact_sessions: visits of which anything changed, and their visitors' later ones."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.gold import fact_sessions
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.gold.fact_sessions import OWN, TABLE
from lakehouse.scope import Keys, Scope, Scoped
from lakehouse.silver.orders import TABLE as ORDERS
from lakehouse.silver.sessions import TABLE as SESSIONS
from lakehouse.spark import DataFrame, F


def scoped(scope: Scope) -> Scoped:
    """The sessions reached, made from silver; and their visitors' later ones, of which only the flags are made anew."""
    reached = _reached(scope)
    if not reached:
        return Scoped(reached)
    sessions = scope.now(SESSIONS, "session_id", reached)
    orders = scope.keys(scope.now(ORDERS, "session_id", reached), "order_id")
    own = fact_sessions.own_values(sessions, scope.now(FACT_ORDERS, "order_id", orders), scope.business)
    since = _since(scope, own, scope.before(TABLE, "session_id", reached))
    others = _others(scope, since, reached)
    later = others.where(F.col("started_at") >= F.col("since"))
    carried = (
        others.where(F.col("started_at") < F.col("since"))
        .groupBy("visitor_key")
        .agg(F.max("session_date").alias("carried_date"))
    )
    rows = fact_sessions.with_flags(own.unionByName(later.select(*OWN)), scope.business, carried)
    return Scoped(
        keys=reached | scope.keys(later, "session_id"),
        rows=rows,
        set_aside=fact_sessions.set_aside(sessions, scope.business),
        judged=reached,
    )


def _reached(scope: Scope) -> Keys:
    """Sessions that changed, and those that an order that changed was or is placed in."""
    orders = scope.now(ORDERS, "order_id", scope.changed(FACT_ORDERS)).select("session_id")
    before = scope.before(ORDERS, "order_id", scope.changed(ORDERS)).select("session_id")
    return scope.changed(SESSIONS) | scope.keys(orders.unionByName(before), "session_id")


def _since(scope: Scope, own: DataFrame, before: DataFrame) -> pa.Table:
    """(visitor_key, since): from when on a visitor's flags can be other ones."""
    moments = own.select("visitor_key", "started_at").unionByName(before.select("visitor_key", "started_at"))
    return scope.evaluated(moments.groupBy("visitor_key").agg(F.min("started_at").alias("since")))


def _others(scope: Scope, since: pa.Table, reached: Keys) -> DataFrame:
    """The visitors' published sessions but those reached, with `since`; from the beginning of the year on.

    No flag looks further back than that, but a week's which began in the year before.
    """
    if not since.num_rows:
        return scope.before(TABLE, "session_id", Keys.none()).withColumn("since", F.col("started_at"))
    first = pc.min(since["since"]).as_py().date()
    theirs = scope.before(TABLE, "visitor_key", Keys.of(since["visitor_key"]), _year_of(first))
    made = scope.frame(pa.table({"session_id": reached.values}))
    return theirs.join(made, "session_id", "left_anti").join(scope.frame(since), "visitor_key")


def _year_of(day: date) -> date:
    """The first day that a flag of this day can depend on; the local year may have begun with the next day already."""
    return (day - timedelta(days=1)).replace(month=1, day=1) - timedelta(days=6)
