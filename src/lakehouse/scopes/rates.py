"""Which rows a changed exchange rate can reach: those of its currency on its days."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse import verbs
from lakehouse.gold.dim_exchange_rates import TABLE as DIM_EXCHANGE_RATES
from lakehouse.scope import Keys, Scope
from lakehouse.spark import F
from lakehouse.table import Table

_DAY = timedelta(days=1)


def reached_by_rates(scope: Scope, table: Table, moment: str) -> Keys:
    """Keys of the silver rows whose `moment` is on a business day for which their currency's rate changed."""
    changed = changed_rates(scope)
    if not changed.num_rows:
        return Keys.none()
    days = pc.min_max(changed["rate_date"]).as_py()
    key = table.scope_field
    rows = scope.between(table, moment, days["min"] - _DAY, days["max"] + _DAY)
    dated = rows.select(
        key, "currency_code", verbs.business_date(F.col(moment), scope.business.timezone).alias("rate_date")
    )
    return scope.keys(dated.join(scope.frame(changed), ["currency_code", "rate_date"], "left_semi"), key)


def changed_rates(scope: Scope) -> pa.Table:
    """(currency_code, rate_date) whose rate is another one than before, or is there no more."""
    difference = scope.difference(DIM_EXCHANGE_RATES)
    return scope.evaluated(difference.select("currency_code", "rate_date").distinct())
