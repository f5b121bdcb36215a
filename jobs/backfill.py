"""Glue job, or a script for spark-submit: load what landing holds of some days.

Arguments are those of `lakehouse backfill`, all optional that are optional there; an underscore may stand for a hyphen.
"""

from lakehouse.cli.job import job

if __name__ == "__main__":
    job("backfill")
