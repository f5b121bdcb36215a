"""Prove a published snapshot without the engine that made it: its chain, its files, its columns, and what they say
together.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import duckdb
from deltalake import DeltaTable

from lakehouse.errors import IntegrityError
from lakehouse.quality.ledger import OBJECTS
from lakehouse.runs.agreement import Rule, rules
from lakehouse.runs.chain import find, published, walk
from lakehouse.runs.context import Tell
from lakehouse.runs.declared import declared
from lakehouse.runs.inputs import ledger_hash
from lakehouse.runs.manifest import Manifest, PinnedTable
from lakehouse.runs.proofs import Proof, TableProof, contradictions, keep, latest_proof
from lakehouse.runs.read_back import Sums, read_back
from lakehouse.runs.snapshot import Snapshot
from lakehouse.runs.whole import faults, listing
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
    read, differences = {}, []
    for name, pinned in sorted(manifest.tables.items()):
        try:
            found, wrong = _read(root, name, storage, pinned)
        except IntegrityError as error:
            found, wrong = None, [str(error)]
        differences += wrong
        if found and not wrong:
            read[name] = found
            tell(name, f"{pinned.rows:,} rows of {len(found.sums)} columns in {pinned.files:,} files")
    differences += _ledger_differences(manifest, read)
    checked = rules({name: table for name, table in declared(metrics).items() if name in read}, metrics)
    differences += _broken_rules(checked, read)
    proof = Proof(
        run_id=manifest.run_id,
        tables={name: TableProof(files_sha256=found.files_sha256, sums=found.sums) for name, found in read.items()},
    )
    before = latest_proof(root, storage, manifest.run_id)
    differences += contradictions(proof, before) if before else ()
    if not differences:
        keep(root, storage, proof)
    return Verification(
        run_id=manifest.run_id,
        manifests=manifests,
        tables=tuple(
            VerifiedTable(name, pinned.version, pinned.rows, pinned.files, len(read[name].sums))
            for name, pinned in sorted(manifest.tables.items())
            if name in read
        ),
        rules=sum(len(rule.said) for rule in checked),
        compared_with=before.run_id if before else None,
        differences=tuple(differences),
    )


@dataclass(frozen=True)
class _Read:
    """A table that was read."""

    delta: DeltaTable
    files_sha256: str
    sums: Sums


def _read(root: str, name: str, storage: Storage, pinned: PinnedTable) -> tuple[_Read | None, list[str]]:
    """A table, unless its files are not those that it should have; and a sentence for each difference."""
    uri, delta = table_uri(root, name), open_version(root, name, storage, pinned.version)
    listed = listing(root, name, store_for(root, storage).list(uri))
    if different := list(faults(delta, uri, pinned, listed)):
        return None, different
    found = read_back(delta, uri)
    different += found.faults
    if found.rows != pinned.rows:
        different.append(f"{uri} has {found.rows:,} rows, and {pinned.rows:,} were published")
    return _Read(delta, pinned.files_sha256 or content_of(delta).files_sha256, found.sums), different


def _ledger_differences(manifest: Manifest, read: Mapping[str, _Read]) -> Iterator[str]:
    ledger = read.get(str(OBJECTS))
    if manifest.inputs and ledger and ledger_hash(ledger.delta, manifest.run_id) != manifest.inputs.ledger_sha256:
        yield f"{OBJECTS}: the files of run {manifest.run_id} are not those that its manifest names"


def _broken_rules(checked: Iterable[Rule], read: Mapping[str, _Read]) -> Iterator[str]:
    """A sentence for each rule that rows break; what does not fit into memory goes to a folder that is gone after."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute("set memory_limit = $1", [_MEMORY])
        connection.execute("set temp_directory = $1", [folder])
        for name, found in read.items():
            connection.register(name.rpartition(".")[2], found.delta.to_pyarrow_dataset())
        for rule in checked:
            (counts,) = connection.sql(rule.sql).fetchall()
            for said, broken in zip(rule.said, counts, strict=True):
                if broken:
                    yield f"{said}: {broken:,} rows differ"
