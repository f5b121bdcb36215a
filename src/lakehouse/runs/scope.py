"""A run as scoped transforms see it: what changed since the published snapshot, and rows by keys, before and now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

from lakehouse.derive.schema import arrow_schema
from lakehouse.runs.context import MOST_ROWS, Run, are_few, few_rows
from lakehouse.runs.manifest import PinnedTable
from lakehouse.scope import Changes, Keys, ScopeTooWideError, differing, having
from lakehouse.settings import Business
from lakehouse.spark import DataFrame, F
from lakehouse.storage.locate import rows_holding
from lakehouse.table import Table


@dataclass(frozen=True)
class RunScope:
    """See `lakehouse.scope.Scope`; `published` pins the tables as they were, `changes` grows with the run."""

    run: Run
    published: Mapping[str, PinnedTable]
    changes: Changes
    images_held: dict[str, pa.Table] = field(default_factory=dict)

    @property
    def business(self) -> Business:
        return self.run.business

    def changed(self, table: Table) -> Keys:
        changed = self.changes.get(str(table), Keys.none())
        if changed is None:
            raise ScopeTooWideError
        return changed

    def changed_in(self, table: Table, fields: Collection[str]) -> Keys:
        names = [table.scope_field, *(name for name in fields if name != table.scope_field)]
        return differing(self.was(table).select(names), self.is_now(table).select(names), table.scope_field)

    def was(self, table: Table) -> pa.Table:
        return self._image(table, self.before, "was")

    def is_now(self, table: Table) -> pa.Table:
        return self._image(table, self.now, "is now")

    def images(self, table: Table, fields: Collection[str] = ()) -> pa.Table:
        changed = self.changed_in(table, fields) if fields else self.changed(table)
        sides = (self.was(table), self.is_now(table))
        return pa.concat_tables([having(side, table.scope_field, changed) for side in sides])

    def _image(self, table: Table, read: Callable[[Table, str, Keys], pa.Table], side: str) -> pa.Table:
        """Read once; a run asks for the changed rows of a table in many places."""
        name = f"{table} {side}"
        if name not in self.images_held:
            self.images_held[name] = read(table, table.scope_field, self.changed(table))
        return self.images_held[name]

    def remember(self, table: Table, keys: Keys, was: pa.Table, is_now: pa.Table) -> None:
        """Note what a run has made anew of a table, and of which keys it came out otherwise."""
        self.changes[str(table)] = keys
        self.images_held[f"{table} was"], self.images_held[f"{table} is now"] = was, is_now

    def before(self, table: Table, column: str, keys: Keys, fields: Sequence[str] = ()) -> pa.Table:
        if (pinned := self.published.get(str(table))) is None:
            return arrow_schema(table).empty_table().select(fields or table.field_names)
        return self._looked_up(table, pinned.version, [column], keys, fields or table.field_names)

    def now(self, table: Table, column: str, keys: Keys, fields: Sequence[str] = ()) -> pa.Table:
        return self._looked_up(table, None, [column], keys, fields or table.field_names)

    def now_in_any(self, table: Table, columns: Sequence[str], keys: Keys, fields: Sequence[str]) -> pa.Table:
        return self._looked_up(table, None, columns, keys, fields)

    def _looked_up(
        self, table: Table, version: int | None, columns: Sequence[str], keys: Keys, fields: Sequence[str]
    ) -> pa.Table:
        lake = self.run.lake
        stored = lake.found(table) if version is None else lake.stored(table, version)
        if stored is None:
            return arrow_schema(table).empty_table().select(fields)
        return _few(rows_holding(stored, table, columns, keys, fields))

    def between(self, table: Table, moment: str, first: date, last: date) -> DataFrame:
        months = F.col(table.partition_by[0]).between(F.lit(first.replace(day=1)), F.lit(last))
        return self.run.read(table).where(months & F.col(moment).cast("date").between(F.lit(first), F.lit(last)))

    def difference(self, table: Table) -> DataFrame:
        pinned = self.published.get(str(table))
        if pinned is not None and self.run.lake.stored(table).version == pinned.version:
            return self._empty(table).withColumn("_is_now", F.lit(True))
        now = self.run.read(table)
        before = self._empty(table) if pinned is None else self.run.frame(self._pinned(table, pinned.version))
        return (
            now.subtract(before)
            .withColumn("_is_now", F.lit(True))
            .unionByName(before.subtract(now).withColumn("_is_now", F.lit(False)))
        )

    def _pinned(self, table: Table, version: int) -> pa.Table:
        """A small table as it was published.

        Not read by the engine: Sail (0.7.2) can not read a version before the latest checkpoint where none is before
        that, and it writes a checkpoint itself with every tenth commit.
        """
        stored = self.run.lake.stored(table, version).rows
        if stored.count_rows() > MOST_ROWS:
            raise ScopeTooWideError
        schema = arrow_schema(table)
        return _few(stored.to_table(columns=schema.names).cast(schema))

    def whole(self, table: Table) -> DataFrame:
        return self.run.read(table)

    def keys(self, frame: DataFrame, column: str) -> Keys:
        distinct = frame.select(column).where(F.col(column).isNotNull()).distinct()
        return Keys.of(self.evaluated(distinct)[column])

    def evaluated(self, frame: DataFrame) -> pa.Table:
        return _few(few_rows(frame))

    def frame(self, rows: pa.Table) -> DataFrame:
        return self.run.frame(rows)

    def _empty(self, table: Table) -> DataFrame:
        return self.run.frame(arrow_schema(table).empty_table())


def _few(rows: pa.Table | None) -> pa.Table:
    """ScopeTooWideError for more rows than are worth having in memory: then the table is made anew as a whole."""
    if rows is None or not are_few(rows):
        raise ScopeTooWideError
    return rows
