"""The bars: what must not take more than so many times something else, and whether it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from benchmarks.contestants import (
    FLOOR_ON_SAIL,
    FLOOR_ON_SPARK,
    LAKEHOUSE_ON_SAIL,
    LAKEHOUSE_ON_SPARK,
    PLAIN_ON_DUCKDB,
    PLAIN_ON_SPARK,
    TITLES,
    Contestant,
)
from benchmarks.results import Result, Results, ratio
from benchmarks.scenarios import NOTHING_NEW

MILLION = "full-1000000"
TEN_MILLIONS = "full-10000000"
SHORT, LONG = "day-30", "day-1095"
FLOORS = {LAKEHOUSE_ON_SAIL: FLOOR_ON_SAIL, LAKEHOUSE_ON_SPARK: FLOOR_ON_SPARK}
MEMORY_LIMIT = 8 * 2**30


@dataclass(frozen=True)
class Verdict:
    """A bar and what was measured; None for what was not."""

    what: str
    bar: str
    measured: str | None
    is_met: bool | None


@dataclass(frozen=True)
class _Ratio:
    """A contestant in a scenario over one in another, at most `limit`."""

    what: str
    one: tuple[str, Contestant]
    other: tuple[str, Contestant]
    limit: float

    def judge(self, results: Results) -> Verdict:
        one, other = results.of(*self.one), results.of(*self.other)
        bar = f"≤ {self.limit:g}"
        if one is None or other is None:
            return Verdict(self.what, bar, None, None)
        found = ratio(one, other, "wall_seconds")
        return Verdict(self.what, bar, f"{found:.2f}", found <= self.limit)


def verdicts(results: Results) -> Iterator[Verdict]:
    """Every bar, in the order of the page."""
    for product, floor in FLOORS.items():
        engine = TITLES[product.engine]
        yield _Ratio(
            f"a day on 1,095 days of history / on 30, time, {engine}", (LONG, product), (SHORT, product), 1.2
        ).judge(results)
        yield _bytes(results, product, floor, f"a day on 1,095 days of history / on 30, bytes read, {engine}")
        yield _Ratio(
            f"a day on 1,095 days / full build of a million orders, {engine}", (LONG, product), (MILLION, product), 0.1
        ).judge(results)
        yield _Ratio(f"a day on 1,095 days / the floor, {engine}", (LONG, product), (LONG, floor), 3).judge(results)
    million = "full build of a million orders"
    for product, other, limit in (
        (LAKEHOUSE_ON_SAIL, PLAIN_ON_DUCKDB, 3),
        (LAKEHOUSE_ON_SAIL, PLAIN_ON_SPARK, 0.25),
        (LAKEHOUSE_ON_SPARK, PLAIN_ON_SPARK, 0.7),
    ):
        what = f"{million}, {product.name} / {other.name}"
        yield _Ratio(what, (MILLION, product), (MILLION, other), limit).judge(results)
    for product in FLOORS:
        yield _no_engine(results.of(NOTHING_NEW, product), TITLES[product.engine])
    for product in FLOORS:
        yield _memory(results.of(TEN_MILLIONS, product), TITLES[product.engine])


def beyond_floor(result: Result, floor: Result) -> float:
    """Bytes read that are not for starting the engine and committing: the median over the rounds."""
    pairs = zip(result.samples, floor.samples, strict=False)
    return median(sample.usage.read_bytes - least.usage.read_bytes for sample, least in pairs)


def _bytes(results: Results, product: Contestant, floor: Contestant, what: str) -> Verdict:
    found = [(results.of(scenario, product), results.of(scenario, floor)) for scenario in (LONG, SHORT)]
    read = [beyond_floor(result, least) for result, least in found if result is not None and least is not None]
    if len(read) < len(found):
        return Verdict(what, "≤ 1.2", None, None)
    quotient = read[0] / max(read[1], 1)
    return Verdict(what, "≤ 1.2", f"{quotient:.2f}", quotient <= 1.2)


def _no_engine(result: Result | None, engine: str) -> Verdict:
    what, bar = f"nothing new arrived, {engine}", "no engine, no JVM"
    if result is None:
        return Verdict(what, bar, None, None)
    started = sorted({name for sample in result.samples for name in sample.usage.engines})
    return Verdict(what, bar, ", ".join(started) or "none", not started)


def _memory(result: Result | None, engine: str) -> Verdict:
    what, bar = f"full build of ten million orders, memory, {engine}", "≤ 8 GiB"
    if result is None:
        return Verdict(what, bar, None, None)
    most = max(sample.usage.peak_bytes for sample in result.samples)
    return Verdict(what, bar, f"{most / 2**30:.1f} GiB", most <= MEMORY_LIMIT)
