"""Faults of what is published: the pointer, and the manifests that prove each other."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pydantic import ValidationError

from lakehouse.errors import IntegrityError
from lakehouse.runs.chain import HORIZON, intact, walk
from lakehouse.runs.findings import Finding
from lakehouse.runs.lease import Lease
from lakehouse.runs.manifest import FOLDER, FORMAT, POINTER, Manifest, Pointer, Snapshots
from lakehouse.runs.whole import broken_tables
from lakehouse.settings import Storage
from lakehouse.storage.objects import content_hash, join, store_for


def pointer_faults(root: str, storage: Storage, lease: Lease | None) -> Iterator[Finding]:
    """A pointer that is missing or damaged, or leads to no intact manifest; with `lease`, moved to the newest one."""
    try:
        if Snapshots(root, storage).current() is not None or not _manifests(root, storage):
            return
        what = "the pointer is missing"
    except IntegrityError as error:
        what = str(error)
    where = join(root, FOLDER, POINTER)
    if _is_of_another_version(root, storage):
        yield Finding(what, where, "use the version of lakehouse that published it, or a later one", is_mendable=False)
        return
    newest = _newest_intact(root, storage)
    if newest is None:
        remedy = "no manifest is left that could be published: load the files anew into another lake"
        yield Finding(what, where, remedy, is_mendable=False)
        return
    remedy = f"point to run {newest.run_id} of {newest.created_at:%Y-%m-%d %H:%M:%S} UTC; what came later loads again"
    if lease is not None:
        _point_to(root, storage, newest, lease)
    yield Finding(what, where, remedy, is_mendable=True, is_mended=lease is not None)


def chain_faults(root: str, storage: Storage) -> Iterator[Finding]:
    """A manifest of the past that is missing or altered: nothing can prove any more what was published before."""
    found, error = intact(walk(root, storage))
    if error:
        yield Finding(str(error), join(root, FOLDER), give_up_before(len(found)), is_mendable=False)


def give_up_before(newest: int) -> str:
    """What to do where only the newest snapshots are whole."""
    return (
        f"readers of the {newest} newest snapshots are not concerned; "
        f"`lakehouse vacuum --keep-runs {newest}` gives up those before"
    )


def _newest_intact(root: str, storage: Storage) -> Manifest | None:
    """The newest manifest that the pointer does not disprove and whose tables are whole, with a proven chain if any."""
    pointer = _pointer(root, storage)
    candidates = [
        manifest
        for manifest in sorted(_manifests(root, storage), key=lambda one: one.created_at, reverse=True)
        if not (pointer and pointer.run_id == manifest.run_id and pointer.manifest_sha256 != manifest.sha256)
    ]
    for is_proven in (True, False):
        for manifest in candidates:
            if _is_proven(root, storage, manifest) is is_proven and not broken_tables(root, storage, manifest):
                return manifest
    return None


def _is_of_another_version(root: str, storage: Storage) -> bool:
    """Whether what can not be read is intact: a pointer of another format, or the very manifest that it proves."""
    store = store_for(root, storage)
    try:
        pointer = json.loads(store.read(join(root, FOLDER, POINTER)))
        if not isinstance(pointer, dict):
            return False
        if pointer.get("format") != FORMAT:
            return isinstance(pointer.get("format"), int)
        manifest = store.read(join(root, FOLDER, f"{pointer.get('run_id')}.json"))
    except (FileNotFoundError, ValueError):
        return False
    return content_hash(manifest) == pointer.get("manifest_sha256")


def _manifests(root: str, storage: Storage) -> list[Manifest]:
    """Every manifest that can be read and lies where it belongs."""
    store = store_for(root, storage)
    found = []
    for file in store.list(join(root, FOLDER)):
        folder, _, name = file.uri.rpartition("/")
        if folder != join(root, FOLDER) or not name.endswith(".json") or name in {POINTER, HORIZON}:
            continue
        try:
            manifest = Manifest.read(store.read(file.uri))
        except ValidationError:
            continue
        if manifest.run_id == name.removesuffix(".json"):
            found.append(manifest)
    return found


def _pointer(root: str, storage: Storage) -> Pointer | None:
    try:
        return Pointer.model_validate_json(store_for(root, storage).read(join(root, FOLDER, POINTER)))
    except (FileNotFoundError, ValidationError):
        return None


def _is_proven(root: str, storage: Storage, manifest: Manifest) -> bool:
    return intact(walk(root, storage, manifest))[1] is None


def _point_to(root: str, storage: Storage, manifest: Manifest, lease: Lease) -> None:
    store, uri = store_for(root, storage), join(root, FOLDER, POINTER)
    try:
        before: bytes | None = store.read(uri)
    except FileNotFoundError:
        before = None
    pointer = Pointer(run_id=manifest.run_id, manifest_sha256=manifest.sha256, fencing_token=lease.token)
    lease.require()
    if not store.replace(uri, pointer.content(), before):
        raise IntegrityError(f"{uri} was changed by somebody else meanwhile; run it again")
