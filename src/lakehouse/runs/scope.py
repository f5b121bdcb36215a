"""A run as scoped transforms see it: what changed since the published snapshot, and rows by keys, before and now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa

from lakehouse import verbs
from lakehouse.derive.schema import arrow_schema
from lakehouse.runs.context import Run
from lakehouse.runs.manifest import PinnedTable
from lakehouse.scope import Changes, Keys, ScopeTooWideError
from lakehouse.settings import Business
from lakehouse.spark import DataFrame, F
from lakehouse.storage.locate import partitions_holding
from lakehouse.table import Table

MOST_KEYS = 2_000_000
"""A change that reaches more is no day's change: then the table is made anew as a whole."""


@dataclass(frozen=True)
class RunScope:
    """See `lakehouse.scope.Scope`; `published` pins the tables as they were, `changes` grows with the run."""

    run: Run
    published: Mapping[str, PinnedTable]
    changes: Changes

    @property
    def business(self) -> Business:
        return self.run.business

    def changed(self, table: Table) -> Keys:
        changed = self.changes.get(str(table), Keys.none())
        if changed is None:
            raise ScopeTooWideError
        return changed

    def before(self, table: Table, column: str, keys: Keys, since: date | None = None) -> DataFrame:
        pinned = self.published.get(str(table))
        if pinned is None:
            return self._empty(table)
        return rows_holding(self.run, table, column, keys, since, pinned.version)

    def now(self, table: Table, column: str, keys: Keys, since: date | None = None) -> DataFrame:
        return rows_holding(self.run, table, column, keys, since)

    def between(self, table: Table, moment: str, first: date, last: date) -> DataFrame:
        months = F.col(table.partition_by[0]).between(F.lit(first.replace(day=1)), F.lit(last))
        return self.run.read(table).where(months & F.col(moment).cast("date").between(F.lit(first), F.lit(last)))

    def images(self, table: Table) -> DataFrame:
        keys = self.changed(table)
        return self.before(table, table.scope_field, keys).unionByName(self.now(table, table.scope_field, keys))

    def difference(self, table: Table) -> DataFrame:
        pinned = self.published.get(str(table))
        now = self.run.read(table)
        before = self._empty(table) if pinned is None else self.run.lake.read(self.run.spark, table, pinned.version)
        if pinned is not None and self.run.lake.version(table) == pinned.version:
            return self._empty(table).withColumn("_is_now", F.lit(True))
        return (
            now.subtract(before)
            .withColumn("_is_now", F.lit(True))
            .unionByName(before.subtract(now).withColumn("_is_now", F.lit(False)))
        )

    def whole(self, table: Table) -> DataFrame:
        return self.run.read(table)

    def keys(self, frame: DataFrame, column: str) -> Keys:
        distinct = frame.select(column).where(F.col(column).isNotNull()).distinct()
        return Keys.of(self.evaluated(distinct)[column])

    def evaluated(self, frame: DataFrame) -> pa.Table:
        rows = verbs.to_arrow(frame.limit(MOST_KEYS + 1))
        if rows.num_rows > MOST_KEYS:
            raise ScopeTooWideError
        return rows

    def frame(self, rows: pa.Table) -> DataFrame:
        return self.run.frame(rows)

    def _empty(self, table: Table) -> DataFrame:
        return self.run.frame(arrow_schema(table).empty_table())


def rows_holding(
    run: Run, table: Table, column: str, keys: Keys, since: date | None = None, version: int | None = None
) -> DataFrame:
    """The table's rows with one of the keys in `column`, read from the partitions that have any."""
    empty = run.frame(arrow_schema(table).empty_table())
    if not keys or (version is None and run.lake.version(table) is None):
        return empty
    frame = run.lake.read(run.spark, table, version)
    if table.partition_by:
        (partition,) = table.partition_by
        # The month of a business day can be the one before that of its moment in UTC.
        first = since and (since - timedelta(days=1)).replace(day=1)
        held = partitions_holding(run.lake.delta(table, version), partition, column, keys, first)
        if not held:
            return empty
        frame = frame.where(F.col(partition).isin(held))
    return frame.join(run.frame(pa.table({column: keys.values})), column, "left_semi").select(*table.field_names)
