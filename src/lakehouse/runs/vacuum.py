"""Remove what no kept snapshot needs; what is kept stays readable, whatever its tables' own retention says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from lakehouse.runs.chain import HORIZON, cut, intact, published, walk
from lakehouse.runs.garbage import garbage
from lakehouse.runs.lease import hold
from lakehouse.runs.manifest import FOLDER, POINTER, Manifest
from lakehouse.runs.proofs import proof_uri
from lakehouse.settings import Storage
from lakehouse.storage.objects import StoredObject, join, resolve, store_for

ORPHAN_AGE = timedelta(days=1)
"""A file that no commit names is left alone for so long: it may be one that is being written."""


@dataclass(frozen=True)
class Keep:
    """The newest snapshots that stay: so many, or those of so many days; the published one always does."""

    days: int | None = None
    runs: int | None = None

    def of(self, chain: Sequence[Manifest], now: datetime) -> list[Manifest]:
        """The manifests to keep of a chain that begins with the published one."""
        if self.runs is not None:
            return list(chain[: max(1, self.runs)])
        since = now - timedelta(days=self.days or 0)
        return [chain[0], *takewhile(lambda manifest: manifest.created_at >= since, chain[1:])]


@dataclass(frozen=True)
class TableVacuum:
    """What goes of a table."""

    table: str
    files: int
    orphans: int
    log_files: int
    bytes: int


@dataclass(frozen=True)
class Vacuum:
    """What was removed, or would be; the oldest run that is kept, and how many are."""

    is_dry_run: bool
    runs_kept: int
    oldest_run_id: str
    runs_removed: int
    tables: tuple[TableVacuum, ...]

    @property
    def bytes(self) -> int:
        return sum(table.bytes for table in self.tables)


def vacuum(
    location: str, storage: Storage, keep: Keep, *, dry_run: bool = False, orphan_age: timedelta = ORPHAN_AGE
) -> Vacuum:
    """Remove the snapshots before those to keep, and every file that only they needed, or that no commit ever named.

    The horizon is moved first, so that an end at any moment leaves nothing that readers could miss. IntegrityError if
    a snapshot to keep is damaged: then nothing is removed.
    """
    root, now = resolve(location), datetime.now(UTC)
    with hold(root, storage, "vacuum") as lease:
        chain, broken = intact(walk(root, storage, published(root, storage)))
        kept = keep.of(chain, now)
        if broken and len(kept) == len(chain) != keep.runs:
            raise broken
        found = garbage(root, storage, kept, now - orphan_age)
        manifests = list(_manifests(root, storage, kept, chain[len(kept) :], now - orphan_age))
        if not dry_run:
            store = store_for(root, storage)
            if kept[-1].parent_run_id is not None:
                cut(root, storage, kept[-1])
            for uris in (
                [proof_uri(root, run_id) for run_id in manifests],
                [join(root, FOLDER, f"{run_id}.json") for run_id in manifests],
                [file.uri for table in found for file in (*table.superseded, *table.orphans)],
                [file.uri for table in found for file in table.log],
            ):
                lease.require()
                store.delete(uris)
        tables = [
            TableVacuum(
                table.table,
                len(table.superseded),
                len(table.orphans),
                len(table.log),
                _bytes((*table.superseded, *table.orphans, *table.log)),
            )
            for table in found
        ]
        return Vacuum(
            is_dry_run=dry_run,
            runs_kept=len(kept),
            oldest_run_id=kept[-1].run_id,
            runs_removed=len(manifests),
            tables=tuple(table for table in tables if table.files or table.orphans or table.log_files),
        )


def _manifests(
    root: str, storage: Storage, kept: Sequence[Manifest], before: Sequence[Manifest], orphaned_before: datetime
) -> Iterator[str]:
    """Runs whose manifests go: those before the kept ones, and old ones that were never published."""
    old, known = ({manifest.run_id for manifest in manifests} for manifests in (before, kept))
    for file in store_for(root, storage).list(join(root, FOLDER)):
        folder, _, name = file.uri.rpartition("/")
        run_id = name.removesuffix(".json")
        if folder != join(root, FOLDER) or not name.endswith(".json") or name in {POINTER, HORIZON}:
            continue
        if run_id in old or (run_id not in known and file.modified_at < orphaned_before):
            yield run_id


def _bytes(files: Sequence[StoredObject]) -> int:
    return sum(file.size for file in files)
