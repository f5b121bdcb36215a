"""`lakehouse query` and `lakehouse sql`: any metric, by anything, at any grain, from the published snapshot."""

from __future__ import annotations

import sys
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from lakehouse.cli.options import AsJson, Configuration, Environment, LakeLocation, lake_location
from lakehouse.cli.output import console, print_json
from lakehouse.semantic.query import Calendar, Dialect, Source


class Shape(StrEnum):
    """What the answer is written as."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


MetricNames = Annotated[list[str], typer.Argument(help="Metrics, by name.")]
By = Annotated[list[str] | None, typer.Option("--by", help="Dimension to break down by; again for another.")]
ByGrain = Annotated[Calendar, typer.Option("--grain", help="Periods: of the calendar, the fiscal year, or all as one.")]
Where = Annotated[str | None, typer.Option("--where", help="Condition on dimensions, such as \"country = 'DE'\".")]
From = Annotated[
    datetime | None,
    typer.Option("--from", formats=["%Y-%m-%d"], help="First day; the period that it lies in is told whole."),
]
To = Annotated[
    datetime | None,
    typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, included; the period that it lies in is cut there."),
]
Compare = Annotated[
    list[str] | None,
    typer.Option(
        "--compare",
        help="previous_period, previous_year, same_weekday_last_year, same_occasion_last_year; with _to_date, as many "
        "days of it as have passed. Again for another.",
    ),
]
OrderBy = Annotated[list[str] | None, typer.Option("--order", help="Column to order by; -COLUMN for descending.")]
Limit = Annotated[int | None, typer.Option("--limit", help="So many rows at most.")]
From_ = Annotated[Source, typer.Option("--source", help="best: KPI tables where they hold the answer; or facts.")]


def query(
    metrics: MetricNames,
    lake: LakeLocation = None,
    by: By = None,
    grain: ByGrain = Calendar.DAY,
    where: Where = None,
    start: From = None,
    end: To = None,
    compare: Compare = None,
    order: OrderBy = None,
    limit: Limit = None,
    source: From_ = Source.BEST,
    engine: Annotated[str, typer.Option("--engine", help="duckdb, sail, spark, sc://host:port, or athena.")] = "duckdb",
    shape: Annotated[Shape, typer.Option("--format", help="table, csv, json or parquet.")] = Shape.TABLE,
    env: Environment = "local",
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """Answer a metric query from the published snapshot.

    Example: lakehouse query total_revenue average_order_value --lake build/lake --by country --grain month
    """
    from lakehouse.ask.lake import Lake, question_of
    from lakehouse.runs.snapshot import open_snapshot
    from lakehouse.runs.workspace import configuration_folder, load_settings
    from lakehouse.semantic.compiler.compile import check_query
    from lakehouse.semantic.load import load_metrics

    folder = configuration_folder(conf)
    first, last = (None if day is None else day.date() for day in (start, end))
    question = question_of(metrics, by or (), grain, where, compare or (), first, last, order or (), limit, source)
    definitions = load_metrics(folder / "metrics")
    # What is wrong with the question is said before a lake is looked for.
    check_query(question, definitions)
    settings = load_settings(folder, env)
    snapshot = open_snapshot(lake_location(lake, settings), settings.storage)
    answer = Lake(snapshot, definitions, settings, engine).ask(question)
    if as_json or shape is Shape.JSON:
        print_json(answer.records)
    elif shape is Shape.TABLE:
        from lakehouse.ask.written import Written
        from lakehouse.cli.tables import answer_table

        if not answer.records:
            console.print("no rows: nothing that is known answers this")
            return
        console.print(answer_table(answer))
        written = Written(answer)
        for sentence in (*written.edges(), *written.cut_short()):
            console.print(sentence, highlight=False, soft_wrap=True)
    else:
        from lakehouse.ask.files import write_csv, write_parquet

        write = write_csv if shape is Shape.CSV else write_parquet
        write(answer.rows, sys.stdout.buffer)


def sql(
    metrics: MetricNames,
    dialect: Annotated[
        Dialect, typer.Option(help="duckdb, spark (also Sail), trino (also Athena) or redshift.")
    ] = Dialect.DUCKDB,
    by: By = None,
    grain: ByGrain = Calendar.DAY,
    where: Where = None,
    start: From = None,
    end: To = None,
    compare: Compare = None,
    order: OrderBy = None,
    limit: Limit = None,
    source: From_ = Source.BEST,
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """Print the SQL of a metric query, over the KPI tables where they hold the answer, else over the facts.

    Example: lakehouse sql revenue_growth_rate --grain month --dialect trino
    """
    from lakehouse.ask.lake import question_of
    from lakehouse.runs.workspace import configuration_folder
    from lakehouse.semantic.compiler.compile import compile_query
    from lakehouse.semantic.load import load_metrics

    first, last = (None if day is None else day.date() for day in (start, end))
    question = question_of(metrics, by or (), grain, where, compare or (), first, last, order or (), limit, source)
    compiled = compile_query(question, load_metrics(configuration_folder(conf) / "metrics"))
    if as_json:
        print_json({"dialect": dialect, "tables": compiled.tables, "sql": compiled.sql(dialect)})
    else:
        typer.echo(compiled.sql(dialect))
