"""`lakehouse run`: everything new in landing through to a published snapshot."""

from __future__ import annotations

from typing import Annotated

import typer

from lakehouse.cli.options import AsJson, Configuration, Environment, LakeLocation, lake_location
from lakehouse.cli.output import console, print_json, progress
from lakehouse.errors import ConfigurationError, UnknownNameError
from lakehouse.settings import known_engine


def _known(engine: str | None) -> str | None:
    try:
        return engine and known_engine(engine)
    except UnknownNameError as error:
        raise error.at("--engine") from None


def run(
    lake: LakeLocation = None,
    source: Annotated[
        list[str] | None, typer.Option(help="Source to load: a name in conf/sources, or a YAML file.")
    ] = None,
    landing: Annotated[
        str | None,
        typer.Option(help="Folder or s3:// prefix of the files; of each source in a folder of its name, if any."),
    ] = None,
    engine: Annotated[
        str | None, typer.Option(callback=_known, help="sail, spark, or an address sc://host:port.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Make everything anew from bronze.")] = False,
    env: Environment = "local",
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """Load everything new in landing and publish it as one snapshot; a second run with nothing new changes nothing.

    Example: lakehouse run --lake build/lake --landing build/landing --source demo_shop
    """
    from lakehouse.runs.workspace import configuration_folder, open_workspace

    workspace = open_workspace(configuration_folder(conf), env, source or [])
    settings = workspace.settings
    place = landing or settings.landing
    if place is None:
        raise ConfigurationError("no landing is named: give --landing, or set `landing` in the environment's settings")
    from lakehouse.runs.run import Request
    from lakehouse.runs.run import run as carry_out

    request = Request(workspace, lake_location(lake, settings), place, engine or settings.engine, full)
    report = carry_out(request, progress(quiet=as_json))
    if as_json:
        print_json(report.as_json())
    else:
        from lakehouse.cli.summary import print_report
        from lakehouse.runs.snapshot import open_snapshot

        print_report(console, report, open_snapshot(report.lake, settings.storage), workspace.metrics)
