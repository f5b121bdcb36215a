"""The command line: `lakehouse <command>`."""

import gc
import os

# Imports make many objects and no garbage: to look for it after every few hundred takes a tenth of a question's time.
gc.set_threshold(200_000)
# Nor has pydantic to look through all that is installed for plugins of its own, of which no command knows.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from lakehouse.cli.app import main  # noqa: E402

__all__ = ["main"]
