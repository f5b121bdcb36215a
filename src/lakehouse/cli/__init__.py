"""The command line: `lakehouse <command>`."""

import gc

# Imports make many objects and no garbage: to look for it after every few hundred takes a tenth of a question's time.
gc.set_threshold(200_000)

from lakehouse.cli.app import main  # noqa: E402

__all__ = ["main"]
