"""`lakehouse quarantine`: what was set aside, and why."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from lakehouse.cli.options import AsJson, Configuration, Environment, LakeLocation, lake_location
from lakehouse.cli.output import console, print_json

_REJECTED = """
select coalesce(entity, object_name) as what, reasons, source_file, row_number from rejects
union all select table_name, reason, row_id, null from set_aside
order by all
"""

app = typer.Typer(help="Look at what was set aside.", no_args_is_help=True)


@app.command("list")
def list_(
    lake: LakeLocation = None,
    limit: Annotated[int, typer.Option(help="Rows at most.")] = 50,
    env: Environment = "local",
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """List what could not be loaded (files and records) and what can not count yet, by reason and place.

    Example: lakehouse quarantine list --lake build/lake
    """
    from lakehouse.runs.snapshot import open_snapshot
    from lakehouse.runs.workspace import configuration_folder, load_settings

    settings = load_settings(configuration_folder(conf), env)
    snapshot = open_snapshot(lake_location(lake, settings), settings.storage)
    rows = snapshot.query(_REJECTED, ["quarantine.rejects", "quarantine.set_aside"]).slice(0, limit).to_pylist()
    if as_json:
        print_json(rows)
        return
    table = Table("what", "reasons", "where", "row", box=None, pad_edge=False)
    for row in rows:
        number = "" if row["row_number"] is None else str(row["row_number"])
        table.add_row(row["what"], row["reasons"], row["source_file"], number)
    console.print(table if rows else "nothing is set aside")
