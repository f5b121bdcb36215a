"""A command as a Glue job, or as a script for `spark-submit`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from lakehouse.cli.app import main

_GLUE = (
    *("--JOB_", "--TempDir", "--RedshiftTempDir", "--SECURITY_CONFIGURATION", "--scriptLocation", "--class"),
    *("--additional-python-modules", "--continuation-option", "--continuous-log-", "--custom", "--datalake-formats"),
    *("--disable-proxy", "--enable-", "--encryption-type", "--execution-class", "--extra-", "--job-"),
    *("--python-modules-installer-option", "--spark-event-logs-path", "--use-postgres-driver", "--user-jars-first"),
    "--write-shuffle-",
)
"""How the arguments begin that Glue passes to every job for purposes of its own."""


def job(command: str) -> None:
    """Run a command with the process's arguments, on the Spark that the process is part of.

    Glue's own arguments are passed over, and `--some_name` is taken for `--some-name`.
    """
    main([command, *own_arguments(sys.argv[1:]), "--engine", "spark"])


def own_arguments(arguments: Sequence[str]) -> list[str]:
    """The arguments that are meant for the command, as its command line has them.

    A `--conf` is Glue's if it sets something of Spark, else it names the configuration folder.
    """
    kept: list[str] = []
    is_skipping = False
    for argument, following in zip(arguments, (*arguments[1:], ""), strict=False):
        if argument.startswith("--"):
            name, separator, value = argument.partition("=")
            is_skipping = name.startswith(_GLUE) or (name == "--conf" and (value or following).startswith("spark."))
            if not is_skipping:
                kept.append(name.replace("_", "-") + separator + value)
        elif not is_skipping:
            kept.append(argument)
    return kept
