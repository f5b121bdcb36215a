"""`lakehouse export`: the definitions in the languages of other tools."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from lakehouse.cli.options import AsJson, Configuration
from lakehouse.cli.output import console, print_json

if TYPE_CHECKING:
    from lakehouse.semantic.exports.export import Export

app = typer.Typer(no_args_is_help=True)

Out = Annotated[Path, typer.Option(help="Folder to write the files into.")]


@app.callback()
def export() -> None:
    """Write the metrics for other tools, and say what these can not be told."""


@app.command()
def metricflow(
    out: Out,
    schema: Annotated[str, typer.Option(help="Schema that the gold tables are in there.")] = "gold",
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """Write a MetricFlow manifest: semantic models, metrics and the time spine.

    Example: lakehouse export metricflow --out build/metricflow
    """
    from lakehouse.runs.workspace import configuration_folder
    from lakehouse.semantic.exports.metricflow import export as export_metricflow
    from lakehouse.semantic.load import load_metrics

    written = export_metricflow(load_metrics(configuration_folder(conf) / "metrics"), schema)
    _write(written, out)
    _tell(written, out, as_json=as_json)


def _write(export: Export, out: Path) -> None:
    """The files into the folder; what an export before wrote there and this one does not is removed."""
    from lakehouse.semantic.exports.export import WRITTEN

    out.mkdir(parents=True, exist_ok=True)
    for path in out.iterdir():
        if path.is_file() and path.name not in export.files and path.read_bytes().startswith(WRITTEN.encode()):
            path.unlink()
    for name, text in export.files.items():
        (out / name).write_text(text, encoding="utf-8")


def _tell(export: Export, out: Path, *, as_json: bool) -> None:
    """Which files there are, and every loss with its reason."""
    if as_json:
        verdicts = [asdict(verdict) for verdict in export.verdicts]
        print_json({"out": str(out), "files": list(export.files), "verdicts": verdicts})
        return
    table = Table("what", "name", "told", "reason", box=None, pad_edge=False)
    for loss in export.losses:
        table.add_row(loss.kind, loss.name, str(loss.fidelity), loss.reason)
    console.print(table)
    exact = len(export.verdicts) - len(export.losses)
    console.print(f"{len(export.files)} files in {out}; {exact} of {len(export.verdicts)} told exactly", markup=False)
