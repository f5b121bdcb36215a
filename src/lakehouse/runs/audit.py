"""The gate before publishing: checks over the tables exactly as written, and every delivered row accounted for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Literal, cast

import pyarrow.compute as pc

from lakehouse.errors import IntegrityError, QualityBlockedError
from lakehouse.quality.checks import checks
from lakehouse.quality.ledger import BALANCES, FileState
from lakehouse.runs.context import Run
from lakehouse.runs.load_bronze import FileAccount
from lakehouse.runs.manifest import Check
from lakehouse.sources.definition import Source
from lakehouse.spark import F
from lakehouse.storage.write import Commit
from lakehouse.table import Severity, Table


def audit(run: Run, commits: Iterable[Commit], known: Iterable[Table]) -> tuple[Check, ...]:
    """The outcome of every check of the tables written, in one query; references may point to `known` tables.

    Of a table that was written in part the partitions written are checked, and references to tables without partitions:
    which facts belong together is how their scopes are found, and `lakehouse verify` checks it over everything.
    """
    others = {table.name: (table, run.read(table)) for table in known}
    found = []
    for commit in commits:
        frame, scope = run.read(commit.table), commit.scope
        if scope is not None:
            frame = frame.where(F.col(scope.field).isin(list(scope.values)))
        targets = {name: rows for name, (table, rows) in others.items() if scope is None or not table.partition_by}
        found.append(checks(commit.table, frame, targets))
    parts = [frame for frame in found if frame is not None]
    if not parts:
        return ()
    rows = reduce(lambda left, right: left.unionByName(right), parts).collect()
    outcomes = [
        Check(
            table=row["table"],
            name=row["name"],
            severity=cast("Literal['warn', 'quarantine', 'block']", row["severity"]),
            failed_rows=row["failed_rows"],
        )
        for row in rows
    ]
    return tuple(sorted(outcomes, key=lambda check: (check.table, check.name)))


def require_quality(outcomes: Sequence[Check]) -> None:
    """QualityBlockedError that names every check that failed and forbids publishing."""
    broken = [check for check in outcomes if check.failed_rows and check.severity == Severity.BLOCK.value]
    if broken:
        raise QualityBlockedError(
            "not published, readers keep the snapshot before; these checks failed:\n"
            + "\n".join(f"  {check.table}: {check.name} ({check.failed_rows:,} rows)" for check in broken)
        )


def require_balance(run: Run, sources: dict[str, Source], accounts: Sequence[FileAccount]) -> None:
    """IntegrityError unless every record of every file read by this run is accounted for in every entity it feeds."""
    by_entity = _accounted_for(run)
    for account in accounts:
        if account.state is not FileState.LOADED:
            continue
        readable = account.records - account.rejected
        for entity, times in sources[account.source].fed_by(account.object_name).items():
            rows, total = by_entity.get((account.object_id, account.source, account.object_name, entity), (0, 0))
            if not rows == total == readable * times:
                raise IntegrityError(
                    f"{account.file.uri}: of {readable:,} records, {total:,} of {readable * times:,} expected are "
                    f"accounted for in {entity}; nothing was published"
                )


def _accounted_for(run: Run) -> dict[tuple[str, str, str, str], tuple[int, int]]:
    """Rows, and those with an outcome, by file version, source, object and entity; none where none was ever filled."""
    if (stored := run.lake.found(BALANCES)) is None:
        return {}
    balances = stored.delta.to_pyarrow_table(filters=[("_run_id", "=", run.run_id)])
    counted = ("filtered", "loaded", "unchanged", "stale", "duplicate", "quarantined")
    sums = reduce(pc.add, (balances[f"{name}_count"] for name in counted))
    return {
        (row["object_id"], row["source"], row["object_name"], row["entity"]): (row["row_count"], total)
        for row, total in zip(balances.to_pylist(), sums.to_pylist(), strict=True)
    }
