"""`lakehouse restore`: back to an earlier run."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from lakehouse.cli.options import AsJson, Configuration, Environment, LakeLocation, lake_location
from lakehouse.cli.output import console, print_json


def restore(
    to_run: Annotated[str, typer.Option(help="Run to go back to; `lakehouse history` lists them.")],
    lake: LakeLocation = None,
    env: Environment = "local",
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """Publish again what an earlier run published; files that came later are new for the next run.

    Example: lakehouse restore --lake build/lake --to-run 20260131T040000-1a2b3c4d
    """
    from lakehouse.runs.restore import restore as go_back
    from lakehouse.runs.workspace import configuration_folder, load_settings

    settings = load_settings(configuration_folder(conf), env)
    done = go_back(lake_location(lake, settings), settings.storage, to_run)
    if as_json:
        print_json(asdict(done))
        return
    console.print(
        f"published run {done.run_id}: what run {done.restored_from} published, instead of run {done.before}; "
        f"{len(done.tables)} tables were put back, and the next run loads again what came since"
    )
