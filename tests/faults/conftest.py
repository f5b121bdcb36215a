"""Subjects that have published a day, and the suite's one line at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import page
from tests.faults.bucket import InBucket
from tests.faults.scorecard import CONTROL, SCORES, line
from tests.faults.story import Prepared, prepare
from tests.faults.subject import FullLakehouse, Lakehouse, PlainScript
from tests.object_storage import CREDENTIALS, ObjectStorage, object_storage


@pytest.fixture(scope="session")
def lakehouse(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepare(Lakehouse(tmp_path_factory.mktemp("lakehouse")))


@pytest.fixture(scope="session")
def full_lakehouse(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepare(FullLakehouse(tmp_path_factory.mktemp("full")))


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepare(PlainScript(tmp_path_factory.mktemp("plain")))


@pytest.fixture(scope="session")
def server() -> Iterator[ObjectStorage]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        with object_storage() as started:
            started.make_bucket("shop")
            yield started


@pytest.fixture(scope="session")
def in_bucket(server: ObjectStorage) -> InBucket:
    return InBucket(server)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not SCORES:
        return
    terminalreporter.write_line(line(SCORES))
    if written := config.getoption("--faults-page"):
        Path(written).write_text(page.written(SCORES, CONTROL), encoding="utf-8")
