"""The manifest of a run: which version of every table readers see together, and the one pointer to the latest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field, PrivateAttr, ValidationError

from lakehouse.errors import IntegrityError, LockedError, StorageError
from lakehouse.runs.work import Work
from lakehouse.settings import Business, Frozen, Storage
from lakehouse.sources.definition import Source
from lakehouse.storage.objects import ObjectStore, join, store_for

FORMAT: Literal[1] = 1
FOLDER = "_snapshots"
POINTER = "current.json"


def _added(default: Any = None) -> Any:
    """A field that older manifests lack: left out where it says nothing, so that their bytes and hashes stay."""
    return Field(default=default, exclude_if=lambda value: value == default)


class Kind(StrEnum):
    """What was done to publish a snapshot; only a `RUN` brings new rows."""

    RUN = "run"
    RESTORE = "restore"
    OPTIMIZE = "optimize"


class PinnedTable(Frozen):
    """One table as this run published it; the hashes are those of `lakehouse.storage.versions.Content`."""

    version: int
    rows: int
    files: int
    bytes: int
    schema_sha256: str | None = _added()
    files_sha256: str | None = _added()


class Inputs(Frozen):
    """The files that a run read, by reference: they are its partition of the ledger, whose rows have this hash."""

    ledger_sha256: str
    bytes: int
    newest_at: datetime = Field(description="Modification time of the newest of them.")


class Balance(Frozen):
    """The rows that arrived for an entity, by outcome."""

    entity: str
    rows: int
    loaded: int
    unchanged: int
    stale: int
    duplicate: int
    quarantined: int
    filtered: int


class Check(Frozen):
    """Outcome of one expectation over a table as published."""

    table: str
    name: str
    severity: Literal["warn", "quarantine", "block"]
    failed_rows: int


class Basis(Frozen):
    """What the tables were made with; a change of any part tells the next run what to make anew."""

    code_sha256: str
    metrics_sha256: str
    business: Business
    sources: Mapping[str, Source]


class Manifest(Frozen):
    """Immutable; chained to its parent by hash."""

    format: Literal[1] = FORMAT
    run_id: str
    created_at: datetime
    engine: str
    parent_run_id: str | None
    parent_sha256: str | None
    # Left out where there is none, so that what was published before there were tokens keeps its hash.
    fencing_token: int | None = Field(None, ge=1, exclude_if=lambda token: token is None)
    basis: Basis
    tables: Mapping[str, PinnedTable]
    checks: tuple[Check, ...] = ()
    files_in: int = Field(ge=0)
    rows_in: int = Field(ge=0)
    kind: Kind = _added(Kind.RUN)
    inputs: Inputs | None = _added()
    balances: tuple[Balance, ...] = _added(())
    seconds: float | None = _added()
    restored_from: str | None = _added()
    work: Work | None = _added()

    _stored: bytes | None = PrivateAttr(default=None)

    @classmethod
    def read(cls, content: bytes) -> Manifest:
        """The manifest of stored bytes, which stay its own whatever defaults have come since."""
        return cls.model_validate_json(content, context=content)

    def model_post_init(self, context: Any, /) -> None:
        if isinstance(context, bytes):
            self._stored = context

    def content(self) -> bytes:
        """The bytes that are stored and hashed: canonical JSON."""
        if self._stored is not None:
            return self._stored
        document = self.model_dump(mode="json", by_alias=True)
        return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Manifest) and self.content() == other.content()

    def __hash__(self) -> int:
        return hash(self.content())


class Pointer(Frozen):
    """Names the published manifest and proves which bytes it must have.

    Who holds a smaller token than `fencing_token` can not move it. There is no run while nothing is published.
    """

    format: Literal[1] = FORMAT
    run_id: str | None = None
    manifest_sha256: str | None = None
    fencing_token: int = Field(0, ge=0)

    def content(self) -> bytes:
        return json.dumps(self.model_dump(mode="json"), sort_keys=True).encode()


class Snapshots:
    """The published snapshots of one lake."""

    def __init__(self, root: str, storage: Storage, store: ObjectStore | None = None) -> None:
        self._folder = join(root, FOLDER)
        self._store: ObjectStore = store or store_for(root, storage)

    def current(self) -> Manifest | None:
        """The published manifest; None before the first publish. IntegrityError if it is not what was published."""
        pointer = self._pointer(self._pointer_bytes())
        return self.load(pointer.run_id, pointer.manifest_sha256) if pointer.run_id is not None else None

    def load(self, run_id: str, sha256: str | None = None) -> Manifest:
        """The manifest of a run; IntegrityError if it is missing, damaged or not the one with that hash."""
        uri = self.manifest_uri(run_id)
        try:
            content = self._store.read(uri)
        except FileNotFoundError as error:
            raise IntegrityError(f"{uri} is missing") from error
        if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
            raise IntegrityError(f"{uri} is not the manifest that was published: its hash differs")
        try:
            return Manifest.read(content)
        except ValidationError as error:
            raise IntegrityError(f"{uri} can not be read by this version") from error

    def publish(self, manifest: Manifest, require: Callable[[], None]) -> None:
        """Store the manifest, then move the pointer from its parent to it, or fail with LockedError.

        `require` is the lease's, and is asked last of all. Who holds a smaller token than the pointer is refused.
        """
        before = self._pointer_bytes()
        published = self._pointer(before)
        token = manifest.fencing_token or 0
        _refuse_fenced(published, token)
        if published.run_id != manifest.parent_run_id:
            raise LockedError(f"run {published.run_id} was published meanwhile; run again on top of it")
        self._store.create(self.manifest_uri(manifest.run_id), manifest.content())
        pointer = Pointer(run_id=manifest.run_id, manifest_sha256=manifest.sha256, fencing_token=token)
        require()
        if not self._move(pointer, before):
            raise LockedError("another run was published meanwhile; run again on top of it")

    def fence(self, token: int) -> None:
        """Keep every holder of a smaller token from publishing, also one that is about to.

        LockedError if a greater token was here before. What is published stays what it was.
        """
        while True:
            before = self._pointer_bytes()
            published = self._pointer(before)
            _refuse_fenced(published, token)
            if self._move(published.model_copy(update={"fencing_token": token}), before):
                return

    def fencing_token(self) -> int:
        """The greatest token that has published or fenced; 0 if there was none yet."""
        return self._pointer(self._pointer_bytes()).fencing_token

    def manifest_uri(self, run_id: str) -> str:
        return join(self._folder, f"{run_id}.json")

    def _move(self, pointer: Pointer, before: bytes | None) -> bool:
        """Whether the pointer was moved; the answer to a write can get lost, so it is looked for, too."""
        try:
            return self._store.replace(join(self._folder, POINTER), pointer.content(), before)
        except StorageError:
            if self._pointer_bytes() == pointer.content():
                return True
            raise

    def _pointer(self, content: bytes | None) -> Pointer:
        if content is None:
            return Pointer()
        try:
            return Pointer.model_validate_json(content)
        except ValidationError as error:
            raise IntegrityError(f"{join(self._folder, POINTER)} can not be read: it is damaged") from error

    def _pointer_bytes(self) -> bytes | None:
        try:
            return self._store.read(join(self._folder, POINTER))
        except FileNotFoundError:
            return None


def _refuse_fenced(pointer: Pointer, token: int) -> None:
    if pointer.fencing_token > token:
        raise LockedError(
            f"a later command took this lake over (its token is {pointer.fencing_token}, this one's {token}); "
            "nothing of this one is published, run it again"
        )
