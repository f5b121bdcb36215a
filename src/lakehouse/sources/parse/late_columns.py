"""Cells of columns that were declared only after a file was read, taken from what was kept of it as undeclared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.sources.formats import JsonFormat, JsonLinesFormat
from lakehouse.sources.parse.json_records import Found, RecordColumns, WrongShape
from lakehouse.sources.parse.json_values import Json, loads
from lakehouse.sources.parse.paths import parse_column_path
from lakehouse.sources.parse.plan import ColumnPlan, ParsePlan


@dataclass(frozen=True)
class LateColumns:
    """Fills null cells of bronze rows from `_extra`, as the parser would have read them; picklable, for `mapInArrow`.

    Of JSON only what lies below a key that was not declared at all can be had; what has another shape than its path
    expects stays null.
    """

    plan: ParsePlan

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Takes and yields batches of bronze rows; what else they hold is passed on."""
        readers = {column.name: self._reader(column) for column in self.plan.columns}
        for batch in batches:
            extras = [loads(text.encode()) if text else {} for text in batch.column("_extra").to_pylist()]
            columns = dict(zip(batch.schema.names, batch.columns, strict=True))
            for name, read in readers.items():
                late = pa.array([read(extra) for extra in extras], columns[name].type)
                columns[name] = pc.coalesce(columns[name], late)
            yield pa.RecordBatch.from_arrays(list(columns.values()), schema=batch.schema)

    def _reader(self, column: ColumnPlan) -> Callable[[Json], str | None]:
        """How to find the column's cell in the undeclared columns of a record."""
        if not isinstance(self.plan.format, JsonFormat | JsonLinesFormat):
            return lambda extra: extra.get(column.path)
        if parse_column_path(column.path).up:
            return lambda _extra: None
        records = RecordColumns(replace(self.plan, columns=(column,), records=None))

        def read(extra: Json) -> str | None:
            try:
                return records.cells(Found(extra, (), ()))[0][0]
            except WrongShape:
                return None

        return read
