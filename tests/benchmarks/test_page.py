"""Bars, page and chart, from what was measured."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks.bars import LONG, MILLION, SHORT, TEN_MILLIONS, verdicts
from benchmarks.chart import chart
from benchmarks.contestants import (
    FLOOR_ON_SAIL,
    FLOOR_ON_SPARK,
    LAKEHOUSE_ON_SAIL,
    LAKEHOUSE_ON_SPARK,
    PLAIN_ON_DUCKDB,
    PLAIN_ON_SPARK,
    Contestant,
)
from benchmarks.measure import Usage
from benchmarks.page import page
from benchmarks.results import Results, Sample, ratio
from benchmarks.scenarios import NOTHING_NEW


def keep(results: Results, scenario: str, contestant: Contestant, *samples: Sample) -> None:
    results.keep(scenario, contestant, samples)


def took(seconds: float, read: int = 0, peak: int = 0, engines: tuple[str, ...] = ()) -> Sample:
    return Sample(Usage(0, seconds, seconds, peak, read, engines), {"bronze": seconds / 2}, 3)


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return Results(tmp_path)


def test_a_ratio_is_the_median_of_the_rounds_own_ratios(results: Results) -> None:
    keep(results, MILLION, LAKEHOUSE_ON_SAIL, took(2), took(30), took(2))
    keep(results, MILLION, PLAIN_ON_DUCKDB, took(1), took(10), took(1))
    one, other = results.of(MILLION, LAKEHOUSE_ON_SAIL), results.of(MILLION, PLAIN_ON_DUCKDB)
    assert one is not None
    assert other is not None
    assert ratio(one, other, "wall_seconds") == 2


@pytest.mark.parametrize(
    ("bar", "measured", "told", "is_met"),
    [
        pytest.param(
            "a day on 1,095 days of history / on 30, time, Sail",
            {(LONG, LAKEHOUSE_ON_SAIL): took(12), (SHORT, LAKEHOUSE_ON_SAIL): took(10)},
            "1.20",
            True,
            id="at-the-bar",
        ),
        pytest.param(
            "a day on 1,095 days of history / on 30, bytes read, Spark",
            {
                (LONG, LAKEHOUSE_ON_SPARK): took(1, read=106),
                (LONG, FLOOR_ON_SPARK): took(1, read=100),
                (SHORT, LAKEHOUSE_ON_SPARK): took(1, read=104),
                (SHORT, FLOOR_ON_SPARK): took(1, read=100),
            },
            "1.50",
            False,
            id="bytes-beyond-the-floor",
        ),
        pytest.param(
            "a day on 1,095 days / full build of a million orders, Spark",
            {(LONG, LAKEHOUSE_ON_SPARK): took(9), (MILLION, LAKEHOUSE_ON_SPARK): took(100)},
            "0.09",
            True,
            id="a-day-and-everything",
        ),
        pytest.param(
            "a day on 1,095 days / the floor, Sail",
            {(LONG, LAKEHOUSE_ON_SAIL): took(31), (LONG, FLOOR_ON_SAIL): took(10)},
            "3.10",
            False,
            id="a-day-and-the-floor",
        ),
        pytest.param(
            "full build of a million orders, lakehouse on Sail / plain script on DuckDB",
            {(MILLION, LAKEHOUSE_ON_SAIL): took(29), (MILLION, PLAIN_ON_DUCKDB): took(10)},
            "2.90",
            True,
            id="duckdb",
        ),
        pytest.param(
            "full build of a million orders, lakehouse on Spark / plain script on Spark",
            {(MILLION, LAKEHOUSE_ON_SPARK): took(8), (MILLION, PLAIN_ON_SPARK): took(10)},
            "0.80",
            False,
            id="plain-spark",
        ),
        pytest.param(
            "nothing new arrived, Spark",
            {(NOTHING_NEW, LAKEHOUSE_ON_SPARK): took(1, engines=("jvm",))},
            "jvm",
            False,
            id="an-engine-was-started",
        ),
        pytest.param(
            "nothing new arrived, Sail", {(NOTHING_NEW, LAKEHOUSE_ON_SAIL): took(1)}, "none", True, id="no-engine"
        ),
        pytest.param(
            "full build of ten million orders, memory, Sail",
            {(TEN_MILLIONS, LAKEHOUSE_ON_SAIL): took(1, peak=8 * 2**30 + 1)},
            "8.0 GiB",
            False,
            id="memory",
        ),
        pytest.param(
            "a day on 1,095 days / the floor, Spark",
            {(LONG, LAKEHOUSE_ON_SPARK): took(31)},
            None,
            None,
            id="not-measured",
        ),
    ],
)
def test_bars(
    results: Results,
    bar: str,
    measured: dict[tuple[str, Contestant], Sample],
    told: str | None,
    is_met: bool | None,
) -> None:
    for (scenario, contestant), sample in measured.items():
        keep(results, scenario, contestant, sample)
    verdict = next(verdict for verdict in verdicts(results) if verdict.what == bar)
    assert (verdict.measured, verdict.is_met) == (told, is_met)


def test_the_page_has_what_was_measured_and_says_what_was_not(results: Results) -> None:
    keep(results, MILLION, LAKEHOUSE_ON_SAIL, took(29.5, read=2**21, peak=2**30))
    keep(results, MILLION, PLAIN_ON_DUCKDB, took(10))
    keep(results, SHORT, LAKEHOUSE_ON_SAIL, took(9))
    keep(results, SHORT, FLOOR_ON_SAIL, took(4.5))
    text = page(results)
    assert "| lakehouse on Sail | 29.5 s | 29.5 s | 1,024 MiB | 2 MiB | 1.00 | 1.00 | 1 |" in text
    assert "| plain script on DuckDB | 10.0 s | 10.0 s | 0 MiB | 0 MiB | 0.34 | 0.34 | 1 |" in text
    assert "| lakehouse on Sail | 30 days | 9.0 s | 9.0 s | 0 MiB | 0 MiB | 0.0 MiB | 4.5 s | 2.00 | 3 | 1 |" in text
    assert "lakehouse on Sail / plain script on DuckDB | ≤ 3 | 2.95 | met |" in text
    assert "| nothing new arrived, Sail | no engine, no JVM |  | not measured |" in text


def test_the_chart_has_two_bars_for_each_contestant(results: Results) -> None:
    keep(results, MILLION, LAKEHOUSE_ON_SAIL, took(30, peak=2**30))
    keep(results, MILLION, PLAIN_ON_DUCKDB, took(10, peak=2**29))
    keep(results, MILLION, FLOOR_ON_SAIL, took(1, peak=2**28))
    svg = ET.fromstring(chart(results))
    widths = [int(bar.attrib["width"]) for bar in svg.iter("{http://www.w3.org/2000/svg}rect")]
    assert widths == [widths[0], widths[0], round(widths[0] / 3), round(widths[0] / 2)]
