"""Glue job, or a script for spark-submit: load what is new in landing and publish it.

Arguments are those of `lakehouse run`, all optional that are optional there; an underscore may stand for a hyphen.
"""

from lakehouse.cli.job import job

if __name__ == "__main__":
    job("run")
