"""`lakehouse status`: what is published."""

from __future__ import annotations

from rich.table import Table

from lakehouse.cli.options import AsJson, Configuration, Environment, LakeLocation, lake_location
from lakehouse.cli.output import console, print_json


def status(
    lake: LakeLocation = None, env: Environment = "local", conf: Configuration = None, as_json: AsJson = False
) -> None:
    """Say which run is published, and which tables at which versions with how many rows.

    Example: lakehouse status --lake build/lake
    """
    from lakehouse.runs.snapshot import open_snapshot
    from lakehouse.runs.workspace import configuration_folder, load_settings

    settings = load_settings(configuration_folder(conf), env)
    manifest = open_snapshot(lake_location(lake, settings), settings.storage).manifest
    if as_json:
        print_json(manifest.model_dump(mode="json", by_alias=True))
        return
    console.print(f"run {manifest.run_id}, published {manifest.created_at:%Y-%m-%d %H:%M:%S} UTC by {manifest.engine}")
    table = Table("table", "version", "rows", "files", "MB", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, pinned in sorted(manifest.tables.items()):
        table.add_row(name, str(pinned.version), f"{pinned.rows:,}", f"{pinned.files:,}", f"{pinned.bytes / 1e6:,.2f}")
    console.print(table)
