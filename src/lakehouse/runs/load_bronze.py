"""Landing → bronze: parse the new files of each object, and account for every one of them in the ledger."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.dataset as ds

from lakehouse import verbs
from lakehouse.bronze.table import bronze_table
from lakehouse.derive.schema import arrow_schema, spark_ddl
from lakehouse.quality.ledger import OBJECTS, FileState
from lakehouse.quality.quarantine import REJECTS
from lakehouse.runs.arrivals import Arrival, Landing
from lakehouse.runs.context import Run
from lakehouse.runs.side_by_side import AT_ONCE
from lakehouse.sources.definition import Source
from lakehouse.sources.delivery_day import path_below
from lakehouse.sources.parse.late_columns import LateColumns
from lakehouse.sources.parse.object_reader import OBJECT_SCHEMA, ObjectReader, object_id
from lakehouse.spark import DataFrame, F
from lakehouse.storage.objects import ReadBytes, StoredObject
from lakehouse.table import Table

_RETRIED = ("file:changed_while_reading", "file:unreadable", "file:parser_error")
"""Reasons that may be gone by the next run."""

FILES_PER_TASK = 16

PARSED_HERE = 16_000_000
"""Bytes of new files of an object that are not worth an engine's tasks."""

READ_AHEAD = 16_000_000
"""Bytes of files that are read and parsed before their rows are asked for, and one file more."""

Reader = Callable[[Iterable[pa.RecordBatch]], Iterable[pa.RecordBatch]]


@dataclass(frozen=True)
class FileAccount:
    """What became of one file, read as one source object; `path` is where it lies below landing."""

    source: str
    object_name: str
    file: StoredObject
    path: str
    object_id: str
    content_sha256: str | None
    state: FileState
    reason: str | None
    records: int
    rejected: int
    notices: tuple[str, ...]


def source_table(source: Source, object_name: str) -> Table:
    """The bronze table of a source's object."""
    return bronze_table(source.source, object_name, tuple(source.object(object_name).column_paths))


def has_records(run: Run, source: Source, object_name: str) -> bool:
    """Whether any record of an object was ever read, apart from what was rejected."""
    stored = run.lake.found(source_table(source, object_name))
    return stored is not None and stored.rows.count_rows(filter=ds.field("_reject_reason").is_null()) > 0


def bronze_rows(run: Run, source: Source, object_name: str) -> DataFrame:
    """All rows ever read of an object; a column that was declared only later has what was kept as undeclared."""
    table = source_table(source, object_name)
    run.lake.evolve(table)
    rows = run.read(table).select(*table.field_names)
    late = LateColumns(source.object(object_name).plan())
    filled = rows.where(F.col("_extra").isNotNull()).mapInArrow(late, spark_ddl(table))
    return rows.where(F.col("_extra").isNull()).unionByName(filled)


def load_bronze(run: Run, sources: Mapping[str, Source], landing: Landing) -> list[FileAccount]:
    """Write this run's partition of every bronze table that has new files, the ledger and the unreadable records."""
    accounts: list[FileAccount] = []
    for arrival in landing.arrivals:
        table = source_table(sources[arrival.source], arrival.object_name)
        _parse(run, sources[arrival.source], arrival, table)
        own = list(_accounts(arrival, landing.location, _rows_about_files(run, table)))
        accounts.extend(own)
        run.tell(str(table), f"{len(own):,} files, {sum(account.records for account in own):,} records")
    _write_ledger(run, accounts)
    return accounts


def unreadable_records(run: Run, source: Source, object_name: str, bronze: DataFrame) -> DataFrame:
    """The records and files of `bronze` that could not be read, as rows of `quarantine.rejects`."""
    rejected = bronze.where(F.col("_reject_reason").startswith("row:") | F.col("_reject_reason").startswith("file:"))
    return rejected.select(
        verbs.surrogate_key(
            F.col("_run_id"),
            F.lit(object_name),
            F.col("_source_file"),
            F.coalesce(F.col("_row_number").cast("string"), F.lit("file")),
        ).alias("reject_id"),
        F.lit(source.source).alias("source"),
        F.lit(object_name).alias("object_name"),
        F.lit(None).cast("string").alias("entity"),
        F.col("_source_file").alias("source_file"),
        F.coalesce("_object_id", F.lit("")).alias("object_id"),
        F.col("_row_number").alias("row_number"),
        F.col("_reject_reason").alias("reasons"),
        F.col("_raw").alias("raw"),
        F.lit(run.run_id).alias("_run_id"),
    ).select(*REJECTS.field_names)


def _parse(run: Run, source: Source, arrival: Arrival, table: Table) -> None:
    """By an engine's tasks where that is worth it; one in this process (Sail) has no other cores than this has."""
    reader = ObjectReader(
        plan=source.object(arrival.object_name).plan(),
        read_bytes=ReadBytes(run.lake.storage),
        run_id=run.run_id,
        ingested_at=run.started_at,
    )
    stored = run.lake.evolve(table)
    undeclared = [name for name in stored.field_names if name not in table.field_names]
    if verbs.is_connect(run.spark) or sum(file.size for file in arrival.files) <= PARSED_HERE:
        parsed = (_with_nulls(batch, undeclared) for batch in parsed_here(reader, arrival.files))
        run.writer.put(stored, parsed, run.partition)
        return
    tasks = -(-len(arrival.files) // FILES_PER_TASK)
    rows = verbs.from_arrow(run.spark, _listed(arrival.files)).repartition(tasks).mapInArrow(reader, spark_ddl(table))
    rows = rows.select("*", *(F.lit(None).cast("string").alias(name) for name in undeclared))
    run.writer.replace(stored, rows, scope=run.partition)


def _listed(files: Iterable[StoredObject]) -> pa.Table:
    rows = [{"uri": file.uri, "size": file.size, "modified_at": file.modified_at} for file in files]
    return pa.Table.from_pylist(rows, schema=OBJECT_SCHEMA)


def parsed_here(reader: Reader, files: Iterable[StoredObject]) -> Iterator[pa.RecordBatch]:
    """The rows of the files in their order; the next files are read meanwhile, since storage is waited for longest."""
    under_way: deque[tuple[int, Future[list[pa.RecordBatch]]]] = deque()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for file in files:
            under_way.append((file.size, pool.submit(list, reader(_listed([file]).to_batches()))))
            while sum(size for size, _ in under_way) > READ_AHEAD:
                yield from under_way.popleft()[1].result()
        for _, rows in under_way:
            yield from rows.result()


def _with_nulls(batch: pa.RecordBatch, names: Sequence[str]) -> pa.RecordBatch:
    for name in names:
        batch = batch.append_column(name, pa.nulls(batch.num_rows, pa.string()))
    return batch


def _rows_about_files(run: Run, table: Table) -> list[tuple[str, str]]:
    """(file, reason) of every row that is about a file and not about a record: a few per file."""
    mine = (ds.field("_run_id") == run.run_id) & ds.field("_row_number").is_null()
    about = run.lake.stored(table).rows.to_table(["_source_file", "_reject_reason"], filter=mine)
    return list(zip(*(column.to_pylist() for column in about.columns), strict=True))


def _accounts(arrival: Arrival, landing: str, rows: Iterable[tuple[str, str]]) -> Iterator[FileAccount]:
    reasons = defaultdict(list)
    for uri, reason in rows:
        reasons[uri].append(reason)
    for file in arrival.files:
        found = reasons[file.uri]
        rejected = next((reason for reason in found if reason.startswith("file:")), None)
        account = next((reason for reason in found if reason.startswith("object:")), None)
        _, sha256, _, records, bad = account.split(":") if account else ("", None, "", "0", "0")
        yield FileAccount(
            source=arrival.source,
            object_name=arrival.object_name,
            file=file,
            path=path_below(landing, file.uri),
            object_id=object_id(file.uri, sha256 or f"unread at {file.modified_at.isoformat()}"),
            content_sha256=sha256,
            state=_state(rejected),
            reason=rejected,
            records=int(records),
            rejected=int(bad),
            notices=tuple(sorted(reason.removeprefix("notice:") for reason in found if reason.startswith("notice:"))),
        )


def _state(rejected: str | None) -> FileState:
    if rejected is None:
        return FileState.LOADED
    return FileState.DEFERRED if rejected.startswith(_RETRIED) else FileState.QUARANTINED


def _write_ledger(run: Run, accounts: Sequence[FileAccount]) -> None:
    ledger = pa.Table.from_pylist(
        [
            {
                "object_id": account.object_id,
                "source": account.source,
                "object_name": account.object_name,
                "source_file": account.file.uri,
                "landing_path": account.path,
                "content_sha256": account.content_sha256,
                "size_bytes": account.file.size,
                "modified_at": account.file.modified_at,
                "state": account.state.value,
                "reason": account.reason,
                "record_count": account.records,
                "rejected_count": account.rejected,
                "notices": ";".join(account.notices) or None,
                "_run_id": run.run_id,
            }
            for account in accounts
        ],
        schema=arrow_schema(OBJECTS),
    )
    run.writer.put(OBJECTS, ledger.to_batches(), run.partition)
