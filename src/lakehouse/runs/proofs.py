"""What the columns of a snapshot added up to when it was verified, kept beside the manifests to be compared later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from pydantic import ValidationError

from lakehouse.errors import IntegrityError
from lakehouse.runs.manifest import FOLDER
from lakehouse.settings import Frozen, Storage
from lakehouse.storage.objects import join, store_for

SUBFOLDER = "verified"


class TableProof(Frozen):
    """The files that were read, by their hash, and what their columns add up to."""

    files_sha256: str
    sums: Mapping[str, str]


class Proof(Frozen):
    """One verification of a run."""

    run_id: str
    tables: Mapping[str, TableProof]


def proof_uri(root: str, run_id: str) -> str:
    return join(root, FOLDER, SUBFOLDER, f"{run_id}.json")


def latest_proof(root: str, storage: Storage, run_id: str) -> Proof | None:
    """The proof of the run, or else of the newest run before it that was verified."""
    store = store_for(root, storage)
    own = proof_uri(root, run_id)
    earlier = [file.uri for file in store.list(join(root, FOLDER, SUBFOLDER)) if file.uri <= own]
    if not earlier:
        return None
    uri = max(earlier)
    try:
        return Proof.model_validate_json(store.read(uri))
    except ValidationError as error:
        raise IntegrityError(f"{uri} can not be read: remove it, and verify the snapshot anew") from error


def keep(root: str, storage: Storage, proof: Proof) -> None:
    """Store the proof of a run, unless there is one."""
    with suppress(FileExistsError):
        store_for(root, storage).create(proof_uri(root, proof.run_id), proof.model_dump_json().encode())


def contradictions(proof: Proof, before: Proof) -> Iterator[str]:
    """A sentence for each column of the same files that adds up to something else than before."""
    for name, table in proof.tables.items():
        old = before.tables.get(name)
        if old is None or old.files_sha256 != table.files_sha256:
            continue
        for column, value in table.sums.items():
            if (was := old.sums.get(column)) != value:
                yield f"{name}: column {column} adds up to {value}; when run {before.run_id} was verified, to {was}"
