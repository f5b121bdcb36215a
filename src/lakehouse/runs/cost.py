"""How long a run takes and what it costs: a model with few numbers, all of them settings, told with every estimate."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from lakehouse.runs.manifest import Manifest
from lakehouse.runs.work import Estimate
from lakehouse.settings import Cost, Engine, Glue, Rates

CORES_PER_DPU = 4
CLOSEST = 3
"""Earlier runs by which an estimate is corrected."""


@dataclass(frozen=True)
class Load:
    """What takes an engine's time: its commits, and the rows that it writes."""

    commits: int
    rows: int


@dataclass(frozen=True)
class Place:
    """Where a run takes place: an engine's rates, and the cores that share the rows."""

    engine: str
    rates: Rates
    cores: int

    def seconds(self, load: Load) -> float:
        shared = load.rows / 1e6 * self.rates.core_seconds_per_million_rows / self.cores
        return self.rates.start_seconds + load.commits * self.rates.commit_seconds + shared

    def __str__(self) -> str:
        return (
            f"{self.engine} on {self.cores} cores: {self.rates.start_seconds:g} s to start, "
            f"{self.rates.commit_seconds:g} s a commit, "
            f"{self.rates.core_seconds_per_million_rows:g} core-seconds a million written rows"
        )


def here(cost: Cost, engine: str) -> Place:
    """Where a run takes place that this environment starts."""
    if cost.glue.is_used:
        return on_glue(cost)
    rates = cost.sail if engine == Engine.SAIL else cost.spark
    return Place(engine, rates, os.cpu_count() or 1)


def on_glue(cost: Cost) -> Place:
    """The job on AWS Glue; the driver's worker takes no share of the rows."""
    cores = (cost.glue.workers - 1) * cost.glue.worker.dpus * CORES_PER_DPU
    return Place("AWS Glue", cost.spark, cores)


def estimate(load: Load, cost: Cost, engine: str, past: Sequence[Manifest]) -> Estimate:
    """What the load takes; corrected by what the last runs on the same engine took, `past` being newest first."""
    place = here(cost, engine)
    corrected = _correction(engine, past)
    seconds = place.seconds(load) * corrected
    glue_seconds = seconds if cost.glue.is_used else on_glue(cost).seconds(load)
    return Estimate(
        seconds=round(seconds, 1),
        correction=round(corrected, 3),
        glue_seconds=round(glue_seconds, 1),
        dpu_seconds=round(dpu_seconds(cost.glue, glue_seconds), 1),
        dollars=round(dollars(cost.glue, glue_seconds), 4),
    )


def dpu_seconds(glue: Glue, seconds: float) -> float:
    """The DPU-seconds billed for a job that takes so long."""
    return glue.dpus * max(seconds, glue.minimum_seconds)


def dollars(glue: Glue, seconds: float) -> float:
    """The price of a job that takes so long."""
    return dpu_seconds(glue, seconds) / 3600 * glue.dollars_per_dpu_hour


def assumptions(cost: Cost, engine: str, corrected: float) -> list[str]:
    """What an estimate rests on, a sentence each."""
    glue = cost.glue
    places = {str(here(cost, engine)): None, str(on_glue(cost)): None}
    price = f"${glue.dollars_per_dpu_hour:g} a DPU-hour, {glue.minimum_seconds} s at least"
    told = [
        *places,
        f"AWS Glue: {glue.workers} × {glue.worker} are {glue.dpus} DPUs, of which one worker drives; {price}",
        "rates as docs/benchmarks.md has them, price as AWS has it in us-east-1, unless the settings say otherwise",
        "requests to S3 and the catalog, and the time until Glue has its workers, are not in it",
    ]
    if corrected != 1:
        told.append(
            f"the seconds are multiplied by {corrected:g}: so much longer, or shorter, the last runs on {engine} took"
        )
    return told


def _correction(engine: str, past: Sequence[Manifest]) -> float:
    """What the model's seconds have to be multiplied by to be what the last runs took."""
    ratios = [
        run.seconds / run.work.estimate.seconds * run.work.estimate.correction
        for run in past
        if run.engine == engine and run.seconds and run.work and run.work.estimate.seconds
    ]
    return median(ratios[:CLOSEST]) if ratios else 1.0
