"""How far changes reach into a KPI table: the days of changed facts, and those known since or no more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pyarrow as pa

from lakehouse.gold.coverage import TABLE as COVERAGE
from lakehouse.gold.dim_dates import TABLE as DIM_DATES
from lakehouse.gold.missing_days import TABLE as MISSING_DAYS
from lakehouse.kpi.daily import KpiTable
from lakehouse.scope import Keys, Scope, Scoped, ScopeTooWideError
from lakehouse.semantic.facts import FACTS

_DAY = timedelta(days=1)
_FIRSTS, _LASTS = ("first_date", "first_known_date"), ("last_date", "last_known_date")


def scoped(kpi: KpiTable, scope: Scope) -> Scoped:
    """The days reached, from the facts of these days."""
    days = _newly_known(scope) | scope.changed(MISSING_DAYS)
    for fact, dates in kpi.dates.items():
        if scope.changed(FACTS[fact].table):
            images = scope.images(FACTS[fact].table, kpi.fields(fact))
            for name in dates:
                days |= Keys.of(images[name])
    if not days:
        return Scoped(days)
    facts = {
        fact: scope.frame(scope.now_in_any(FACTS[fact].table, dates, days, kpi.fields(fact)))
        for fact, dates in kpi.dates.items()
    }
    known = {
        "dim_dates": scope.frame(scope.now(DIM_DATES, "calendar_date", days)),
        "coverage": scope.whole(COVERAGE),
        "missing_days": scope.whole(MISSING_DAYS),
    }
    return Scoped(days, kpi.transform(business=scope.business, **known, **facts))


def _newly_known(scope: Scope) -> Keys:
    """Days after the last known one of before and now, and after the last with a row, up to the later of them.

    ScopeTooWideError if a fact is known from another day on, or for the first time: that decides on every day.
    """
    rows = scope.evaluated(scope.difference(COVERAGE)).to_pylist()
    was, now = ({row["table_name"]: row for row in rows if row["_is_now"] is side} for side in (False, True))
    days: list[date] = []
    for name, row in now.items():
        before = was.get(name, {})
        if any(before.get(field) != row[field] for field in _FIRSTS):
            raise ScopeTooWideError
        for field in _LASTS:
            days += _between(before.get(field), row[field])
    return Keys.of(pa.array(days, pa.date32()))


def _between(one: date | None, other: date | None) -> Iterator[date]:
    if one is None or other is None:
        if one is not other:
            raise ScopeTooWideError
        return iter(())
    first, last = sorted((one, other))
    return (first + _DAY * n for n in range(1, (last - first).days + 1))
