"""What all tests share: the engine they run on, one session per process, and the shared sample data."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DEFAULT_ENGINE = "sail"
SHORT_LIVED_JVM = {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1"}
"""Half of what a JVM does in a run of short queries is to optimise itself."""

LONGEST = (
    "test_s3_story.py",
    "test_s3_upkeep.py",
    "test_scoped_runs.py",
    "test_random_deliveries.py",
    "test_random_files.py",
    "test_arrival_states.py",
    "test_lease_s3.py",
    "test_any_small_lake.py",
    "test_time_zone.py",
    "test_properties.py",
    "test_any_question.py",
    "test_daily.py",
)
"""Files that take a minute or more: first of all, lest one core waits for another at the end."""

OF_THE_ENGINE = ("conformance", "engines", "test_jobs.py")
"""Tests of what differs between engines: these are never left out on another one."""

IN_TURN = {"faults", "stories", "in_turn"}
"""Marks of tests of which `--one-in` leaves some for other days."""

REPOSITORY = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine", default=DEFAULT_ENGINE, help="engine the tests run on: sail (default), spark, or sc://host:port"
    )
    parser.addoption("--faults-page", help="file that the result of the fault suite is written to, as Markdown")
    parser.addoption("--metricflow-page", help="file that the comparison with MetricFlow is written to, as Markdown")
    parser.addoption("--node-modules", help="folder of what `requirements/node` has, for tests of written files")
    parser.addoption("--tableau-schema", help="folder of Tableau's schema, by `requirements/tableau`")
    parser.addoption("--trino", help="folder of a Trino server, by `requirements/trino`, for the suite of engines")
    parser.addoption("--engines-page", help="file that the result of the suite of engines is written to, as Markdown")
    parser.addoption(
        "--one-in",
        type=int,
        default=1,
        help="ask one in so many questions of that suite, run one in so many faults, stories and files of "
        "what every engine is tried with, others each day",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest files first; of what goes in turn, and on another engine than the default, only what is due today."""
    items.sort(key=lambda item: item.path.name not in LONGEST)
    one_in = config.getoption("--one-in")
    if config.getoption("--engine") == DEFAULT_ENGINE:
        marks = {item: {mark.name for mark in item.iter_markers()} for item in items}
        in_turn = [item for item in items if marks[item] & IN_TURN and "soak" not in marks[item]]
        left_out = set(in_turn) - set(in_turn[today() % one_in :: one_in])
    else:
        on_engine = {item for item in items if {"engine", "spark"} & set(getattr(item, "fixturenames", ()))}
        files = turn_of_today({item.path for item in on_engine}, one_in)
        left_out = {item for item in items if item not in on_engine or item.path not in files}
    config.hook.pytest_deselected(items=[item for item in items if item in left_out])
    items[:] = [item for item in items if item not in left_out]


def turn_of_today(files: set[Path], one_in: int) -> set[Path]:
    """The engine's own files, and one in so many of the others: each has its turn in as many days."""
    own = {file for file in files if {file.parent.name, file.name} & set(OF_THE_ENGINE)}
    shared = sorted(files - own)
    return own | set(shared[today() % one_in :: one_in])


def today() -> int:
    return datetime.now(UTC).toordinal()


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.config.getoption("--engine"))


@pytest.fixture(scope="session")
def spark(engine: str) -> Iterator[SparkSession]:
    """The process's one session, started when the first test asks for it."""
    from lakehouse.session import open_session

    with pytest.MonkeyPatch.context() as patch:
        for name, value in SHORT_LIVED_JVM.items():
            patch.setenv(name, value)
        with open_session(engine, cores=2) as session:
            yield session


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of sample data kept beside the repository; LAKEHOUSE_SHARED_DATA names another place."""
    folder = Path(os.environ.get("LAKEHOUSE_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no sample data at {folder}; set LAKEHOUSE_SHARED_DATA to its folder")
    return folder
