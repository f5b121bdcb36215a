"""docs/metricflow.md: what was compared, and where the two differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from lakehouse.semantic.exports.export import Export
from tests.metricflow.known import LONGER, Known

_ABOUT = """# MetricFlow

`lakehouse export metricflow --out DIR` writes the metrics as a manifest of [MetricFlow][1], which reads it without dbt
and writes SQL for many engines. It is also a second opinion: what it computes of the same definitions must be what
lakehouse computes. `make metricflow` asks both, number by number, and writes this page; the stories are in
[tests/metricflow](../tests/metricflow).

Both are asked the same questions of the same Parquet files, lakehouse by its compiler and MetricFlow 0.213 in a
Python environment of its own, each on the DuckDB that it is tested with. Numbers are equal if they are within 1e-9 of
each other. Where a combination of members has no rows in a period, lakehouse says 0 or null and MetricFlow has no row:
that is taken as equal. Every other difference must have one of the reasons below, and every reason must be met.

[1]: https://github.com/dbt-labs/metricflow

| what was asked | questions | numbers | without a row there | that differ |
|---|---:|---:|---:|---:|
"""

_CONVERSIONS = """
MetricFlow's authors print eight conversion rates for these tables. lakehouse has no such kind of metric: an order is of
the visit that it was placed in, which is found when the order is loaded, and not in each question.

- The rates of all visits, with a window of days and without, and over months, are the same. Days on which nobody bought
  are 0 here and null there.
- The five that look at some visits only, of one referrer or of some days, are the same where these visits are chosen
  before the buys are given to them. Asked of all visits they are lower here: MetricFlow gives a buy to the last visit
  *of the referrer*, so the same buy counts for several referrers, and their rates add up to more than there is.
- Buys per visit of a referrer reach 200 % there. Session Conversion Rate counts visits with an order, and can not.

Of MetricFlow's metrics lakehouse has none that shifts by a number of days or windows by months, no average, median or
percentile, and no measure that is only of a period's first or last day.
"""


@dataclass
class Comparison:
    """One line of the page, and the differences that are known in it."""

    title: str
    questions: int
    numbers: int
    without_row: int
    different: int
    known: Sequence[Known]


@dataclass
class Page:
    """What the tests of a run told, by the place it has on the page."""

    told: dict[str, Comparison] = field(default_factory=dict)
    exported: Export | None = None

    @property
    def is_whole(self) -> bool:
        """Whether all tests told."""
        return set(self.told) == set(_PLACES) and self.exported is not None

    def text(self) -> str:
        """The page, in Markdown."""
        lines = [self.told[place] for place in _PLACES]
        parts = [_ABOUT, *map(_counts, lines)]
        for place, heading in _PLACES.items():
            parts += [f"\n## {heading}\n\n| metrics | by | why |\n|---|---|---|\n", *_rows(self.told[place].known)]
        parts += [_CONVERSIONS, *self._losses()]
        return "".join(parts)

    def _losses(self) -> Iterator[str]:
        yield "\n## What MetricFlow is not told\n\n| what | name | told | why |\n|---|---|---|---|\n"
        for loss in self.exported.losses if self.exported is not None else ():
            yield f"| {loss.kind} | {loss.name} | {loss.fidelity} | {loss.reason} |\n"


_PLACES = {
    "shipped": "Where the metrics that ship differ",
    "missing": "Where they differ besides, if days are missing",
    "more": "Where metrics that use all of the language differ",
    "year": "Where metrics over more than a year differ",
    "samples": "Where MetricFlow's own sample metrics differ",
}


def _counts(line: Comparison) -> str:
    numbers = (line.questions, line.numbers, line.without_row, line.different)
    return f"| {line.title} | {' | '.join(f'{number:,}' for number in numbers)} |\n"


def _rows(known: Iterable[Known]) -> Iterator[str]:
    for each in known:
        yield f"| {', '.join(each.metrics)} | {_grains(each)} | {each.why} |\n"


def _grains(known: Known) -> str:
    return "all but the day" if known.grains == LONGER else ", ".join(known.grains)
