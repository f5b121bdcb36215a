"""`lakehouse vacuum`: remove what no kept snapshot needs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from lakehouse.cli.options import AsJson, Configuration, Environment, LakeLocation, lake_location
from lakehouse.cli.output import console, print_json
from lakehouse.derive.properties import KEPT_DAYS
from lakehouse.errors import ConfigurationError

_DAYS = 30


def vacuum(
    lake: LakeLocation = None,
    keep_days: Annotated[
        int | None, typer.Option(min=0, max=KEPT_DAYS, help=f"Keep snapshots of so many days; {_DAYS} by default.")
    ] = None,
    keep_runs: Annotated[int | None, typer.Option(min=1, help="Keep the newest so many snapshots instead.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")] = False,
    env: Environment = "local",
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """Remove old snapshots, every file that only they needed, and what crashed runs left; the rest stays readable.

    Example: lakehouse vacuum --lake build/lake --keep-days 30 --dry-run
    """
    if keep_days is not None and keep_runs is not None:
        raise ConfigurationError("give --keep-days or --keep-runs, not both")
    from lakehouse.runs.vacuum import Keep
    from lakehouse.runs.vacuum import vacuum as remove
    from lakehouse.runs.workspace import configuration_folder, load_settings

    settings = load_settings(configuration_folder(conf), env)
    keep = Keep(days=_DAYS if keep_days is None else keep_days, runs=keep_runs)
    done = remove(lake_location(lake, settings), settings.storage, keep, dry_run=dry_run)
    if as_json:
        print_json({**asdict(done), "bytes": done.bytes})
        return
    if done.tables:
        table = Table("table", "files", "orphans", "log files", "MB", box=None, pad_edge=False)
        for column in table.columns[1:]:
            column.justify = "right"
        for one in done.tables:
            counts = (f"{number:,}" for number in (one.files, one.orphans, one.log_files))
            table.add_row(one.table, *counts, f"{one.bytes / 1e6:,.2f}")
        console.print(table)
    console.print(
        f"{'would remove' if dry_run else 'removed'} {done.runs_removed:,} snapshots and {done.bytes / 1e6:,.2f} MB; "
        f"{done.runs_kept:,} snapshots stay, back to run {done.oldest_run_id}"
    )
