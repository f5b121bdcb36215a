"""`lakehouse optimize`: fewer files, clustered rows, short logs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from lakehouse.cli.options import AsJson, Configuration, Environment, LakeLocation, lake_location
from lakehouse.cli.output import console, messages, print_json


def optimize(
    table: Annotated[list[str] | None, typer.Option(help="Table to optimize; all by default.")] = None,
    lake: LakeLocation = None,
    env: Environment = "local",
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """Compact small files and cluster rows by key where that pays, and publish the same content in its new shape.

    Example: lakehouse optimize --lake build/lake --table silver.orders
    """
    from lakehouse.runs.optimize import optimize as reshape
    from lakehouse.runs.workspace import configuration_folder, load_settings

    settings = load_settings(configuration_folder(conf), env)

    def tell(step: str, what: str) -> None:
        if not as_json:
            messages.print(f"{step:<32} {what}", markup=False)

    done = reshape(lake_location(lake, settings), settings.storage, table or [], tell)
    if as_json:
        print_json(asdict(done))
    elif done.tables:
        console.print(f"{len(done.tables)} tables optimized; published run {done.run_id}")
    else:
        console.print(f"nothing to optimize; run {done.run_id} stays published")
