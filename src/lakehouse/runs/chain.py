"""The published snapshots, newest first: each manifest proves the one before it by hash.

`lakehouse vacuum` cuts the chain: the horizon names the oldest manifest that is kept, and no one looks beyond it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from uuid import uuid4

from pydantic import ValidationError

from lakehouse.errors import ConfigurationError, IntegrityError, NothingArrivedError, Problem, nearest
from lakehouse.runs.manifest import FOLDER, Basis, Kind, Manifest, PinnedTable, Snapshots
from lakehouse.settings import Frozen, Storage
from lakehouse.storage.objects import join, store_for

HORIZON = "horizon.json"


class Horizon(Frozen):
    """The oldest run whose manifest is kept."""

    oldest_run_id: str


def published(root: str, storage: Storage) -> Manifest:
    """The published manifest; NothingArrivedError if there is none."""
    manifest = Snapshots(root, storage).current()
    if manifest is None:
        raise NothingArrivedError(f"nothing was published in {root} yet: load it with `lakehouse run`")
    return manifest


def walk(root: str, storage: Storage, newest: Manifest | None = None) -> Iterator[Manifest]:
    """The published manifest, or `newest`, and those before it that are kept.

    IntegrityError at the first that is missing or is not what its successor proves.
    """
    snapshots = Snapshots(root, storage)
    oldest = oldest_kept(root, storage)
    manifest = newest or snapshots.current()
    while manifest is not None:
        yield manifest
        if manifest.parent_run_id is None or manifest.run_id == oldest:
            return
        manifest = snapshots.load(manifest.parent_run_id, manifest.parent_sha256)


def intact(chain: Iterator[Manifest]) -> tuple[list[Manifest], IntegrityError | None]:
    """The manifests of a chain as far as it goes, and what is wrong with the next one."""
    found: list[Manifest] = []
    try:
        for manifest in chain:
            found.append(manifest)  # noqa: PERF402
    except IntegrityError as error:
        return found, error
    return found, None


def find(root: str, storage: Storage, run_id: str) -> Manifest:
    """The manifest of a run in the chain; ConfigurationError with the nearest name if none of that name is kept."""
    known = []
    for manifest in walk(root, storage):
        if manifest.run_id == run_id:
            return manifest
        known.append(manifest.run_id)
    message = f"no run '{run_id}' is kept in {root}; `lakehouse history` lists those that are"
    raise ConfigurationError([Problem("run", 0, 0, message, nearest(run_id, known))])


def oldest_kept(root: str, storage: Storage) -> str | None:
    """The run at the horizon; None where nothing was ever cut off."""
    content = _horizon_bytes(root, storage)
    if content is None:
        return None
    try:
        return Horizon.model_validate_json(content).oldest_run_id
    except ValidationError as error:
        raise IntegrityError(f"{join(root, FOLDER, HORIZON)} can not be read: it is damaged") from error


def cut(root: str, storage: Storage, oldest: Manifest) -> None:
    """Move the horizon to a manifest: those before it may be removed from now on."""
    content = Horizon(oldest_run_id=oldest.run_id).model_dump_json().encode()
    uri = join(root, FOLDER, HORIZON)
    if not store_for(root, storage).replace(uri, content, _horizon_bytes(root, storage)):
        raise IntegrityError(f"{uri} was changed by somebody else meanwhile; run it again")


def successor(
    parent: Manifest,
    kind: Kind,
    tables: Mapping[str, PinnedTable],
    fencing_token: int | None,
    basis: Basis | None = None,
    restored_from: str | None = None,
) -> Manifest:
    """The manifest to publish after `parent` where no engine and no new row took part."""
    now = datetime.now(UTC)
    return Manifest(
        run_id=new_run_id(now),
        created_at=now,
        engine="deltalake",
        parent_run_id=parent.run_id,
        parent_sha256=parent.sha256,
        fencing_token=fencing_token,
        basis=basis or parent.basis,
        tables=tables,
        files_in=0,
        rows_in=0,
        kind=kind,
        restored_from=restored_from,
    )


def new_run_id(now: datetime) -> str:
    """A name that nobody else has, and that sorts by time."""
    return f"{now:%Y%m%dT%H%M%S}-{uuid4().hex[:8]}"


def _horizon_bytes(root: str, storage: Storage) -> bytes | None:
    try:
        return store_for(root, storage).read(join(root, FOLDER, HORIZON))
    except FileNotFoundError:
        return None
