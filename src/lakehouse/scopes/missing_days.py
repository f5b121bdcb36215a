"""How far changes reach into missing_days: the days for which a file is missing or damaged, or was; mostly none."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.gold import missing_days
from lakehouse.gold.coverage import COVERED
from lakehouse.gold.coverage import TABLE as COVERAGE
from lakehouse.gold.missing_days import TABLE
from lakehouse.quality.ledger import DELIVERIES
from lakehouse.scope import Keys, Scope, Scoped
from lakehouse.table import Table


def scoped(scope: Scope) -> Scoped:
    """The days reached, by the rows that facts have on those for which a file of theirs is lacking."""
    entities = {entity for fact in COVERED.values() for entity in fact.fed_by}
    deliveries = scope.now(DELIVERIES, "entity", _names(entities))
    lacking = deliveries.filter(pc.field("record_count").is_null() | pc.field("damaged_files").is_valid())
    were = scope.before(TABLE, "table_name", _names(COVERED))
    days = Keys.of(lacking["delivery_date"], were["calendar_date"])
    if not days:
        return Scoped(days)
    facts = {
        table.name: scope.frame(_days_with_rows(scope, table, lacking))
        for table in TABLE.inputs
        if table.name in COVERED
    }
    return Scoped(days, missing_days.transform(scope.whole(COVERAGE), scope.frame(lacking), **facts))


def _days_with_rows(scope: Scope, fact: Table, lacking: pa.Table) -> pa.Table:
    covered = COVERED[fact.name]
    is_own = pc.is_in(lacking["entity"], pa.array(covered.fed_by))
    days = Keys.of(lacking.filter(is_own)["delivery_date"])
    return scope.now_in_any(fact, [covered.date], days, [covered.date]).group_by(covered.date).aggregate([])


def _names(names: Iterable[str]) -> Keys:
    return Keys.of(pa.array(names, pa.string()))
