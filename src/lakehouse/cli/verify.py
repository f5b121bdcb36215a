"""`lakehouse verify`: the proof of a published snapshot."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from lakehouse.cli.options import AsJson, Configuration, Environment, LakeLocation, lake_location
from lakehouse.cli.output import console, print_json


def verify(
    lake: LakeLocation = None,
    run: Annotated[str | None, typer.Option(help="Run to verify; the published one by default.")] = None,
    env: Environment = "local",
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """Read every column of every file of a snapshot by an independent reader, and compare it with all that is known.

    That is: the chain of manifests, the tables' logs, what the columns added up to before, keys and references, lines
    and their orders, KPI tables and their facts. Ends with 7 and names every difference.

    Example: lakehouse verify --lake build/lake
    """
    from lakehouse.runs.verify import proven
    from lakehouse.runs.verify import verify as prove
    from lakehouse.runs.workspace import configuration_folder, load_settings, metrics_hash
    from lakehouse.semantic.load import load_metrics

    folder = configuration_folder(conf)
    settings = load_settings(folder, env)
    snapshot, manifests = proven(lake_location(lake, settings), settings.storage, run)
    is_known = metrics_hash(folder) == snapshot.manifest.basis.metrics_sha256
    metrics = load_metrics(folder / "metrics") if is_known else None
    found = prove(snapshot, manifests, metrics, lambda _step, _what: None)
    if as_json:
        print_json(asdict(found))
        found.require()
        return
    found.require()
    table = Table("table", "version", "rows", "columns", "files", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for one in found.tables:
        table.add_row(one.table, str(one.version), f"{one.rows:,}", str(one.columns), f"{one.files:,}")
    console.print(table)
    before = f"; columns add up as when run {found.compared_with} was verified" if found.compared_with else ""
    unknown = "" if is_known else "; KPI tables were made with other metric definitions and not compared"
    console.print(
        f"run {found.run_id} reads as it was published: {found.manifests} manifests, {len(found.tables)} tables, "
        f"{found.rules} rules{before}{unknown}"
    )
