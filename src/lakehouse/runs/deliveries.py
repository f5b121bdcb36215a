"""Which days files have come for, whole or damaged, or are missing for, by source object and entity: what gold asks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.derive.schema import arrow_schema
from lakehouse.quality.ledger import DELIVERIES, OBJECTS, FileState
from lakehouse.runs.context import Run
from lakehouse.runs.load_bronze import FileAccount
from lakehouse.sources.definition import Source, SourceObject
from lakehouse.sources.delivery_day import delivery_day, path_of_ledger
from lakehouse.sources.parse.reasons import Code

_KEY = list(DELIVERIES.primary_key)


@dataclass(frozen=True)
class File:
    """A file as it was read; `record_count` is None where nothing of it was loaded."""

    source: str
    object_name: str
    path: str
    modified_at: datetime
    record_count: int | None
    is_cut_off: bool = False

    @property
    def is_damaged(self) -> bool:
        """Whether some of it is lacking: its records, or what came after its last one."""
        return self.record_count is None or self.is_cut_off


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
    before = run.lake.stored(DELIVERIES).delta.to_pyarrow_table(columns=list(DELIVERIES.field_names))
    before = _one_per_key(before.cast(arrow_schema(DELIVERIES)))
    files = list(_files(accounts))
    now = told(before.slice(0, 0), list(_ledger(run)), sources) if everything else told(before, files, sources)
    deliveries = Deliveries(before, now, tuple(_named_days(files)))
    if deliveries.changed:
        run.writer.put(DELIVERIES, now.to_batches())
    return deliveries


def told(known: pa.Table, files: Sequence[File], sources: Mapping[str, Source]) -> pa.Table:
    """`runs.deliveries` after these files, in the order in which they were read; `known` is it before them."""
    came = pa.concat_tables([_counted(delivered(known)), _days(files, sources), _damages(known, files, sources)])
    return _one_per_key(pa.concat_tables([came, missed(came, sources)]))


def delivered(deliveries: pa.Table) -> pa.Table:
    """The days that files have come for, and were loaded."""
    return deliveries.filter(pc.field("record_count").is_valid())


def damaged(deliveries: pa.Table) -> pa.Table:
    """The days for which a file was set aside or cut off, and has not come whole since."""
    return deliveries.filter(pc.field("damaged_files").is_valid())


def missing(deliveries: pa.Table) -> pa.Table:
    """The days that a file was to come for and has not."""
    return deliveries.filter(pc.field("record_count").is_null() & pc.field("damaged_files").is_null())


def missed(came: pa.Table, sources: Mapping[str, Source]) -> pa.Table:
    """The days that a file was to come for and did not, by all that came.

    A required object is missed on the days that its source has delivered for, a daily one on all up to the last of
    these; each from the first day on that a file of it was for.
    """
    days: defaultdict[tuple[str, ...], set[date]] = defaultdict(set)
    days_of_source: defaultdict[str, set[date]] = defaultdict(set)
    for *key, day in zip(*(came[name].to_pylist() for name in _KEY), strict=True):
        days[tuple(key)].add(day)
        days_of_source[key[0]].add(day)
    rows = [
        dict(zip(_KEY, (*key, day), strict=True))
        for key, own in days.items()
        for day in _expected(sources[key[0]].object(key[1]), min(own), days_of_source[key[0]]) - own
    ]
    return pa.Table.from_pylist(rows, schema=arrow_schema(DELIVERIES))


def _expected(declared: SourceObject, first: date, days_of_source: AbstractSet[date]) -> AbstractSet[date]:
    """The days after its first that a file of an object is expected for."""
    if declared.daily:
        return {first + timedelta(days=n) for n in range(1, (max(days_of_source) - first).days + 1)}
    return {day for day in days_of_source if day > first} if declared.required else set()


def _named_days(files: Iterable[File]) -> Iterator[tuple[str, str, date, int]]:
    for file in files:
        if file.record_count is not None and (day := day_of(file.path, file.modified_at)) is not None:
            yield file.source, file.object_name, day, file.record_count


def day_of(path: str, modified_at: datetime) -> date | None:
    """The day that a file is for, if its path below landing names one; one older than its day can not tell of it."""
    day = delivery_day(path)
    return day if day is not None and day <= modified_at.date() else None


def _counted(deliveries: pa.Table) -> pa.Table:
    """Without what is said of damages."""
    position = deliveries.schema.get_field_index("damaged_files")
    return deliveries.set_column(position, "damaged_files", pa.nulls(deliveries.num_rows, pa.string()))


def _damages(known: pa.Table, files: Iterable[File], sources: Mapping[str, Source]) -> pa.Table:
    """The days with damaged files. Each is damaged until it comes whole: by its path, since a day may have several."""
    paths: defaultdict[tuple[object, ...], set[str]] = defaultdict(set)
    for row in damaged(known).to_pylist():
        paths[tuple(row[name] for name in _KEY)].update(row["damaged_files"].splitlines())
    for file in files:
        for entity in _entities(sources, file):
            own = paths[file.source, file.object_name, entity, delivery_day(file.path)]
            own.discard(file.path)
            if file.is_damaged and day_of(file.path, file.modified_at) is not None:
                own.add(file.path)
    rows = [
        dict(zip([*_KEY, "damaged_files"], [*key, "\n".join(sorted(own))], strict=True))
        for key, own in paths.items()
        if own
    ]
    return pa.Table.from_pylist(rows, schema=arrow_schema(DELIVERIES))


def _days(files: Iterable[File], sources: Mapping[str, Source]) -> pa.Table:
    rows = [
        {
            "source": file.source,
            "object_name": file.object_name,
            "entity": entity,
            "delivery_date": day,
            "record_count": file.record_count,
        }
        for file in files
        if file.record_count is not None and (day := day_of(file.path, file.modified_at)) is not None
        for entity in _entities(sources, file)
    ]
    return pa.Table.from_pylist(rows, schema=arrow_schema(DELIVERIES))


def _entities(sources: Mapping[str, Source], file: File) -> Iterable[str]:
    """None for an object that its source does not declare any more."""
    source = sources.get(file.source)
    return () if source is None or file.object_name not in source.objects else source.fed_by(file.object_name)


def _one_per_key(rows: pa.Table) -> pa.Table:
    """Sorted; of several files for a day the one with most records tells whether it came empty."""
    told_of = ["record_count", "damaged_files"]
    grouped = rows.group_by(_KEY, use_threads=False).aggregate([(name, "max") for name in told_of])
    named = grouped.rename_columns([*_KEY, *told_of]).select(list(DELIVERIES.field_names))
    return named.cast(arrow_schema(DELIVERIES)).sort_by([(name, "ascending") for name in _KEY]).combine_chunks()


def _files(accounts: Iterable[FileAccount]) -> Iterator[File]:
    return (
        File(
            account.source,
            account.object_name,
            account.path,
            account.file.modified_at,
            account.records if account.state is FileState.LOADED else None,
            Code.CUT_OFF in account.notices,
        )
        for account in accounts
    )


def _ledger(run: Run) -> Iterator[File]:
    """Every file that was ever read, in the order of the runs."""
    columns = ["source", "object_name", "source_file", "landing_path", "modified_at", "state", "record_count"]
    columns += ["notices", "_run_id"]
    rows = run.lake.stored(OBJECTS).delta.to_pyarrow_table(columns=columns).sort_by("_run_id")
    for row in rows.to_pylist():
        yield File(
            row["source"],
            row["object_name"],
            path_of_ledger(row["landing_path"], row["source_file"]),
            row["modified_at"],
            row["record_count"] if row["state"] == FileState.LOADED else None,
            Code.CUT_OFF in (row["notices"] or "").split(";"),
        )
