"""docs/benchmarks.md: what was measured, and how to read it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from string import Template

from benchmarks.bars import FLOORS, beyond_floor, verdicts
from benchmarks.contestants import ALL, LAKEHOUSE_ON_SAIL, LAKEHOUSE_ON_SPARK, Kind
from benchmarks.results import Result, Results, ratio
from benchmarks.scenarios import NOTHING_NEW

TEXTS = Path(__file__).parent

Row = Sequence[str]


def page(results: Results) -> str:
    """The whole page; what was not measured is said to be so, or left out."""
    template = Template((TEXTS / "page.md").read_text(encoding="utf-8"))
    text = template.substitute(
        bars=_bars(results),
        full="\n".join(_full(results)),
        days="".join(_days(results)),
        nothing_new="".join(_nothing_new(results)),
        machines="\n".join(_machines(results)),
    )
    return re.sub("\n{3,}", "\n\n", text)


def _table(head: Row, rows: Iterable[Row]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _bars(results: Results) -> str:
    said = {True: "met", False: "**not met**", None: "not measured"}
    return _table(
        ("what", "bar", "measured", ""),
        [(one.what, one.bar, one.measured or "", said[one.is_met]) for one in verdicts(results)],
    )


def _usage(result: Result) -> Row:
    return (
        f"{result.median('wall_seconds'):,.1f} s",
        f"{result.median('cpu_seconds'):,.1f} s",
        f"{result.median('peak_bytes') / 2**20:,.0f} MiB",
        f"{result.median('read_bytes') / 2**20:,.0f} MiB",
    )


def _full(results: Results) -> Iterator[str]:
    for scenario in results.scenarios("full-"):
        orders = int(scenario.partition("-")[2])
        yield f"## A full build of {orders:,} orders\n"
        measured = [result for contestant in ALL if (result := results.of(scenario, contestant))]
        product = results.of(scenario, LAKEHOUSE_ON_SAIL) or measured[0]
        yield _table(
            ("contestant", "time", "CPU", "memory", "read", f"time / {product.contestant}'s", "CPU / its", "runs"),
            [
                (
                    result.contestant,
                    *_usage(result),
                    f"{ratio(result, product, 'wall_seconds'):.2f}",
                    f"{ratio(result, product, 'cpu_seconds'):.2f}",
                    str(len(result.samples)),
                )
                for result in measured
            ],
        )
        yield from _parts(results, scenario)


def _parts(results: Results, scenario: str) -> Iterator[str]:
    """Where the time of lakehouse goes, by its own account of the first round."""
    measured = [result for one in (LAKEHOUSE_ON_SAIL, LAKEHOUSE_ON_SPARK) if (result := results.of(scenario, one))]
    if not measured:
        return
    parts = list(measured[0].samples[0].parts)
    yield "Where the time goes, in seconds (the rest of a run is Python's start and the reading of configuration):\n"
    yield _table(
        ("contestant", *parts),
        [
            (result.contestant, *(f"{result.samples[0].parts.get(part, 0):,.1f}" for part in parts))
            for result in measured
        ],
    )


def _days(results: Results) -> Iterator[str]:
    scenarios = results.scenarios("day-")
    if not scenarios:
        return
    yield (TEXTS / "page_day.md").read_text(encoding="utf-8")
    rows = []
    for product, floor in FLOORS.items():
        for scenario in scenarios:
            result, least = results.of(scenario, product), results.of(scenario, floor)
            if result and least:
                rows.append((product.name, *_day(scenario, result, least)))
    head = ("contestant", "history", "time", "CPU", "memory", "read", "read beyond the floor")
    yield _table((*head, "the floor's time", "time / floor", "tables", "runs"), rows)


def _day(scenario: str, result: Result, floor: Result) -> Row:
    return (
        f"{int(scenario.partition('-')[2]):,} days",
        *_usage(result),
        f"{beyond_floor(result, floor) / 2**20:,.1f} MiB",
        f"{floor.median('wall_seconds'):,.1f} s",
        f"{ratio(result, floor, 'wall_seconds'):.2f}",
        str(floor.samples[0].tables),
        str(len(result.samples)),
    )


def _nothing_new(results: Results) -> Iterator[str]:
    found = [result for one in ALL if one.kind is Kind.LAKEHOUSE and (result := results.of(NOTHING_NEW, one))]
    if not found:
        return
    yield "## A second run with nothing new\n\n"
    engines = [sorted({name for sample in result.samples for name in sample.usage.engines}) for result in found]
    yield _table(
        ("contestant", "time", "CPU", "memory", "read", "engines started"),
        [
            (result.contestant, *_usage(result), ", ".join(started) or "none")
            for result, started in zip(found, engines, strict=True)
        ],
    )


def _machines(results: Results) -> Iterator[str]:
    every = [results.of(scenario, one) for scenario in _everything(results) for one in ALL]
    measured = [result for result in every if result]
    for machine in sorted({result.machine for result in measured}):
        dates = sorted({result.date for result in measured if result.machine == machine})
        yield f"{' to '.join(dict.fromkeys((dates[0], dates[-1])))}: {machine}.\n"


def _everything(results: Results) -> list[str]:
    return [*results.scenarios("full-"), *results.scenarios("day-"), NOTHING_NEW]
