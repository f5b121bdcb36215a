"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lakehouse.errors import ConfigurationError, UnknownNameError

if TYPE_CHECKING:
    from lakehouse.runs.run import Request
    from lakehouse.settings import Settings


def _known(engine: str | None) -> str | None:
    from lakehouse.settings import known_engine

    try:
        return engine and known_engine(engine)
    except UnknownNameError as error:
        raise error.at("--engine") from None


Environment = Annotated[str, typer.Option("--env", help="Environment: a file of conf/environments.")]
Configuration = Annotated[
    Path | None, typer.Option("--conf", help="Configuration folder; ./conf or the shipped one by default.")
]
LakeLocation = Annotated[
    str | None,
    typer.Option("--lake", help="Root of the lake: a folder or an s3:// prefix; the environment's by default."),
]
Sources = Annotated[
    list[str] | None, typer.Option("--source", help="Source to load: a name in conf/sources, or a YAML file.")
]
LandingLocation = Annotated[
    str | None,
    typer.Option(
        "--landing", help="Folder or s3:// prefix of the files; of each source in a folder of its name, if any."
    ),
]
EngineName = Annotated[
    str | None, typer.Option("--engine", callback=_known, help="sail, spark, or an address sc://host:port.")
]
Full = Annotated[bool, typer.Option("--full", help="Make everything anew from bronze.")]
AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON instead of text.")]


def lake_location(named: str | None, settings: Settings) -> str:
    """The lake named on the command line, else the environment's; ConfigurationError if there is none."""
    location = named or settings.lake
    if location is None:
        raise ConfigurationError("no lake is named: give --lake, or set `lake` in the environment's settings")
    return location


def run_request(
    lake: str | None,
    source: Sequence[str] | None,
    landing: str | None,
    engine: str | None,
    full: bool,
    env: str,
    conf: Path | None,
) -> Request:
    """What a run is asked by the options that say so; what they leave out, the environment's settings say."""
    from lakehouse.runs.workspace import configuration_folder, open_workspace

    workspace = open_workspace(configuration_folder(conf), env, source or [])
    settings = workspace.settings
    place = landing or settings.landing
    if place is None:
        raise ConfigurationError("no landing is named: give --landing, or set `landing` in the environment's settings")
    from lakehouse.runs.run import Request

    return Request(workspace, lake_location(lake, settings), place, engine or settings.engine, full)
