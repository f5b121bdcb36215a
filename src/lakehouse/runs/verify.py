"""Prove a published snapshot without the engine that made it: its chain, its files, its columns, and what they say
together.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from lakehouse.errors import IntegrityError
from lakehouse.quality.ledger import OBJECTS
from lakehouse.runs.agreement import Rule, rules
from lakehouse.runs.chain import find, published, walk
from lakehouse.runs.context import Tell
from lakehouse.runs.declared import declared
from lakehouse.runs.inputs import ledger_hash
from lakehouse.runs.manifest import Manifest
from lakehouse.runs.proofs import Proof, TableProof, contradictions, keep, latest_proof
from lakehouse.runs.read_back import ReadBack, read_back
from lakehouse.runs.snapshot import Snapshot
from lakehouse.runs.whole import damage, listing
from lakehouse.semantic.metrics import Metrics
from lakehouse.settings import Storage
from lakehouse.storage.objects import resolve, store_for
from lakehouse.storage.versions import content_of, open_version, table_uri

_MEMORY = "1GB"


@dataclass(frozen=True)
class VerifiedTable:
    """A table of the snapshot, as it was read."""

    table: str
    version: int
    rows: int
    files: int
    columns: int


@dataclass(frozen=True)
class Verification:
    """What was proven of a run: `compared_with` is the run whose proof the columns' sums were compared with."""

    run_id: str
    manifests: int
    tables: tuple[VerifiedTable, ...]
    rules: int
    compared_with: str | None
    differences: tuple[str, ...]

    def require(self) -> None:
        """IntegrityError that names every difference, if there is any."""
        if self.differences:
            told = "\n".join(f"  {difference}" for difference in self.differences)
            raise IntegrityError(
                f"run {self.run_id} does not read as it was published:\n{told}\n"
                "`lakehouse doctor` says what can be done"
            )


def proven(location: str, storage: Storage, run_id: str | None = None) -> tuple[Snapshot, int]:
    """The published snapshot, or a run's, and how many manifests prove each other down to the oldest that is kept.

    ConfigurationError if no such run is kept, IntegrityError where the chain is broken.
    """
    root = resolve(location)
    newest = published(root, storage)
    length = sum(1 for _ in walk(root, storage, newest))
    return Snapshot(root, storage, newest if run_id is None else find(root, storage, run_id)), length


def verify(snapshot: Snapshot, manifests: int, metrics: Metrics | None, tell: Tell) -> Verification:
    """Read all of a snapshot, and compare it with what its manifest and its logs say of it, and within itself.

    `metrics` are the definitions that its KPI tables were made with, None if those are not at hand. What the columns
    add up to is kept beside the manifests, and compared with what was kept before of the same files.
    """
    root, storage, manifest = snapshot.root, snapshot.storage, snapshot.manifest
    tables, proofs, differences, damaged = [], {}, [], set()
    for name, pinned in sorted(manifest.tables.items()):
        found, faults = _read(snapshot, name)
        if faults:
            damaged.add(name)
            differences += faults
        else:
            columns = len(found.sums)
            tables.append(VerifiedTable(name, pinned.version, found.rows, pinned.files, columns))
            proofs[name] = TableProof(files_sha256=_files_hash(snapshot, name), sums=found.sums)
            tell(name, f"{found.rows:,} rows of {columns} columns in {pinned.files:,} files")
    differences += _ledger_differences(root, storage, manifest, damaged)
    known = {name: table for name, table in declared(metrics).items() if name in manifest.tables.keys() - damaged}
    checked = rules(known, metrics)
    differences += _broken_rules(snapshot, checked)
    tell("agreement", f"{len(checked)} rules between {len(known)} tables")
    proof = Proof(run_id=manifest.run_id, tables=proofs)
    before = latest_proof(root, storage, manifest.run_id)
    differences += contradictions(proof, before) if before else ()
    if not differences:
        keep(root, storage, proof)
    return Verification(
        run_id=manifest.run_id,
        manifests=manifests,
        tables=tuple(tables),
        rules=len(checked),
        compared_with=before.run_id if before else None,
        differences=tuple(differences),
    )


def _read(snapshot: Snapshot, name: str) -> tuple[ReadBack, list[str]]:
    """What was read of a table, and what differs; of a table whose files are not there nothing is read."""
    root, storage, pinned = snapshot.root, snapshot.storage, snapshot.manifest.tables[name]
    uri = table_uri(root, name)
    listed = listing(root, name, store_for(root, storage).list(uri))
    if faults := list(damage(root, name, storage, pinned, listed)):
        return ReadBack(0, {}, ()), faults
    try:
        found = read_back(open_version(root, name, storage, pinned.version), uri)
    except IntegrityError as error:
        return ReadBack(0, {}, ()), [str(error)]
    faults = list(found.faults)
    if found.rows != pinned.rows:
        faults.append(f"{uri} has {found.rows:,} rows, and {pinned.rows:,} were published")
    return found, faults


def _files_hash(snapshot: Snapshot, name: str) -> str:
    pinned = snapshot.manifest.tables[name]
    if pinned.files_sha256 is not None:
        return pinned.files_sha256
    return content_of(open_version(snapshot.root, name, snapshot.storage, pinned.version)).files_sha256


def _ledger_differences(root: str, storage: Storage, manifest: Manifest, damaged: set[str]) -> Iterator[str]:
    name = str(OBJECTS)
    if manifest.inputs is None or name not in manifest.tables or name in damaged:
        return
    ledger = open_version(root, name, storage, manifest.tables[name].version)
    if ledger_hash(ledger, manifest.run_id) != manifest.inputs.ledger_sha256:
        yield f"{name}: the files of run {manifest.run_id} are not those that its manifest names"


def _broken_rules(snapshot: Snapshot, checked: list[Rule]) -> Iterator[str]:
    """A sentence for each rule that rows break; what does not fit into memory goes to a folder that is gone after."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute("set memory_limit = $1", [_MEMORY])
        connection.execute("set temp_directory = $1", [folder])
        for name in sorted({name for rule in checked for name in rule.reads}):
            connection.register(name.rpartition(".")[2], snapshot.dataset(name))
        for rule in checked:
            try:
                ((broken,),) = connection.sql(rule.sql).fetchall()
            except duckdb.Error as error:
                yield f"{rule.says}: it can not be told, {str(error).splitlines()[0]}"
                continue
            if broken:
                yield f"{rule.says}: {broken:,} rows differ"
