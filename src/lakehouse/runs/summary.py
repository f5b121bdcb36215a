"""The report of a run, read from the tables it wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lakehouse.quality.ledger import BALANCES, FileState
from lakehouse.quality.quarantine import REJECTS, SET_ASIDE
from lakehouse.runs.context import Run
from lakehouse.runs.day_states import DayState
from lakehouse.runs.load_bronze import FileAccount
from lakehouse.runs.manifest import Check
from lakehouse.runs.report import EntityBalance, FileProblem, RunReport, Status, TableReport
from lakehouse.sources.parse.reasons import explain
from lakehouse.table import Severity

_COUNTS = ("row", "loaded", "unchanged", "stale", "duplicate", "quarantined", "filtered")


@dataclass(frozen=True)
class Circumstances:
    """What the run's tables do not tell: engine, reason of a rebuild, what did not come as it should, times."""

    engine: str
    rebuilt: str | None
    missing: tuple[str, ...]
    days: tuple[DayState, ...]
    tables: tuple[TableReport, ...]
    seconds: float


def summarise(
    run: Run,
    accounts: Sequence[FileAccount],
    checks: Iterable[Check],
    circumstances: Circumstances,
) -> RunReport:
    """What the run did, in numbers."""
    return RunReport(
        status=Status.PUBLISHED,
        run_id=run.run_id,
        lake=run.lake.root,
        engine=circumstances.engine,
        rebuilt=circumstances.rebuilt,
        files=len(accounts),
        files_quarantined=sum(account.state is FileState.QUARANTINED for account in accounts),
        rows=sum(account.records for account in accounts),
        rejected=_reasons(run),
        set_aside=_set_aside(run),
        balances=entity_balances(run),
        problems=tuple(_problems(accounts)),
        missing=circumstances.missing,
        days=circumstances.days,
        warnings={
            f"{check.table}: {check.name}": check.failed_rows
            for check in checks
            if check.failed_rows and check.severity == Severity.WARN.value
        },
        tables=circumstances.tables,
        seconds=round(circumstances.seconds, 1),
    )


def _reasons(run: Run) -> dict[str, int]:
    """Rejected records by reason, the most frequent first; a record with several reasons counts once for each."""
    if (stored := run.lake.found(REJECTS)) is None:
        return {}
    mine = stored.delta.to_pyarrow_table(filters=[("_run_id", "=", run.run_id)], columns=["reasons"])
    counts = Counter(
        _without_detail(reason) for reasons in mine["reasons"].to_pylist() for reason in reasons.split(";")
    )
    return dict(counts.most_common())


def _without_detail(reason: str) -> str:
    """`row:` and `file:` reasons may end with a detail of the one record."""
    parts = reason.split(":")
    return ":".join(parts[:2])


def _set_aside(run: Run) -> dict[str, int]:
    if (stored := run.lake.found(SET_ASIDE)) is None:
        return {}
    rows = stored.delta.to_pyarrow_table(columns=["table_name", "reason"]).to_pylist()
    return dict(Counter(f"{row['table_name']}: {row['reason']}" for row in rows).most_common())


def entity_balances(run: Run) -> tuple[EntityBalance, ...]:
    """The rows that the run read, by entity and outcome."""
    if (stored := run.lake.found(BALANCES)) is None:
        return ()
    mine = stored.delta.to_pyarrow_table(filters=[("_run_id", "=", run.run_id)])
    totals = mine.group_by("entity").aggregate([(f"{name}_count", "sum") for name in _COUNTS]).to_pylist()
    return tuple(
        EntityBalance(
            entity=total["entity"],
            rows=total["row_count_sum"],
            **{name: total[f"{name}_count_sum"] for name in _COUNTS if name != "row"},
        )
        for total in sorted(totals, key=lambda total: str(total["entity"]))
    )


def _problems(accounts: Iterable[FileAccount]) -> Iterable[FileProblem]:
    for account in accounts:
        if account.reason is not None:
            what = f"{account.state}: {account.reason}"
            yield FileProblem(account.source, account.object_name, account.file.uri, what, explain(account.reason))
        for notice in account.notices:
            sentence = explain(f"notice:{notice}")
            yield FileProblem(account.source, account.object_name, account.file.uri, notice, sentence)
