"""`lakehouse sources`: list and check source definitions, and draft one for a folder of unknown files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lakehouse.cli.options import AsJson, Configuration
from lakehouse.cli.output import console, print_json
from lakehouse.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from lakehouse.sources.definition import Source

app = typer.Typer(help="List and check source definitions; draft one for unknown files.", no_args_is_help=True)


@app.command("list")
def list_(conf: Configuration = None, as_json: AsJson = False) -> None:
    """List the sources of the configuration, with the files they look for and the entities they fill.

    Example: lakehouse sources list
    """
    sources = _checked(conf, None)
    if as_json:
        print_json(
            [
                {
                    "source": source.source,
                    "description": source.description,
                    "files": {name: source.object(name).globs for name in source.objects},
                    "entities": list(source.entities),
                }
                for source in sources
            ]
        )
        return
    for source in sources:
        console.print(f"{source.source}: {source.description}", markup=False)
        for name in source.objects:
            console.print(f"  {name:<24} {', '.join(source.object(name).globs)}", markup=False)
        console.print(f"  fills {', '.join(source.entities)}", markup=False)


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
    sources = _checked(conf, names)
    if as_json:
        print_json({"sources": [source.source for source in sources]})
        return
    for source in sources:
        filled = ", ".join(source.entities) or "no entity yet"
        console.print(f"{source.source}: {_counted(len(source.objects))} {filled}", markup=False)


@app.command()
def infer(
    directory: Annotated[Path, typer.Argument(help="Folder of files to look at.")],
    name: Annotated[str | None, typer.Option(help="Name of the source; the folder's by default.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; standard output by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Look at a folder of unknown files and draft a source definition, its best guesses marked.

    Example: lakehouse sources infer ~/exports --name my_shop --out conf/sources/my_shop.yml
    """
    from lakehouse.runs.catalog import ENTITY_TABLES
    from lakehouse.sources.infer import infer as draft

    text = draft(directory, name or directory.resolve().name, ENTITY_TABLES)
    if out is not None:
        _write_new(out, text)
    if as_json:
        print_json({"out": out, "definition": text})
    elif out is None:
        typer.echo(text, nl=False)
    else:
        console.print(
            f"drafted {out}: look at the lines marked with '?', then `lakehouse sources check {out}`", markup=False
        )


def _counted(objects: int) -> str:
    return "1 object fills" if objects == 1 else f"{objects} objects fill"


def _write_new(out: Path, text: str) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigurationError([Problem(str(out), 0, 0, "is there already, and would be lost")]) from None


def _checked(conf: Path | None, names: list[str] | None) -> Sequence[Source]:
    from lakehouse.runs.catalog import ENTITY_TABLES
    from lakehouse.runs.workspace import configuration_folder, source_paths
    from lakehouse.sources.check import check_sources

    return check_sources(source_paths(configuration_folder(conf), names), ENTITY_TABLES)
