"""The console script: every command group, and errors as a message and an exit code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import typer
from rich.console import Console

from lakehouse.cli import (
    backfill,
    docs,
    doctor,
    export,
    generate,
    history,
    metrics,
    optimize,
    plan,
    quarantine,
    query,
    restore,
    run,
    sources,
    status,
    vacuum,
    verify,
)
from lakehouse.errors import LakehouseError, StorageError

_OBJECTS_BEFORE_GARBAGE = 200_000
"""Python looks for garbage after every 700 new objects, which takes a tenth of the time of a question."""

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
app.command("plan")(plan.plan)
app.command("backfill")(backfill.backfill)
app.command("query")(query.query)
app.command("sql")(query.sql)
app.command("status")(status.status)
app.command("history")(history.history)
app.command("verify")(verify.verify)
app.command("doctor")(doctor.doctor)
app.command("restore")(restore.restore)
app.command("vacuum")(vacuum.vacuum)
app.command("optimize")(optimize.optimize)
app.command("docs")(docs.docs)
app.add_typer(sources.app, name="sources")
app.add_typer(metrics.app, name="metrics")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(export.app, name="export")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with the exit code its errors define."""
    _start_soon()
    try:
        app(args=None if arguments is None else list(arguments), prog_name="lakehouse")
    except LakehouseError as error:
        _fail(error)
    except OSError as error:
        _fail(StorageError(str(error)))


def _start_soon() -> None:
    """A command's imports make many objects and no garbage, and pydantic needs no plugins: neither is looked for."""
    gc.set_threshold(_OBJECTS_BEFORE_GARBAGE)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def _fail(error: LakehouseError) -> NoReturn:
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"error: {error}", markup=False)
    sys.exit(error.exit_code)
