"""`lakehouse query` and `lakehouse sql`: any metric at any grain, from the published snapshot."""

from __future__ import annotations

import sys
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from lakehouse.cli.options import AsJson, Configuration, Environment, LakeLocation, lake_location
from lakehouse.cli.output import console, print_json
from lakehouse.semantic.query import Dialect, Query
from lakehouse.settings import Grain

if TYPE_CHECKING:
    import pyarrow as pa


class Shape(StrEnum):
    """What the answer is written as."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


MetricNames = Annotated[list[str], typer.Argument(help="Metrics, by name.")]
ByGrain = Annotated[Grain, typer.Option("--grain", help="Calendar grain.")]
From = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")]
To = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, included.")]


def query(
    metrics: MetricNames,
    lake: LakeLocation = None,
    grain: ByGrain = Grain.DAY,
    start: From = None,
    end: To = None,
    shape: Annotated[Shape, typer.Option("--format", help="table, csv, json or parquet.")] = Shape.TABLE,
    env: Environment = "local",
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """Answer a metric query from the published snapshot.

    Example: lakehouse query total_revenue average_order_value --lake build/lake --grain month
    """
    from lakehouse.runs.ask import ask
    from lakehouse.runs.snapshot import open_snapshot
    from lakehouse.runs.workspace import configuration_folder, load_settings
    from lakehouse.semantic.load import load_metrics

    folder = configuration_folder(conf)
    settings = load_settings(folder, env)
    question = Query(tuple(metrics), grain, start.date() if start else None, end.date() if end else None)
    definitions = load_metrics(folder / "metrics")
    definitions.named(metrics)
    snapshot = open_snapshot(lake_location(lake, settings), settings.storage)
    answer = ask(snapshot, definitions, question)
    if as_json or shape is Shape.JSON:
        print_json(answer.rows.to_pylist())
    elif shape is Shape.TABLE:
        from lakehouse.cli.values import by_period, cut_short

        console.print(by_period(answer, snapshot.manifest.basis.business.currency))
        for sentence in cut_short(answer):
            console.print(sentence, highlight=False, soft_wrap=True)
    else:
        _write(answer.rows, shape)


def _write(rows: pa.Table, shape: Shape) -> None:
    import pyarrow.csv
    import pyarrow.parquet

    if shape is Shape.CSV:
        pyarrow.csv.write_csv(rows, sys.stdout.buffer)
    else:
        pyarrow.parquet.write_table(rows, sys.stdout.buffer)


def sql(
    metrics: MetricNames,
    dialect: Annotated[
        Dialect, typer.Option(help="duckdb, spark (also Sail) or trino (also Athena).")
    ] = Dialect.DUCKDB,
    grain: ByGrain = Grain.DAY,
    start: From = None,
    end: To = None,
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """Print the SQL of a metric query over the KPI tables.

    Example: lakehouse sql revenue_growth_rate --grain month --dialect trino
    """
    from lakehouse.runs.workspace import configuration_folder
    from lakehouse.semantic.compile import compile_query
    from lakehouse.semantic.load import load_metrics

    question = Query(tuple(metrics), grain, start.date() if start else None, end.date() if end else None)
    definitions = load_metrics(configuration_folder(conf) / "metrics")
    compiled = compile_query(question, definitions)
    if as_json:
        print_json({"dialect": dialect, "tables": compiled.tables, "sql": compiled.sql(dialect)})
    else:
        typer.echo(compiled.sql(dialect))
