"""`lakehouse sources`: check source definitions, and draft one for a folder of unknown files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lakehouse.cli.options import AsJson, Configuration
from lakehouse.cli.output import console, print_json

app = typer.Typer(help="Check source definitions; draft one for unknown files.", no_args_is_help=True)


@app.command()
def check(
    names: Annotated[
        list[str] | None, typer.Argument(help="Sources or YAML files; all of conf/sources by default.")
    ] = None,
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """Find every mistake in source definitions, before any engine starts.

    Example: lakehouse sources check my_shop
    """
    from lakehouse.runs.catalog import ENTITY_TABLES
    from lakehouse.runs.workspace import configuration_folder, source_path
    from lakehouse.sources.check import check_sources

    folder = configuration_folder(conf)
    paths = [source_path(folder, name) for name in names] if names else sorted((folder / "sources").glob("*.yml"))
    sources = check_sources(paths, ENTITY_TABLES)
    if as_json:
        print_json({"sources": [source.source for source in sources]})
        return
    for source in sources:
        console.print(f"{source.source}: {len(source.objects)} objects fill {', '.join(source.entities)}", markup=False)


@app.command()
def infer(
    directory: Annotated[Path, typer.Argument(help="Folder of files to look at.")],
    name: Annotated[str | None, typer.Option(help="Name of the source; the folder's by default.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; standard output by default.")] = None,
) -> None:
    """Look at a folder of unknown files and draft a source definition, its best guesses marked.

    Example: lakehouse sources infer ~/exports --name my_shop --out conf/sources/my_shop.yml
    """
    from lakehouse.runs.catalog import ENTITY_TABLES
    from lakehouse.sources.infer import infer as draft

    text = draft(directory, name or directory.resolve().name, ENTITY_TABLES)
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
        console.print(
            f"drafted {out}: look at the lines marked with '?', then `lakehouse sources check {out}`", markup=False
        )
