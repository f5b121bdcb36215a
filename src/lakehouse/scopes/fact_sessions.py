"""How far changes reach into fact_sessions: visits of which anything changed, and their visitors' later ones."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from lakehouse.gold import fact_sessions
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.gold.fact_sessions import OWN, TABLE
from lakehouse.scope import Keys, Scope, Scoped
from lakehouse.silver.orders import TABLE as ORDERS
from lakehouse.silver.sessions import TABLE as SESSIONS
from lakehouse.spark import DataFrame, F

_FLAGGED_BY = ("session_id", "visitor_key", "started_at", "session_date")


def scoped(scope: Scope) -> Scoped:
    """The sessions reached, made from silver; and their visitors' later ones, of which only the flags are made anew."""
    reached = _reached(scope)
    if not reached:
        return Scoped(reached)
    sessions = scope.now(SESSIONS, "session_id", reached)
    orders = scope.keys(scope.now(ORDERS, "session_id", reached, ["order_id"]), "order_id")
    own = fact_sessions.own_values(sessions, scope.now(FACT_ORDERS, "order_id", orders), scope.business)
    since = _since(scope, own, scope.before(TABLE, "session_id", reached))
    later = _theirs(scope, since, "since_day", TABLE.field_names, reached)
    later = scope.held(later.where(F.col("started_at") >= F.col("since")).select(*TABLE.field_names))
    earlier = _theirs(scope, since, "year_day", _FLAGGED_BY, reached).where(F.col("started_at") < F.col("since"))
    carried = earlier.groupBy("visitor_key").agg(F.max("session_date").alias("carried_date"))
    rows = fact_sessions.with_flags(own.unionByName(later.select(*OWN)), scope.business, carried)
    return Scoped(
        keys=reached | scope.keys(later, "session_id"),
        rows=rows,
        set_aside=fact_sessions.set_aside(sessions, scope.business),
        judged=reached,
    )


def _reached(scope: Scope) -> Keys:
    """Sessions that changed, and those that an order is or was placed in which counts now, or no more."""
    counting = scope.changed_in(FACT_ORDERS, ("session_key", "is_qualifying", "is_online"))
    orders = scope.now(ORDERS, "order_id", counting, ["session_id"])
    before = scope.was(ORDERS).select("session_id")
    return scope.changed(SESSIONS) | scope.keys(orders.unionByName(before), "session_id")


def _since(scope: Scope, own: DataFrame, before: DataFrame) -> pa.Table:
    """(visitor_key, since, since_day, year_day): from when on a visitor's flags can be other ones.

    No flag looks further back than the beginning of the year, but a week's which began in the year before; and the
    local year may have begun when in UTC it had not.
    """
    moments = own.select("visitor_key", "started_at").unionByName(before.select("visitor_key", "started_at"))
    since = moments.groupBy("visitor_key").agg(F.min("started_at").alias("since"))
    day = F.col("since").cast("date")
    year_day = F.date_sub(F.trunc(F.date_sub(day, 1), "year"), 7)
    return scope.evaluated(since.withColumns({"since_day": day, "year_day": year_day}))


def _theirs(scope: Scope, since: pa.Table, day: str, fields: Sequence[str], reached: Keys) -> DataFrame:
    """The visitors' published sessions but those reached, with `since`, of the weeks from `day` on."""
    visitors = Keys.from_day_on(since, "visitor_key", day) if since.num_rows else Keys.none()
    theirs = scope.before(TABLE, "visitor_key", visitors, fields)
    made = scope.frame(pa.table({"session_id": reached.values}))
    own_since = scope.frame(since.select(["visitor_key", "since"]))
    return theirs.join(made, "session_id", "left_anti").join(own_since, "visitor_key")
