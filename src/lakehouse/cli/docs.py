"""`lakehouse docs`: the documentation of tables and metrics as Markdown pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lakehouse.cli.options import AsJson, Configuration
from lakehouse.cli.output import console, print_json


def docs(
    out: Annotated[Path, typer.Option(help="Folder to write the pages into.")],
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """Write the documentation: every table with its fields, the lineage, and every metric.

    Example: lakehouse docs --out docs
    """
    from lakehouse.runs.documentation import pages
    from lakehouse.runs.workspace import configuration_folder

    written = pages(configuration_folder(conf))
    for name, text in written.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if as_json:
        print_json({"out": str(out), "pages": list(written)})
    else:
        console.print(f"{len(written)} pages in {out}", markup=False)
