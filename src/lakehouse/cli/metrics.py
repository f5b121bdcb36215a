"""`lakehouse metrics`: what the metrics mean, and whether their definitions are right."""

from __future__ import annotations

from textwrap import indent
from typing import Annotated

import typer
from rich.table import Table

from lakehouse.cli.options import AsJson, Configuration
from lakehouse.cli.output import console, print_json

app = typer.Typer(help="List, show and check metric definitions.", no_args_is_help=True)


@app.command("list")
def list_(conf: Configuration = None, as_json: AsJson = False) -> None:
    """List every metric with its business name, mart and type.

    Example: lakehouse metrics list
    """
    from lakehouse.runs.workspace import configuration_folder
    from lakehouse.semantic.load import load_metrics

    metrics = load_metrics(configuration_folder(conf) / "metrics")
    rows = [
        (m.name, m.definition.business_name, m.mart, m.definition.type, m.definition.status) for m in metrics.metrics
    ]
    if as_json:
        print_json([dict(zip(("name", "business_name", "mart", "type", "status"), row, strict=True)) for row in rows])
        return
    table = Table("metric", "business name", "mart", "type", "status", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(str, row))
    console.print(table)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Metric, by name.")], conf: Configuration = None, as_json: AsJson = False
) -> None:
    """Show a metric's definition in full.

    Example: lakehouse metrics show order_conversion_rate
    """
    import yaml

    from lakehouse.runs.workspace import configuration_folder
    from lakehouse.semantic.load import load_metrics

    folder = configuration_folder(conf) / "metrics"
    (metric,) = load_metrics(folder).named([name])
    if as_json:
        print_json({"name": metric.name, "mart": metric.mart, **metric.definition.model_dump(mode="json")})
        return
    console.print(
        f"{metric.definition.business_name} ({metric.name}, mart {metric.mart}, owner {metric.owner})", markup=False
    )
    console.print(metric.definition.description, markup=False)
    told = metric.definition.model_dump(mode="json", exclude={"business_name", "description"}, exclude_none=True)
    written = yaml.safe_dump(
        {key: value for key, value in told.items() if value != []},
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=None,
        width=100,
    )
    console.print(indent(written, "  "), markup=False, highlight=False, soft_wrap=True, end="")
    (file,) = folder.glob(f"{metric.mart}.y*ml")
    console.print(f"defined in {file}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def check(conf: Configuration = None, as_json: AsJson = False) -> None:
    """Find every mistake in the metric definitions.

    Example: lakehouse metrics check
    """
    from lakehouse.runs.workspace import configuration_folder
    from lakehouse.semantic.load import load_metrics

    metrics = load_metrics(configuration_folder(conf) / "metrics")
    if as_json:
        print_json({"metrics": len(metrics.metrics), "marts": [mart.name for mart in metrics.marts]})
        return
    console.print(f"{len(metrics.metrics)} metrics in {len(metrics.marts)} marts, no mistakes")
