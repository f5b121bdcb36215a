"""docs/faults.md: the last result of the suite, and how to read it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from tests.faults.scorecard import Score, line

_ABOUT = """# Faults

What was done to a run, and what became of the numbers. `make faults` injects the faults of a few minutes, `make soak`
all of them; this page is written by them and not by hand. The stories are in [tests/faults](../tests/faults).

A shop has published a day. The next day's run is harmed, in a process of its own; readers look; and the run is started
again. What readers get at the end must be, row for row, what a run that nobody harmed gives.

- **recovered**: the next run ended there, after what the message of the harmed one asked for, if anything.
- **safe**: the harmed run ended with the right exit code and message, and readers kept being served.
- **rows lost**, **duplicate rows**: rows too few and too many, wherever a run said that all is well, and at the end. A
  wrong value counts as one lost and one too many.
- **mixed reads**: reads that gave neither the day before nor the new one, as a whole.
"""

_CONTROL = """
## The negative control

A plain PySpark script ([benchmarks/plain_spark.py](../benchmarks/plain_spark.py): read all, deduplicate, join,
overwrite) takes the same faults. A suite that it passed would measure nothing.

| fault | fails by | rows lost | duplicate rows | mixed reads |
|---|---|---:|---:|---:|
"""


def written(scores: Sequence[Score], control: Sequence[Score]) -> str:
    """The page, in Markdown."""
    parts = [_ABOUT, f"\nThe last result: **{line(scores)}**\n"]
    for family, some in groupby(sorted(scores, key=lambda one: one.family), key=lambda one: one.family):
        parts.append(f"\n## {family}\n\n| fault | recovered | safe | rows lost | duplicate rows | mixed reads |\n")
        parts.append("|---|---|---|---:|---:|---:|\n")
        parts.extend(_row(one) for one in some)
    if control:
        parts.append(_CONTROL)
        parts.extend(
            f"| {one.family}: {one.fault} | {', '.join(sorted(one.failures)) or 'nothing'} | {one.rows_lost:,} | "
            f"{one.duplicate_rows:,} | {one.mixed_reads:,} |\n"
            for one in control
        )
    return "".join(parts)


def _row(one: Score) -> str:
    told = "yes" if one.is_recovered else "no", "yes" if one.is_safe else "no"
    return f"| {one.fault} | {' | '.join(told)} | {one.rows_lost:,} | {one.duplicate_rows:,} | {one.mixed_reads:,} |\n"
