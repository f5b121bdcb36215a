"""Which days files have come for, and are missing for, by source object and entity: kept beside the ledger for gold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.derive.schema import arrow_schema
from lakehouse.quality.ledger import DELIVERIES, OBJECTS, FileState
from lakehouse.runs.context import Run
from lakehouse.runs.load_bronze import FileAccount
from lakehouse.sources.definition import Source
from lakehouse.sources.delivery_day import delivery_day, path_of_ledger

_KEY = list(DELIVERIES.primary_key)


@dataclass(frozen=True)
class _File:
    source: str
    object_name: str
    path: str
    modified_at: datetime
    record_count: int


@dataclass(frozen=True)
class Deliveries:
    """`runs.deliveries` as published and as a run leaves it, and the run's files by source, object, day and records."""

    before: pa.Table
    now: pa.Table
    files: tuple[tuple[str, str, date, int], ...]

    @property
    def changed(self) -> bool:
        return not self.now.equals(self.before)


def write_deliveries(
    run: Run, sources: Mapping[str, Source], accounts: Sequence[FileAccount], *, everything: bool
) -> Deliveries:
    """Add the days of this run's files, or with `everything` make them all anew from the ledger.

    What is missing is told anew each time from all that came, so that a late file takes its place.
    """
    if everything:
        # Where the declaration changed the code did, which makes everything anew.
        run.lake.declare(DELIVERIES)
    run.lake.create(DELIVERIES)
    before = run.lake.delta(DELIVERIES).to_pyarrow_table(columns=list(DELIVERIES.field_names))
    before = _one_per_key(before.cast(arrow_schema(DELIVERIES)))
    if everything:
        came = _days(_ledger(run), sources)
    else:
        came = pa.concat_tables([delivered(before), _days(_loaded(accounts), sources)])
    now = _one_per_key(pa.concat_tables([came, missed(came, sources)]))
    deliveries = Deliveries(before, now, tuple(_named_days(accounts)))
    if deliveries.changed:
        run.writer.put(DELIVERIES, now.to_batches())
    return deliveries


def delivered(deliveries: pa.Table) -> pa.Table:
    """The days that files have come for."""
    return deliveries.filter(pc.field("record_count").is_valid())


def missing(deliveries: pa.Table) -> pa.Table:
    """The days that other files of the source have come for."""
    return deliveries.filter(pc.field("record_count").is_null())


def missed(came: pa.Table, sources: Mapping[str, Source]) -> pa.Table:
    """The days that a source has delivered for, and a required object of it has not, by all that came.

    An object is missed from the first day on that a file of it was for.
    """
    days: defaultdict[tuple[str, ...], set[date]] = defaultdict(set)
    days_of_source: defaultdict[str, set[date]] = defaultdict(set)
    for *key, day in zip(*(came[name].to_pylist() for name in _KEY), strict=True):
        days[tuple(key)].add(day)
        days_of_source[key[0]].add(day)
    rows = [
        dict(zip(_KEY, (*key, day), strict=True))
        for key, own in days.items()
        if sources[key[0]].object(key[1]).required
        for day in days_of_source[key[0]] - own
        if day > min(own)
    ]
    return pa.Table.from_pylist(rows, schema=arrow_schema(DELIVERIES))


def _named_days(accounts: Iterable[FileAccount]) -> Iterator[tuple[str, str, date, int]]:
    for file in _loaded(accounts):
        if (day := day_of(file.path, file.modified_at)) is not None:
            yield file.source, file.object_name, day, file.record_count


def day_of(path: str, modified_at: datetime) -> date | None:
    """The day that a file is for, if its path below landing names one; one older than its day can not tell of it."""
    day = delivery_day(path)
    return day if day is not None and day <= modified_at.date() else None


def _days(files: Iterable[_File], sources: Mapping[str, Source]) -> pa.Table:
    rows = [
        {
            "source": file.source,
            "object_name": file.object_name,
            "entity": entity,
            "delivery_date": day,
            "record_count": file.record_count,
        }
        for file in files
        if (day := day_of(file.path, file.modified_at)) is not None
        for entity in _entities(sources, file)
    ]
    return pa.Table.from_pylist(rows, schema=arrow_schema(DELIVERIES))


def _entities(sources: Mapping[str, Source], file: _File) -> Iterable[str]:
    """None for an object that its source does not declare any more."""
    source = sources.get(file.source)
    return () if source is None or file.object_name not in source.objects else source.fed_by(file.object_name)


def _one_per_key(rows: pa.Table) -> pa.Table:
    """Sorted; of several files for a day the one with most records tells whether it came empty."""
    grouped = rows.group_by(_KEY, use_threads=False).aggregate([("record_count", "max")])
    named = grouped.rename_columns([*_KEY, "record_count"]).select(list(DELIVERIES.field_names))
    return named.cast(arrow_schema(DELIVERIES)).sort_by([(name, "ascending") for name in _KEY]).combine_chunks()


def _loaded(accounts: Iterable[FileAccount]) -> Iterator[_File]:
    return (
        _File(account.source, account.object_name, account.path, account.file.modified_at, account.records)
        for account in accounts
        if account.state is FileState.LOADED
    )


def _ledger(run: Run) -> Iterator[_File]:
    columns = ["source", "object_name", "source_file", "landing_path", "modified_at", "record_count"]
    loaded = [("state", "=", FileState.LOADED.value)]
    for row in run.lake.delta(OBJECTS).to_pyarrow_table(columns=columns, filters=loaded).to_pylist():
        path = path_of_ledger(row["landing_path"], row["source_file"])
        yield _File(row["source"], row["object_name"], path, row["modified_at"], row["record_count"])
