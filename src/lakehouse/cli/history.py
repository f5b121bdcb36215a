"""`lakehouse history`: what each run did, and what it was planned to do."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from lakehouse.cli.options import AsJson, Configuration, Environment, LakeLocation, lake_location
from lakehouse.cli.output import console, print_json

if TYPE_CHECKING:
    from lakehouse.runs.history import PastRun
    from lakehouse.runs.work import Amount, Work

Limit = Annotated[int, typer.Option(min=1, help="Runs at most.")]
OneRun = Annotated[str | None, typer.Option("--run", help="Of one run, what was planned and done of each table.")]


def history(
    lake: LakeLocation = None,
    limit: Limit = 20,
    run: OneRun = None,
    env: Environment = "local",
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """Say what each run did, newest first: what came in, what became of it, which tables changed, how long it took.

    Example: lakehouse history --lake build/lake --limit 7
    """
    from lakehouse.runs.history import history as past_runs
    from lakehouse.runs.history import past_run
    from lakehouse.runs.workspace import configuration_folder, load_settings

    settings = load_settings(configuration_folder(conf), env)
    location = lake_location(lake, settings)
    if run is not None:
        one = past_run(location, settings.storage, run)
        if as_json:
            print_json(_plain(one))
        else:
            _print_run(one)
        return
    runs = past_runs(location, settings.storage, limit)
    if as_json:
        print_json([_plain(one) for one in runs])
    else:
        console.print(_overview(runs))


def _plain(run: PastRun) -> dict[str, object]:
    return {
        **asdict(run),
        "balances": [one.model_dump() for one in run.balances],
        "work": run.work and run.work.model_dump(),
    }


def _overview(runs: list[PastRun]) -> Table:
    columns = ("run", "published (UTC)", "what", "engine", "files", "rows", "loaded", "set aside", "tables", "seconds")
    table = Table(*columns, "planned", "DPU-s", "planned", "$", "planned", box=None, pad_edge=False)
    for column in table.columns[4:]:
        column.justify = "right"
    for run in runs:
        table.add_row(
            run.run_id,
            f"{run.published_at:%Y-%m-%d %H:%M:%S}",
            run.kind.value if run.restored_from is None else f"{run.kind.value} of {run.restored_from}",
            run.engine,
            f"{run.files:,}",
            f"{run.rows:,}",
            f"{sum(balance.loaded for balance in run.balances):,}",
            f"{sum(balance.quarantined for balance in run.balances):,}",
            "" if run.tables is None else str(len(run.tables)),
            "" if run.seconds is None else f"{run.seconds:,.1f}",
            *_cost(run.work),
        )
    return table


def _cost(work: Work | None) -> tuple[str, ...]:
    """Planned seconds; DPU-seconds and dollars, billed and planned: what is not known stays empty."""
    if work is None:
        return ("",) * 5
    planned = work.estimate
    return (
        f"{planned.seconds:,.1f}",
        "" if work.dpu_seconds is None else f"{work.dpu_seconds:,.0f}",
        f"{planned.dpu_seconds:,.0f}",
        "" if work.dollars is None else f"{work.dollars:,.2f}",
        f"{planned.dollars:,.2f}",
    )


def _print_run(run: PastRun) -> None:
    console.print(_overview([run]))
    if run.work is None:
        console.print("nothing is known of a plan: it was no run, or one before plans were kept")
        return
    columns = ("table", "partitions", "planned", "rows", "planned", "MB read", "planned", "MB written", "planned")
    table = Table(*columns, "seconds", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, work in run.work.tables.items():
        pairs = zip(_amount(work.actual), _amount(work.planned), strict=True)
        seconds = "" if work.seconds is None else f"{work.seconds:,.1f}"
        table.add_row(name, *(value for pair in pairs for value in pair), seconds)
    console.print(table)


def _amount(amount: Amount | None) -> tuple[str, ...]:
    if amount is None:
        return ("",) * 4
    sizes = (f"{size / 1e6:,.2f}" for size in (amount.read_bytes, amount.bytes))
    return f"{amount.partitions:,}", f"{amount.rows:,}", *sizes
