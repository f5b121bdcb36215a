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


def scoped(scope: Scope) -> Scoped:
    """The days reached, by what is said of them."""
    entities = {entity for fact in COVERED.values() for entity in fact.fed_by}
    deliveries = scope.now(DELIVERIES, "entity", _names(entities))
    lacking = deliveries.filter(pc.field("record_count").is_null() | pc.field("damaged_files").is_valid())
    were = scope.before(TABLE, "table_name", _names(COVERED))
    days = Keys.of(lacking["delivery_date"], were["calendar_date"])
    if not days:
        return Scoped(days)
    return Scoped(days, missing_days.transform(scope.whole(COVERAGE), scope.frame(lacking)))


def _names(names: Iterable[str]) -> Keys:
    return Keys.of(pa.array(names, pa.string()))
