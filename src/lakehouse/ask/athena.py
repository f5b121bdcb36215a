"""Athena as what answers: the views of `lakehouse export athena-views`, asked by awswrangler."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from lakehouse.ask.installed import need
from lakehouse.athena.catalog import Catalog
from lakehouse.errors import ConfigurationError, IntegrityError, StorageError
from lakehouse.runs.snapshot import Snapshot
from lakehouse.semantic.query import Dialect
from lakehouse.settings import Athena

LONGEST_QUERY_MINUTES = 30
"""After so long Athena ends a query."""

_MOST_DIGITS = 38


@dataclass(frozen=True)
class AthenaEngine:
    """Answers by a workgroup of Athena, of the snapshot that its views show; an answer of late is given again."""

    snapshot: Snapshot
    settings: Athena

    @property
    def dialect(self) -> Dialect:
        return Dialect.TRINO

    def run(self, sql: str, tables: Sequence[str]) -> pa.Table:  # noqa: ARG002 - all have a view
        """The rows of the answer; IntegrityError if Athena shows another snapshot, StorageError if it has no answer."""
        database = self._database()
        catalog = Catalog(database, self.snapshot.storage.resolved().region)
        since = self._shown_since(catalog)
        rows = _arrow(self._asked(sql, database, self._reusable_minutes(since)))
        # The pointer may have moved meanwhile.
        self._shown_since(catalog)
        return rows

    def _database(self) -> str:
        if self.settings.database is None:
            raise ConfigurationError("no Glue database is named: set `athena.database` in the environment's settings")
        return self.settings.database

    def _shown_since(self, catalog: Catalog) -> datetime:
        """Since when Athena shows the snapshot: whoever asks for one is not answered from another."""
        wanted, pointer = self.snapshot.manifest.run_id, catalog.pointer()
        if pointer is None or pointer.run_id != wanted:
            shown = "no snapshot" if pointer is None else f"that of run {pointer.run_id}"
            raise IntegrityError(
                f"Athena's database {catalog.database} shows {shown}, not that of run {wanted}: "
                "`lakehouse export athena-views --create` shows the published one"
            )
        return pointer.moved_at

    def _reusable_minutes(self, since: datetime) -> int:
        """How old a result may be: of a query that began when the snapshot was shown already.

        Athena compares the texts of queries, and not what they read.
        """
        shown_for = (datetime.now(UTC) - since) // timedelta(minutes=1)
        return max(0, min(self.settings.reuse_minutes, shown_for - LONGEST_QUERY_MINUTES))

    def _asked(self, sql: str, database: str, minutes: int) -> Any:
        import boto3

        athena = need("awswrangler", "athena").athena
        reuse = {"Enabled": minutes > 0, **({"MaxAgeInMinutes": minutes} if minutes else {})}
        try:
            return athena.read_sql_query(
                sql,
                database,
                # Its tables of results would need a right to write.
                ctas_approach=False,
                workgroup=self.settings.workgroup,
                s3_output=self.settings.results,
                result_reuse_configuration={"ResultReuseByAgeConfiguration": reuse},
                # Frames on Arrow would have decimals as doubles.
                dtype_backend="numpy_nullable",
                boto3_session=boto3.Session(region_name=self.snapshot.storage.resolved().region),
            )
        except Exception as error:
            if _is_of_aws(error):
                raise StorageError(f"Athena has no answer: {str(error).splitlines()[0]}") from error
            raise


def _is_of_aws(error: Exception) -> bool:
    return type(error).__module__.partition(".")[0] in {"awswrangler", "botocore"}


def _arrow(frame: Any) -> pa.Table:
    """Decimals as wide as they can be: a frame's own are as wide as their values."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    fields = [field.with_type(_wide(field.type)) for field in table.schema]
    return table.cast(pa.schema(fields))


def _wide(type_: pa.DataType) -> pa.DataType:
    return pa.decimal128(_MOST_DIGITS, type_.scale) if pa.types.is_decimal(type_) else type_
