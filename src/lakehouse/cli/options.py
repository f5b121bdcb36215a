"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lakehouse.errors import ConfigurationError
from lakehouse.settings import Settings

Environment = Annotated[str, typer.Option("--env", help="Environment: a file of conf/environments.")]
Configuration = Annotated[
    Path | None, typer.Option("--conf", help="Configuration folder; ./conf or the shipped one by default.")
]
LakeLocation = Annotated[
    str | None,
    typer.Option("--lake", help="Root of the lake: a folder or an s3:// prefix; the environment's by default."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON instead of text.")]


def lake_location(named: str | None, settings: Settings) -> str:
    """The lake named on the command line, else the environment's; ConfigurationError if there is none."""
    location = named or settings.lake
    if location is None:
        raise ConfigurationError("no lake is named: give --lake, or set `lake` in the environment's settings")
    return location
