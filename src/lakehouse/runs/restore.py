"""Go back to an earlier run: readers at once, by a manifest that pins its versions; then the tables themselves."""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse.errors import IntegrityError
from lakehouse.runs.chain import find, published, successor
from lakehouse.runs.heal import put_back
from lakehouse.runs.lease import hold
from lakehouse.runs.manifest import Kind, Snapshots
from lakehouse.runs.pins import move
from lakehouse.runs.whole import broken_tables
from lakehouse.settings import Storage
from lakehouse.storage.objects import resolve


@dataclass(frozen=True)
class Restored:
    """What is published now, what it holds, what was published before, and the tables that had to be put back."""

    run_id: str
    restored_from: str
    before: str
    tables: tuple[str, ...]


def restore(location: str, storage: Storage, run_id: str) -> Restored:
    """Publish what a run published, and put the tables back to it; what was loaded since is new for the next run.

    Ended before the tables are put back, it is finished by the next run. Raises ConfigurationError if no such run is
    kept, IntegrityError if what it published is not whole any more, LockedError if another run is at work.
    """
    root = resolve(location)
    with hold(root, storage, "restore") as lease:
        before = published(root, storage)
        target = find(root, storage, run_id)
        if broken := broken_tables(root, storage, target):
            told = "\n".join(f"  {sentence}" for sentence in broken.values())
            raise IntegrityError(f"run {run_id} can not be restored, it is not whole any more:\n{told}")
        snapshots = Snapshots(root, storage)
        moved = successor(before, Kind.RESTORE, target.tables, lease.token, target.basis, restored_from=run_id)
        snapshots.publish(moved, lease.require)
        healed = put_back(root, storage, sorted({*before.tables, *target.tables}), moved, lease.require)
        tables = {name: move(root, name, storage, pinned) for name, pinned in target.tables.items()}
        now = moved
        if tables != target.tables:
            now = successor(moved, Kind.RESTORE, tables, lease.token, target.basis, restored_from=run_id)
            snapshots.publish(now, lease.require)
        return Restored(now.run_id, run_id, before.run_id, tuple(healed))
