"""`lakehouse export`: the definitions in the languages of other tools."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from lakehouse.cli.options import AsJson, Configuration, Environment, LakeLocation, lake_location
from lakehouse.cli.output import console, print_json
from lakehouse.errors import ConfigurationError, Problem, nearest
from lakehouse.semantic.exports.export import WRITTEN, WRITTEN_SQL, Export
from lakehouse.semantic.query import Dialect

app = typer.Typer(no_args_is_help=True)

_WRITTEN = (WRITTEN.encode(), WRITTEN_SQL.encode())

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
    _write_and_tell(written, out, as_json=as_json)


@app.command()
def lookml(
    out: Out,
    connection: Annotated[str, typer.Option(help="Looker's connection to the database.")] = "lakehouse",
    schema: Annotated[str, typer.Option(help="Schema that tables and views are in there.")] = "shop",
    dialect: Annotated[Dialect, typer.Option(help="trino (Athena), spark, redshift or duckdb.")] = Dialect.TRINO,
    env: Environment = "local",
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """Write a LookML project: views and explores of each mart, over the views that `lakehouse export views` creates.

    Example: lakehouse export lookml --connection athena --schema shop --out build/lookml
    """
    from lakehouse.ask.installed import need
    from lakehouse.runs.workspace import configuration_folder, load_settings

    need("lkml", "bi")
    from lakehouse.semantic.exports.lookml import export as export_lookml
    from lakehouse.semantic.exports.lookml_fields import Site
    from lakehouse.semantic.load import load_metrics

    folder = configuration_folder(conf)
    business = load_settings(folder, env).business
    site = Site(connection, schema, dialect, business.currency, business.week_start)
    written = export_lookml(load_metrics(folder / "metrics"), site)
    _write_and_tell(written, out, as_json=as_json)


@app.command()
def tableau(
    out: Out,
    schema: Annotated[str, typer.Option(help="Schema that tables and views are in there.")] = "shop",
    region: Annotated[str, typer.Option(help="AWS region of Athena.")] = "eu-central-1",
    like: Annotated[
        Path | None, typer.Option(help="A data source saved by Tableau, whose connection is taken instead of Athena's.")
    ] = None,
    env: Environment = "local",
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """Write a Tableau data source for each set of facts and each mart by period, over the views of `export views`.

    Example: lakehouse export tableau --schema shop --region eu-central-1 --out build/tableau
    """
    from lakehouse.ask.installed import need
    from lakehouse.runs.workspace import configuration_folder, load_settings

    need("lxml", "bi")
    from lakehouse.semantic.exports.tableau import Place
    from lakehouse.semantic.exports.tableau import export as export_tableau
    from lakehouse.semantic.exports.tableau_source import Connection, saved_connection
    from lakehouse.semantic.load import load_metrics

    folder = configuration_folder(conf)
    business = load_settings(folder, env).business
    connection = Connection(schema, region, None if like is None else saved_connection(like.read_bytes(), str(like)))
    place = Place(connection, business.currency, business.week_start)
    written = export_tableau(load_metrics(folder / "metrics"), place)
    _write_and_tell(written, out, as_json=as_json)


@app.command()
def hyper(
    out: Out,
    dataset: Annotated[
        list[str] | None, typer.Option(help="Data set or mart by period, such as revenue_by_day; all by default.")
    ] = None,
    lake: LakeLocation = None,
    env: Environment = "local",
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """Write the published rows as Tableau extracts (.hyper), each with its data source beside it.

    Example: lakehouse export hyper --lake build/demo/lake --dataset revenue_of_orders --out build/hyper
    """
    from lakehouse.ask.installed import need

    need("lxml", "bi")
    from lakehouse.ask.hyper import write_extracts
    from lakehouse.ask.lake import open_lake

    opened = open_lake(lake, env=env, conf=conf)
    names = dataset or []
    if unknown := [name for name in names if name not in opened.views]:
        raise ConfigurationError(
            [Problem("--dataset", 0, 0, f"unknown data set '{each}'", nearest(each, opened.views)) for each in unknown]
        )
    written = write_extracts(opened, out, names)
    if as_json:
        print_json({"out": str(out), "run_id": opened.run_id, "rows": written})
    else:
        console.print(f"{len(written)} extracts of run {opened.run_id} in {out}", markup=False, highlight=False)


@app.command()
def views(
    out: Out,
    dialect: Annotated[Dialect, typer.Option(help="duckdb, spark (also Sail), trino or redshift.")] = Dialect.DUCKDB,
    schema: Annotated[str | None, typer.Option(help="Schema of tables and views; by default none is named.")] = None,
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """Write SQL views of each mart by day to year, and of the rows behind it, with what each column means.

    Example: lakehouse export views --dialect trino --schema shop --out build/views
    """
    from lakehouse.runs.workspace import configuration_folder
    from lakehouse.semantic.exports.views import views as all_views
    from lakehouse.semantic.load import load_metrics

    found = all_views(load_metrics(configuration_folder(conf) / "metrics"))
    files = {f"{view.name}.sql": WRITTEN_SQL + view.statements(dialect, schema) for view in found}
    _write(Export(files, ()), out)
    if as_json:
        print_json({"out": str(out), "files": list(files)})
    else:
        console.print(f"{len(files)} views in {out}", markup=False, highlight=False)


@app.command("athena-views")
def athena_views(
    out: Annotated[Path | None, typer.Option(help="Folder to write the views into, as SQL.")] = None,
    create: Annotated[
        bool, typer.Option("--create", help="Show the published snapshot in the Glue database, all views at once.")
    ] = False,
    database: Annotated[
        str | None, typer.Option(help="Glue database; `athena.database` of the environment's settings by default.")
    ] = None,
    lake: LakeLocation = None,
    env: Environment = "local",
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """Write the views that Athena's readers see, or make them show the published snapshot.

    Example: lakehouse export athena-views --create --lake s3://bucket/shop --database shop
    """
    from lakehouse.athena.catalog import Catalog
    from lakehouse.athena.publish import publish
    from lakehouse.athena.views import statements
    from lakehouse.runs.snapshot import open_snapshot
    from lakehouse.runs.workspace import configuration_folder, load_settings
    from lakehouse.semantic.load import load_metrics

    if out is None and not create:
        raise ConfigurationError("nothing to do: give --out to write the views, or --create to make them")
    folder = configuration_folder(conf)
    settings, metrics = load_settings(folder, env), load_metrics(folder / "metrics")
    snapshot = open_snapshot(lake_location(lake, settings), settings.storage)
    told: dict[str, object] = {}
    if out is not None:
        files = {name: WRITTEN_SQL + text for name, text in statements(snapshot, metrics).items()}
        _write(Export(files, ()), out)
        told |= {"out": str(out), "files": list(files)}
    if create:
        named = database or settings.athena.database
        if named is None:
            raise ConfigurationError("no Glue database is named: give --database, or set `athena.database`")
        done = publish(snapshot, metrics, Catalog(named, settings.storage.resolved().region))
        told |= {"database": named, **asdict(done)}
    _tell_athena(told, as_json=as_json)


def _tell_athena(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(told)
        return
    if "out" in told:
        console.print(f"{len(told['files'])} views in {told['out']}", markup=False, highlight=False)
    if "database" in told:
        sentence = f"{told['database']} shows run {told['run_id']}: {len(told['entries'])} tables and views"
        console.print(sentence, markup=False, highlight=False)


def _write(export: Export, out: Path) -> None:
    """The files into the folder; what an export before wrote there and this one does not is removed."""
    out.mkdir(parents=True, exist_ok=True)
    for path in out.rglob("*"):
        is_told = path.relative_to(out).as_posix() in export.files
        if path.is_file() and not is_told and path.read_bytes().startswith(_WRITTEN):
            path.unlink()
    for name, text in export.files.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text, encoding="utf-8")


def _write_and_tell(export: Export, out: Path, *, as_json: bool) -> None:
    """The files, then which there are, and every loss with its reason."""
    _write(export, out)
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
