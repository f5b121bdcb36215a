"""Start from what is published: undo what a run left behind that never got as far as publishing."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from deltalake import DeltaTable

from lakehouse.errors import IntegrityError
from lakehouse.runs.context import Tell
from lakehouse.runs.manifest import Manifest, PinnedTable
from lakehouse.runs.pins import holds
from lakehouse.settings import Storage
from lakehouse.storage.commit_log import close_gaps, read_log
from lakehouse.storage.lake import Lake
from lakehouse.storage.versions import changing, open_latest, table_uri
from lakehouse.table import Table

EMPTY = 0
"""The version at which every table was created, before its first row."""


def heal(lake: Lake, tables: Iterable[Table], base: Manifest | None, tell: Tell) -> None:
    """Put every table that went on after the published snapshot back to it."""
    lake.forget()
    for table in tables:
        name = str(table)
        delta, is_changed = _put_back(lake.root, lake.storage, name, base, lake.before_commit)
        if is_changed:
            pinned = base.tables.get(name) if base else None
            version = pinned.version if pinned else EMPTY
            tell(name, f"put back to version {version}: an earlier run ended before publishing")
        elif delta is not None:
            lake.seen(table, delta)


def put_back(
    root: str, storage: Storage, names: Iterable[str], base: Manifest | None, require: Callable[[], None]
) -> list[str]:
    """Give every table the content that is published, by a commit of its own; the tables that had another.

    `require` returns only while this process is the lake's one writer. IntegrityError if a table is damaged up to the
    version that is published.
    """
    return [name for name in names if _put_back(root, storage, name, base, require)[1]]


def left_behind(root: str, storage: Storage, names: Iterable[str], base: Manifest | None) -> list[str]:
    """The tables that `put_back` would change, found without a write."""
    return [name for name in names if _is_left_behind(root, storage, name, base)]


def _is_left_behind(root: str, storage: Storage, name: str, base: Manifest | None) -> bool:
    pinned = base.tables.get(name) if base else None
    try:
        delta = open_latest(root, name, storage)
    except IntegrityError:
        # What is lost or damaged after the published version is no loss: such a gap is closed first.
        if read_log(root, name, storage).latest > (pinned.version if pinned else EMPTY):
            return True
        raise
    return delta is not None and _is_changed(table_uri(root, name), delta, pinned)


def _put_back(
    root: str, storage: Storage, name: str, base: Manifest | None, require: Callable[[], None]
) -> tuple[DeltaTable | None, bool]:
    """The table's log, if there is any, and whether it was put back."""
    pinned = base.tables.get(name) if base else None
    published = pinned.version if pinned else EMPTY
    uri = table_uri(root, name)
    try:
        delta = open_latest(root, name, storage)
    except IntegrityError:
        require()
        if not close_gaps(root, name, storage, after=published):
            raise
        delta = open_latest(root, name, storage)
    if delta is None and published > EMPTY:
        raise _lost(uri, EMPTY, published)
    if delta is None or not _is_changed(uri, delta, pinned):
        return delta, False
    require()
    with changing(uri):
        delta.restore(published)
    return delta, True


def _is_changed(uri: str, delta: DeltaTable, pinned: PinnedTable | None) -> bool:
    """Whether a table has other content than what is published; IntegrityError if what is published is lost."""
    version, published = delta.version(), pinned.version if pinned else EMPTY
    if version < published:
        raise _lost(uri, version, published)
    # An earlier try may have put it back already, and then ended before publishing.
    return version != published and not (pinned is not None and holds(delta, pinned))


def _lost(uri: str, version: int, published: int) -> IntegrityError:
    return IntegrityError(
        f"{uri} ends at version {version}, and {published} was published: commits of its log are lost; "
        "`lakehouse doctor` says what can be done"
    )
