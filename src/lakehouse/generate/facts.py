"""The generator's own clean record of what happened, on disk: what the truth is computed from."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

TABLES = ("customers", "exchange_rates", "order_lines", "orders", "payments", "products", "refunds", "sessions")
_ROWS_AT_ONCE = 100_000


class Facts:
    """Appends rows to one Parquet file per table in `folder`, some hundred thousand at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._waiting: dict[str, list[pa.Table]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in sorted(self._waiting):
            self._flush(name)
        for writer in self._writers.values():
            writer.close()

    def append(self, name: str, rows: pa.Table) -> None:
        waiting = self._waiting.setdefault(name, [])
        waiting.append(rows)
        if sum(table.num_rows for table in waiting) >= _ROWS_AT_ONCE:
            self._flush(name)

    def _flush(self, name: str) -> None:
        waiting, self._waiting[name] = self._waiting[name], []
        if not waiting:
            return
        if name not in self._writers:
            self._writers[name] = pq.ParquetWriter(facts_path(self.folder, name), waiting[0].schema)
        self._writers[name].write_table(pa.concat_tables(waiting))


def facts_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.parquet"
