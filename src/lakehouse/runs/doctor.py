"""Look for everything that can be wrong with a lake, mend what can be mended, and say what else can be done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from itertools import takewhile

from lakehouse.errors import IntegrityError
from lakehouse.runs.chain import intact, published, walk
from lakehouse.runs.chain_faults import chain_faults, give_up_before, pointer_faults
from lakehouse.runs.findings import Finding, Look
from lakehouse.runs.garbage import garbage
from lakehouse.runs.heal import put_back
from lakehouse.runs.lease import Lease, hold
from lakehouse.runs.log_faults import NO_REMEDY, log_faults
from lakehouse.runs.manifest import Manifest
from lakehouse.runs.pins import holds
from lakehouse.runs.vacuum import ORPHAN_AGE
from lakehouse.runs.whole import broken_tables, damage, listing
from lakehouse.settings import Storage
from lakehouse.storage.objects import resolve, store_for
from lakehouse.storage.versions import open_latest, table_uri

_REBUILT = ("silver.", "gold.", "kpi.")
"""Tables that `run --full` makes anew from bronze."""


def examine(location: str, storage: Storage, *, mend: bool, locks: Look | None = None) -> list[Finding]:
    """Every fault of a lake, each with what was done or can be done about it; nothing is written without `mend`.

    `locks` looks for locks that nobody holds any more. NothingArrivedError if nothing was ever published, LockedError
    if another run is at work while mending.
    """
    root = resolve(location)
    found = list(locks(mend)) if locks else []
    with hold(root, storage, "doctor") if mend else nullcontext() as lease:
        found += pointer_faults(root, storage, lease)
        if any(not finding.is_mended for finding in found):
            return found
        manifest = published(root, storage)
        found += chain_faults(root, storage)
        unread = list(_table_faults(root, storage, manifest, mend=mend))
        found += _with_way_out(root, storage, manifest, unread)
        if all(finding.is_mended for finding in unread):
            leftovers = list(_leftovers(root, storage, manifest, lease))
            found += leftovers
            if all(finding.is_mended for finding in leftovers):
                found += _orphans(root, storage, mend=mend)
    return found


def require_well(findings: Sequence[Finding]) -> None:
    """IntegrityError if any fault is left."""
    left = [finding for finding in findings if not finding.is_mended]
    if mendable := sum(finding.is_mendable for finding in left):
        raise IntegrityError(f"{len(left)} faults; `lakehouse doctor --mend` mends {mendable} of them")
    if left:
        raise IntegrityError(f"{len(left)} faults that can not be mended; what else can be done is told with each")


def _table_faults(root: str, storage: Storage, manifest: Manifest, *, mend: bool) -> Iterator[Finding]:
    store = store_for(root, storage)
    for name, pinned in sorted(manifest.tables.items()):
        of_log = list(log_faults(root, name, storage, pinned.version, mend=mend))
        yield from of_log
        if any(not finding.is_mended for finding in of_log):
            # Until then it can not be opened.
            continue
        listed = listing(root, name, store.list(table_uri(root, name)))
        for sentence in damage(root, name, storage, pinned, listed):
            yield Finding(sentence, table_uri(root, name), NO_REMEDY, is_mendable=False)


def _with_way_out(root: str, storage: Storage, manifest: Manifest, findings: Sequence[Finding]) -> Iterator[Finding]:
    """The findings, each that can not be mended with the run that can be gone back to, or what else there is."""
    lost = [finding for finding in findings if not finding.is_mendable]
    way_out = _way_out(root, storage, manifest, lost) if lost else ""
    for finding in findings:
        yield finding if finding.is_mendable else replace(finding, remedy=f"{finding.remedy}: {way_out}")


def _way_out(root: str, storage: Storage, manifest: Manifest, lost: Sequence[Finding]) -> str:
    names = {name for name in manifest.tables if any(_is_of(root, name, finding) for finding in lost)}
    if all(name.startswith(_REBUILT) for name in names) and all(".parquet" in finding.what for finding in lost):
        return "`lakehouse run --full` makes the table anew from bronze"
    for earlier in intact(walk(root, storage))[0]:
        if earlier.run_id != manifest.run_id and not broken_tables(root, storage, earlier):
            return f"`lakehouse restore --to-run {earlier.run_id}`, which is whole, and run again"
    return "no earlier run is whole either; load the files anew into another lake"


def _is_of(root: str, name: str, finding: Finding) -> bool:
    return f"{finding.where}/".startswith(table_uri(root, name) + "/")


def _leftovers(root: str, storage: Storage, manifest: Manifest, lease: Lease | None) -> Iterator[Finding]:
    """Versions after the published one that hold something else."""
    for name, pinned in sorted(manifest.tables.items()):
        try:
            delta = open_latest(root, name, storage)
        except IntegrityError as error:
            what = str(error)
        else:
            if delta is None or delta.version() <= pinned.version or holds(delta, pinned):
                continue
            what = f"version {delta.version()} was never published, and {pinned.version} is"
        if lease is not None:
            put_back(root, storage, [name], manifest, lease.require)
        yield Finding(
            what, table_uri(root, name), "put it back; the next run does it, too", True, is_mended=lease is not None
        )


def _orphans(root: str, storage: Storage, *, mend: bool) -> Iterator[Finding]:
    """Files that no commit names, too old to be somebody's work; or what of the past keeps that from being told."""
    kept, _ = intact(walk(root, storage))
    try:
        found = garbage(root, storage, kept, datetime.now(UTC) - ORPHAN_AGE)
    except IntegrityError as error:
        whole = sum(1 for _ in takewhile(lambda one: not broken_tables(root, storage, one), kept))
        yield Finding(str(error), root, give_up_before(whole), is_mendable=False)
        return
    for table in found:
        if table.orphans:
            size = sum(file.size for file in table.orphans)
            if mend:
                store_for(root, storage).delete([file.uri for file in table.orphans])
            what = f"{len(table.orphans):,} files ({size / 1e6:,.2f} MB) that no commit names"
            yield Finding(what, table_uri(root, table.table), "remove them", True, mend)
