"""The cost model: seconds by commits and rows, money by the second, corrected by what earlier runs took."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest

from lakehouse.runs.cost import Load, Place, assumptions, dollars, dpu_seconds, estimate
from lakehouse.runs.manifest import Manifest
from lakehouse.runs.work import Estimate, Work
from lakehouse.settings import Cost, Glue, Rates, Worker
from tests.runs.small_lake import BASIS

RATES = Rates(start_seconds=10, commit_seconds=2, core_seconds_per_million_rows=40)
COST = Cost(glue=Glue(workers=3), sail=RATES, spark=RATES)
JOB = Cost(glue=Glue(workers=3, is_used=True), sail=RATES, spark=RATES)


def past(seconds: float | None, planned: float, correction: float = 1, engine: str = "spark") -> Manifest:
    told = Estimate(seconds=planned, correction=correction, glue_seconds=0, dpu_seconds=0, dollars=0)
    return Manifest(
        run_id="before",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        engine=engine,
        parent_run_id=None,
        parent_sha256=None,
        basis=BASIS,
        tables={},
        files_in=0,
        rows_in=0,
        seconds=seconds,
        work=Work(files=0, rows=0, bytes=0, estimate=told, tables={}),
    )


@pytest.mark.parametrize(
    ("load", "cores", "seconds"),
    [
        (Load(0, 0), 4, 10),
        (Load(5, 0), 4, 20),
        (Load(0, 1_000_000), 1, 50),
        (Load(0, 1_000_000), 4, 20),
        (Load(5, 2_000_000), 4, 40),
    ],
    ids=["start", "commits", "rows on one core", "rows on four", "all of it"],
)
def test_time_is_start_commits_and_rows(load: Load, cores: int, seconds: float) -> None:
    assert Place("spark", RATES, cores).seconds(load) == seconds


@pytest.mark.parametrize(
    ("glue", "seconds", "billed", "price"),
    [
        (Glue(workers=6), 900, 5400, 0.66),
        (Glue(workers=2), 3, 120, 120 / 3600 * 0.44),
        (Glue(workers=2, minimum_seconds=0), 3, 6, 6 / 3600 * 0.44),
        (Glue(workers=2, worker=Worker.G_4X), 3600, 28800, 8 * 0.44),
        (Glue(workers=2, dollars_per_dpu_hour=0.3), 3600, 7200, 0.6),
    ],
    ids=["the pricing page's example", "a minute at least", "no minimum", "greater workers", "another price"],
)
def test_money_is_dpus_by_the_second(glue: Glue, seconds: float, billed: float, price: float) -> None:
    assert dpu_seconds(glue, seconds) == billed
    assert dollars(glue, seconds) == pytest.approx(price)


def test_here_and_on_glue_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    told = estimate(Load(10, 1_000_000), COST, "spark", [])
    assert (told.seconds, told.glue_seconds) == (10 + 20 + 20, 10 + 20 + 5)
    # Three workers, of which one drives: eight cores for the rows, three DPUs on the bill, a minute of them.
    assert told.dpu_seconds == 3 * 60
    assert told.dollars == pytest.approx(180 / 3600 * 0.44, abs=1e-4)
    of_job = estimate(Load(10, 1_000_000), JOB, "spark", [])
    assert of_job.seconds == of_job.glue_seconds == told.glue_seconds


@pytest.mark.parametrize(
    ("runs", "correction"),
    [
        ([], 1),
        ([past(15, 10)], 1.5),
        ([past(30, 20, correction=2)], 3),
        ([past(5, 10), past(20, 10), past(10, 10), past(90, 10)], 1),
        ([past(99, 10, engine="sail"), past(15, 10)], 1.5),
        ([past(None, 10), past(15, 10)], 1.5),
    ],
    ids=["no run", "slower", "corrected already", "the median of the last three", "another engine", "no time known"],
)
def test_earlier_runs_correct_the_seconds(runs: list[Manifest], correction: float) -> None:
    told = estimate(Load(100, 0), JOB, "spark", runs)
    assert (told.correction, told.seconds) == (correction, 210 * correction)
    assert told.dpu_seconds == 3 * told.seconds


def test_a_corrected_estimate_that_comes_true_stays() -> None:
    """The correction is not applied upon itself."""
    first = estimate(Load(100, 0), JOB, "spark", [past(15, 10)])
    again = estimate(Load(100, 0), JOB, "spark", [past(first.seconds, first.seconds, first.correction)])
    assert again == first


def test_runs_elsewhere_do_not_correct_the_job_on_glue() -> None:
    told = estimate(Load(100, 0), COST, "sail", [past(15, 10, engine="sail")])
    assert (told.correction, told.seconds, told.glue_seconds) == (1.5, 315, 210)


def test_all_numbers_are_told() -> None:
    told = "\n".join(assumptions(COST, "sail", 1.5))
    for number in ("10 s to start", "2 s a commit", "40 core-seconds", "3 × G.1X", "$0.44", "60 s at least", "by 1.5:"):
        assert number in told
    assert "multiplied" not in "\n".join(assumptions(COST, "sail", 1))
