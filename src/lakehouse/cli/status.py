"""`lakehouse status`: what is published."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.table import Table

from lakehouse.cli.options import AsJson, Configuration, Environment, LakeLocation, lake_location
from lakehouse.cli.output import console, print_json

if TYPE_CHECKING:
    from lakehouse.runs.freshness import Freshness


_MOST_DAYS = 7


def status(
    lake: LakeLocation = None, env: Environment = "local", conf: Configuration = None, as_json: AsJson = False
) -> None:
    """Say which run is published, how fresh its rows are, what waits in quarantine, and every table's rows and files.

    Example: lakehouse status --lake build/lake
    """
    from lakehouse.cli.summary import print_days
    from lakehouse.runs.freshness import freshness
    from lakehouse.runs.snapshot import open_snapshot
    from lakehouse.runs.workspace import configuration_folder, load_settings

    settings = load_settings(configuration_folder(conf), env)
    snapshot = open_snapshot(lake_location(lake, settings), settings.storage)
    manifest, fresh = snapshot.manifest, freshness(snapshot)
    if as_json:
        partial = [each.as_json() for each in fresh.partial]
        print_json({**manifest.model_dump(mode="json", by_alias=True), **asdict(fresh), "partial": partial})
        return
    console.print(f"run {manifest.run_id}, published {manifest.created_at:%Y-%m-%d %H:%M:%S} UTC by {manifest.engine}")
    console.print(_spoken(fresh))
    for fact, last in fresh.known_until.items():
        if last and fresh.last_date and last < fresh.last_date:
            console.print(f"{fact} is known up to {last}: what comes after has not arrived")
    print_days(console, fresh.partial[-_MOST_DAYS:])
    table = Table("table", "version", "rows", "files", "MB", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, pinned in sorted(manifest.tables.items()):
        table.add_row(name, str(pinned.version), f"{pinned.rows:,}", f"{pinned.files:,}", f"{pinned.bytes / 1e6:,.2f}")
    console.print(table)


def _spoken(fresh: Freshness) -> str:
    parts = [f"rows in quarantine: {fresh.quarantined_rows:,} rejected, {fresh.set_aside_rows:,} set aside"]
    if fresh.newest_file_at:
        parts.insert(0, f"newest file of {fresh.newest_file_at:%Y-%m-%d %H:%M:%S} UTC")
    if fresh.last_date:
        parts.insert(0, f"business days up to {fresh.last_date}")
    return "; ".join(parts)
