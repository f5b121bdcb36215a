"""The console script: every command group, and errors as a message and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

import typer
from rich.console import Console

from lakehouse.cli import docs, generate, metrics, quarantine, query, run, sources, status
from lakehouse.errors import LakehouseError, StorageError

app = typer.Typer(
    name="lakehouse",
    help="A shop's files in, its published KPIs out.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("generate")(generate.generate)
app.command("run")(run.run)
app.command("query")(query.query)
app.command("sql")(query.sql)
app.command("status")(status.status)
app.command("docs")(docs.docs)
app.add_typer(sources.app, name="sources")
app.add_typer(metrics.app, name="metrics")
app.add_typer(quarantine.app, name="quarantine")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with the exit code its errors define."""
    try:
        app(args=None if arguments is None else list(arguments), prog_name="lakehouse")
    except LakehouseError as error:
        _fail(error)
    except OSError as error:
        _fail(StorageError(str(error)))


def _fail(error: LakehouseError) -> NoReturn:
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"error: {error}", markup=False)
    sys.exit(error.exit_code)


def job(command: str) -> None:
    """Entry of a Glue job or `spark-submit` script: the command with the process's arguments, on the Spark it runs in.

    Glue's own arguments are passed over, and `--some_name` is taken for `--some-name`.
    """
    main([command, *_job_arguments(sys.argv[1:]), "--engine", "spark"])


_GLUE_ARGUMENTS = frozenset(
    {
        *("--JOB_NAME", "--JOB_ID", "--JOB_RUN_ID", "--SECURITY_CONFIGURATION", "--TempDir", "--RedshiftTempDir"),
        *("--encryption-type", "--job-bookmark-option", "--job-bookmark-from", "--job-bookmark-to", "--job-language"),
        *("--continuation-option", "--enable-metrics", "--enable-observability-metrics", "--enable-auto-scaling"),
        *("--enable-continuous-cloudwatch-log", "--enable-glue-datacatalog", "--datalake-formats", "--conf"),
    }
)


def _job_arguments(arguments: Sequence[str]) -> list[str]:
    kept: list[str] = []
    is_skipping = False
    for argument in arguments:
        if argument.startswith("--"):
            name, separator, value = argument.partition("=")
            is_skipping = name in _GLUE_ARGUMENTS
            if not is_skipping:
                kept.append(name.replace("_", "-") + separator + value)
        elif not is_skipping:
            kept.append(argument)
    return kept
