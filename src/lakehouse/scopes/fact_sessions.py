"""How far changes reach into fact_sessions: visits of which anything changed, and their visitors' later ones."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.gold import fact_sessions
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.gold.fact_sessions import OWN, TABLE
from lakehouse.scope import Keys, Scope, Scoped, lacking, looked_up
from lakehouse.silver.orders import TABLE as ORDERS
from lakehouse.silver.sessions import TABLE as SESSIONS
from lakehouse.spark import F

_MOMENTS = ("visitor_key", "started_at")
_FLAGGED_BY = ("session_id", "visitor_key", "started_at", "session_date")


def scoped(scope: Scope) -> Scoped:
    """The sessions reached, made from silver; and their visitors' later ones, of which only the flags are made anew."""
    reached = _reached(scope)
    if not reached:
        return Scoped(reached)
    sessions = scope.frame(scope.now(SESSIONS, "session_id", reached))
    orders = Keys.of(scope.now(ORDERS, "session_id", reached, ["order_id"])["order_id"])
    facts = scope.frame(scope.now(FACT_ORDERS, "order_id", orders))
    own = scope.evaluated(fact_sessions.own_values(sessions, facts, scope.business))
    since = _since(scope, own, scope.before(TABLE, "session_id", reached, _MOMENTS))
    later, its_since = _theirs(scope, since, "since_day", TABLE.field_names, reached)
    later = later.filter(pc.greater_equal(later["started_at"], its_since))
    earlier, its_since = _theirs(scope, since, "year_day", _FLAGGED_BY, reached)
    earlier = earlier.filter(pc.less(earlier["started_at"], its_since))
    carried = earlier.group_by("visitor_key").aggregate([("session_date", "max")])
    everything = scope.frame(own).unionByName(scope.frame(later.select(OWN)))
    return Scoped(
        keys=reached | Keys.of(later["session_id"]),
        rows=fact_sessions.with_flags(
            everything, scope.business, scope.frame(carried.rename_columns({"session_date_max": "carried_date"}))
        ),
        set_aside=fact_sessions.set_aside(sessions, scope.business),
        judged=reached,
    )


def _reached(scope: Scope) -> Keys:
    """Sessions that changed, and those that an order is or was placed in which counts now, or no more."""
    counting = scope.changed_in(FACT_ORDERS, ("session_key", "is_qualifying", "is_online"))
    orders = scope.now(ORDERS, "order_id", counting, ["session_id"])
    return scope.changed(SESSIONS) | Keys.of(orders["session_id"], scope.was(ORDERS)["session_id"])


def _since(scope: Scope, own: pa.Table, before: pa.Table) -> pa.Table:
    """(visitor_key, since, since_day, year_day): from when on a visitor's flags can be other ones.

    No flag looks further back than the beginning of the year, but a week's which began in the year before; and the
    local year may have begun when in UTC it had not.
    """
    moments = pa.concat_tables([own.select(_MOMENTS), before], promote_options="permissive")
    since = moments.group_by("visitor_key").aggregate([("started_at", "min")])
    day = F.col("since").cast("date")
    year_day = F.date_sub(F.trunc(F.date_sub(day, 1), "year"), 7)
    frame = scope.frame(since.rename_columns({"started_at_min": "since"}))
    return scope.evaluated(frame.withColumns({"since_day": day, "year_day": year_day}))


def _theirs(
    scope: Scope, since: pa.Table, day: str, fields: Sequence[str], reached: Keys
) -> tuple[pa.Table, pa.ChunkedArray]:
    """The visitors' published sessions but those reached, of the weeks from `day` on; and each one's `since`."""
    visitors = Keys.from_day_on(since, "visitor_key", day) if since.num_rows else Keys.none()
    theirs = lacking(scope.before(TABLE, "visitor_key", visitors, fields), "session_id", reached)
    return theirs, looked_up(theirs["visitor_key"], "visitor_key", since, "since")
