"""`lakehouse history`: what each run did."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from lakehouse.cli.options import AsJson, Configuration, Environment, LakeLocation, lake_location
from lakehouse.cli.output import console, print_json

Limit = Annotated[int, typer.Option(min=1, help="Runs at most.")]


def history(
    lake: LakeLocation = None,
    limit: Limit = 20,
    env: Environment = "local",
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """Say what each run did, newest first: what came in, what became of it, which tables changed, how long it took.

    Example: lakehouse history --lake build/lake --limit 7
    """
    from lakehouse.runs.history import history as past_runs
    from lakehouse.runs.workspace import configuration_folder, load_settings

    settings = load_settings(configuration_folder(conf), env)
    runs = past_runs(lake_location(lake, settings), settings.storage, limit)
    if as_json:
        print_json([{**asdict(run), "balances": [one.model_dump() for one in run.balances]} for run in runs])
        return
    columns = ("run", "published (UTC)", "what", "engine", "files", "rows", "loaded", "set aside", "tables", "seconds")
    table = Table(*columns, box=None, pad_edge=False)
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
        )
    console.print(table)
