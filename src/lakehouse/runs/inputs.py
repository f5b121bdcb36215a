"""The files that a run read, as its manifest refers to them: the run's partition of the ledger, and that one's hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from deltalake import DeltaTable

from lakehouse.runs.load_bronze import FileAccount
from lakehouse.runs.manifest import Inputs

_COLUMNS = (
    "object_id",
    "source",
    "object_name",
    "source_file",
    "content_sha256",
    "size_bytes",
    "state",
    "reason",
    "record_count",
    "rejected_count",
)


def inputs_of(accounts: Sequence[FileAccount]) -> Inputs | None:
    """The reference to a run's files; None if it read none."""
    if not accounts:
        return None
    return Inputs(
        ledger_sha256=_sha256(_line(account) for account in accounts),
        bytes=sum(account.file.size for account in accounts),
        newest_at=max(account.file.modified_at for account in accounts),
    )


def ledger_hash(ledger: DeltaTable, run_id: str) -> str:
    """The hash over what a ledger says of the files that a run read, to compare with the reference's."""
    rows = ledger.to_pyarrow_table(filters=[("_run_id", "=", run_id)], columns=list(_COLUMNS)).to_pylist()
    return _sha256([row[name] for name in _COLUMNS] for row in rows)


def _line(account: FileAccount) -> list[Any]:
    return [
        account.object_id,
        account.source,
        account.object_name,
        account.file.uri,
        account.content_sha256,
        account.file.size,
        account.state.value,
        account.reason,
        account.records,
        account.rejected,
    ]


def _sha256(rows: Iterable[Sequence[Any]]) -> str:
    lines = sorted(json.dumps(row, ensure_ascii=False) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
