"""What each run did, newest first, as the chain of manifests tells it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, pairwise

from lakehouse.runs.chain import find, published, walk
from lakehouse.runs.manifest import Balance, Kind, Manifest
from lakehouse.runs.work import Work
from lakehouse.settings import Storage
from lakehouse.storage.objects import resolve


@dataclass(frozen=True)
class PastRun:
    """One run. `tables` are those that it changed, None where the run before it is not kept any more."""

    run_id: str
    published_at: datetime
    kind: Kind
    engine: str
    files: int
    rows: int
    balances: tuple[Balance, ...]
    tables: tuple[str, ...] | None
    failed_checks: int
    seconds: float | None
    restored_from: str | None
    work: Work | None


def history(location: str, storage: Storage, limit: int) -> list[PastRun]:
    """The newest runs, at most `limit`; NothingArrivedError if nothing was published.

    IntegrityError at a manifest that is missing or altered, if the history asked for goes as far back.
    """
    root = resolve(location)
    chain = list(islice(walk(root, storage, published(root, storage)), limit + 1))
    return list(islice(_past(chain), limit))


def past_run(location: str, storage: Storage, run_id: str) -> PastRun:
    """One run; ConfigurationError with the nearest name if none of that name is kept."""
    root = resolve(location)
    published(root, storage)
    return next(_past(list(islice(walk(root, storage, find(root, storage, run_id)), 2))))


def last_load(location: str, storage: Storage, newest: Manifest) -> Manifest | None:
    """The run that brought the rows of a snapshot; None if it is not kept any more."""
    root = resolve(location)
    wanted = None
    for manifest in walk(root, storage, newest):
        if wanted is not None and manifest.run_id != wanted:
            continue
        if manifest.kind is Kind.RUN:
            return manifest
        wanted = manifest.restored_from
    return None


def _past(chain: list[Manifest]) -> Iterator[PastRun]:
    for manifest, parent in pairwise([*chain, None]):
        if manifest is not None:
            yield _run(manifest, parent)


def _run(manifest: Manifest, parent: Manifest | None) -> PastRun:
    return PastRun(
        run_id=manifest.run_id,
        published_at=manifest.created_at,
        kind=manifest.kind,
        engine=manifest.engine,
        files=manifest.files_in,
        rows=manifest.rows_in,
        balances=manifest.balances,
        tables=_changed(manifest, parent),
        failed_checks=sum(check.failed_rows > 0 for check in manifest.checks),
        seconds=manifest.seconds,
        restored_from=manifest.restored_from,
        work=manifest.work,
    )


def _changed(manifest: Manifest, parent: Manifest | None) -> tuple[str, ...] | None:
    """Tables with another version than before, new ones and those that are gone."""
    if parent is None and manifest.parent_run_id is not None:
        return None
    now, before = (
        {name: pinned.version for name, pinned in (one.tables if one else {}).items()} for one in (manifest, parent)
    )
    return tuple(sorted(name for name in {*now, *before} if now.get(name) != before.get(name)))
