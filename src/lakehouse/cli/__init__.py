"""The command line: `lakehouse <command>`."""

from lakehouse.cli.app import main

__all__ = ["main"]
