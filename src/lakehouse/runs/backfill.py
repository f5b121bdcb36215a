"""Backfill: what landing holds of some days, published at once or day by day; what is loaded already is skipped.

A day that was published is done by the content of its files, so a backfill that was interrupted is simply called again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from lakehouse.derive.schema import arrow_schema
from lakehouse.errors import ConfigurationError, NothingArrivedError, StorageError
from lakehouse.quality.ledger import OBJECTS, FileState
from lakehouse.runs.arrivals import Arrival, Landing
from lakehouse.runs.context import Follow
from lakehouse.runs.days import Days, Publish
from lakehouse.runs.lease import hold
from lakehouse.runs.manifest import Manifest, Snapshots
from lakehouse.runs.report import RunReport
from lakehouse.runs.run import Request, load, new_in_landing, session_for
from lakehouse.settings import Storage
from lakehouse.sources.delivery_day import delivery_day, path_below, path_of_ledger
from lakehouse.spark import SparkSession
from lakehouse.storage.lake import Lake
from lakehouse.storage.objects import StoredObject, content_hash, resolve, store_for


@dataclass(frozen=True)
class Published:
    """A snapshot that a backfill has published, and the days it loaded."""

    days: Days
    report: RunReport


@dataclass(frozen=True)
class Backfilled:
    """What a backfill did.

    `same` are files that were touched or moved and hold what is loaded already; `undated` are new files that have no
    day in their path: they belong to no backfill.
    """

    days: Days
    published: tuple[Published, ...]
    same: tuple[str, ...]
    undated: tuple[str, ...]


@dataclass(frozen=True)
class _Loaded:
    """What the published ledger knows: the days of its files, and by (source, object, day, size) what they hold now."""

    days: frozenset[date | None]
    contents: dict[tuple[str, str, date | None, int], set[str]]


@dataclass
class _Found:
    """The new files of landing, as they concern a range of days."""

    wanted: dict[date, list[Arrival]]
    same: list[str]
    undated: list[str]
    other_days: set[date]


def backfill(
    request: Request,
    days: Days,
    publish: Publish,
    follow: Follow,
    told: Callable[[Published], None],
    session: SparkSession | None = None,
    *,
    again: bool = False,
) -> Backfilled:
    """Load the files of landing that are for these days and not loaded yet; `told` hears of each published snapshot.

    A file is loaded already if the published ledger knows it, as in `run`, or knows the same content of its day. With
    `again` the first snapshot makes everything anew from bronze, though nothing may be new. Raises
    NothingArrivedError if there is no file of these days and none was ever loaded, else what `run` raises; the days
    published until then stay, and the next call goes on after them.
    """
    if not request.workspace.sources:
        raise ConfigurationError("no source is named: give --source, or set `sources` in the environment's settings")
    root, storage = resolve(request.lake), request.workspace.settings.storage
    with hold(root, storage, "backfill") as lease:
        lake = Lake(root, storage, lease.require)
        base = Snapshots(root, storage).current()
        landing = new_in_landing(request, lake, base)
        loaded = _loaded(lake, base)
        found = _find(landing, days, loaded, storage)
        if not found.wanted and (base is None or not any(day in days for day in loaded.days)):
            raise NothingArrivedError(_nothing_arrived(request, days, found))
        parts = _parts(found.wanted, days, publish) or [(days, ())] * again
        published: list[Published] = []
        if parts:
            with session_for(request, session) as spark:
                for part, arrivals in parts:
                    new, is_first = replace(landing, arrivals=arrivals), not published
                    report = load(request, lease, new, follow, spark, again=again and is_first)
                    published.append(Published(part, report))
                    told(published[-1])
        return Backfilled(days, tuple(published), tuple(found.same), tuple(found.undated))


def _loaded(lake: Lake, base: Manifest | None) -> _Loaded:
    if base is None or (pinned := base.tables.get(str(OBJECTS))) is None:
        return _Loaded(frozenset(), {})
    # A ledger that older code left has no path below landing.
    ledger = lake.stored(OBJECTS, pinned.version).delta.to_pyarrow_dataset(schema=arrow_schema(OBJECTS))
    columns = [
        "source",
        "object_name",
        "source_file",
        "landing_path",
        "content_sha256",
        "size_bytes",
        "state",
        "_run_id",
    ]
    rows = ledger.to_table(columns).sort_by("_run_id").to_pylist()
    # Of a file that was replaced only what was read last counts: what it held before may have to come back.
    last = {
        (row["source"], row["object_name"], row["source_file"]): row for row in rows if row["state"] == FileState.LOADED
    }
    contents = defaultdict(set)
    for (source, name, _), row in last.items():
        contents[source, name, _day_loaded(row), row["size_bytes"]].add(row["content_sha256"])
    return _Loaded(frozenset(map(_day_loaded, rows)), dict(contents))


def _day_loaded(row: Mapping[str, Any]) -> date | None:
    return delivery_day(path_of_ledger(row["landing_path"], row["source_file"]))


def _find(landing: Landing, days: Days, loaded: _Loaded, storage: Storage) -> _Found:
    found = _Found({}, [], [], set())
    for arrival in landing.arrivals:
        new = defaultdict(list)
        for file in arrival.files:
            day = delivery_day(path_below(landing.location, file.uri))
            if day is None:
                found.undated.append(file.uri)
            elif day not in days:
                found.other_days.add(day)
            elif _holds_any_of(
                file, loaded.contents.get((arrival.source, arrival.object_name, day, file.size)), storage
            ):
                found.same.append(file.uri)
            else:
                new[day].append(file)
        for day, files in new.items():
            found.wanted.setdefault(day, []).append(replace(arrival, files=tuple(files)))
    return found


def _holds_any_of(file: StoredObject, contents: set[str] | None, storage: Storage) -> bool:
    """Whether a file's content is one of these; one that can not be read now is for the run to judge."""
    if contents:
        with suppress(FileNotFoundError, StorageError):
            return content_hash(store_for(file.uri, storage).read(file.uri)) in contents
    return False


def _parts(wanted: dict[date, list[Arrival]], days: Days, publish: Publish) -> list[tuple[Days, tuple[Arrival, ...]]]:
    """What is published at once, in order."""
    if publish is Publish.DAY:
        return [(Days(day, day), tuple(wanted[day])) for day in sorted(wanted)]
    files: dict[tuple[str, str], list[StoredObject]] = defaultdict(list)
    for day in sorted(wanted):
        for arrival in wanted[day]:
            files[arrival.source, arrival.object_name].extend(arrival.files)
    arrivals = tuple(Arrival(source, name, tuple(of_object)) for (source, name), of_object in files.items())
    return [(days, arrivals)] if arrivals else []


def _nothing_arrived(request: Request, days: Days, found: _Found) -> str:
    others = f"; new files there are for {_told(found.other_days)}" if found.other_days else ""
    undated = f"; {len(found.undated):,} new files have no day in their path" if found.undated else ""
    return f"no file in {request.landing} is for {days}, and none was ever loaded of these days{others}{undated}"


def _told(days: Iterable[date]) -> str:
    ordered = sorted(days)
    return str(Days(ordered[0], ordered[-1]))
