"""A fault of the lease: its writer is gone and did not give it back."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse.runs.findings import Finding
from lakehouse.runs.lease import FILE, break_stale, stale
from lakehouse.settings import Storage
from lakehouse.storage.objects import join


def lease_faults(root: str, storage: Storage, *, mend: bool) -> Iterator[Finding]:
    """The lease of a writer that died; the next command would take it over as well."""
    found = stale(root, storage)
    if found is None:
        return
    if mend:
        break_stale(root, storage)
    what = f"`lakehouse {found.command}` on {found.host} (process {found.process}) died while it held the lake"
    yield Finding(what, join(root, FILE), "break its lease; the next command does it, too", True, mend)
