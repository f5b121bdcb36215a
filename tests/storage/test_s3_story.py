"""A shop in buckets only: landing and lake on S3, loaded, asked and loaded again; on Sail and, as a job, on Spark."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lakehouse.generate import generate
from lakehouse.runs.lease import FILE
from tests.cli.command import CONF, REPOSITORY, Ended, lakehouse
from tests.conftest import DEFAULT_ENGINE, SHORT_LIVED_JVM
from tests.object_storage import CREDENTIALS, REGION, SECRET, ObjectStorage, object_storage

BUCKET = "shop"
LAKE, LANDING = f"s3a://{BUCKET}/lake", f"s3a://{BUCKET}/landing"
JOB = REPOSITORY / "jobs" / "run.py"


@pytest.fixture(scope="module")
def environment() -> Iterator[pytest.MonkeyPatch]:
    """Credentials come from the environment, everything else from the settings."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        # A session adds these for its engine; they are gone again after the test.
        for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ALLOW_HTTP"):
            patch.setenv(name, "")
            patch.delenv(name)
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        yield patch


@pytest.fixture(scope="module")
def server(environment: pytest.MonkeyPatch) -> Iterator[ObjectStorage]:
    with object_storage() as started:
        started.make_bucket(BUCKET)
        yield started


@pytest.fixture(scope="module")
def truth(server: ObjectStorage, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A day of a shop is delivered; its truth."""
    shop = tmp_path_factory.mktemp("shop")
    generate(shop, 1, 10, 3, date(2026, 1, 1), 0.0)
    server.upload(shop, BUCKET, "landing")
    return dict(json.loads((shop / "truth.json").read_text()))


@pytest.fixture(scope="module")
def conf(server: ObjectStorage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("conf")
    for name in ("metrics", "sources"):
        (folder / name).symlink_to(CONF / name)
    (folder / "environments").mkdir()
    (folder / "environments" / "buckets.yml").write_text(
        f"lake: {LAKE}\nlanding: {LANDING}\nsources: [demo_shop]\n"
        f"business: {{timezone: Europe/Berlin, currency: EUR}}\n"
        f"storage: {{endpoint_url: '{server.endpoint_url}', region: {REGION}}}\n"
    )
    return folder


def run(engine: str, conf: Path) -> Ended:
    """The command on Sail; on Spark the job, by a `spark-submit` that is told nothing of Delta or S3."""
    settings = ("--env", "buckets", "--conf", str(conf))
    if engine == DEFAULT_ENGINE:
        return lakehouse("run", *settings)
    submit = Path(sys.executable).with_name("spark-submit")
    path = f"{submit.parent}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(
        [submit, "--master", "local[2]", JOB, *settings, "--JOB_NAME", "run", "--job-bookmark-option", "disable"],
        env={**os.environ, **SHORT_LIVED_JVM, "PATH": path, "PYTHONPATH": str(REPOSITORY / "src")},
        capture_output=True,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr.decode())


@pytest.fixture(scope="module")
def loaded(engine: str, conf: Path, truth: dict[str, Any]) -> Ended:
    return run(engine, conf)


def test_everything_is_published(loaded: Ended, conf: Path, truth: dict[str, Any]) -> None:
    assert loaded.code == 0, loaded.err
    assert f" of {LAKE} in " in loaded.out.splitlines()[-1]
    (day,) = lakehouse("query", "total_orders", "total_revenue", "--env", "buckets", "--conf", conf, "--json").json
    (expected,) = truth["grains"]["day"]
    assert day["total_orders"] == expected["total_orders"]
    assert float(day["total_revenue"]) == pytest.approx(float(expected["total_revenue"]))


def test_second_run_says_nothing_new_and_changes_nothing(
    loaded: Ended, engine: str, conf: Path, server: ObjectStorage
) -> None:
    before = but_for_the_lease(server)
    ended = run(engine, conf)
    assert ended.code == 0, ended.err
    assert ended.out.splitlines()[-1].startswith("nothing new: run ")
    assert but_for_the_lease(server) == before


def test_a_plan_leaves_no_trace(loaded: Ended, conf: Path, server: ObjectStorage) -> None:
    before = server.keys(BUCKET)
    planned = lakehouse("plan", "--full", "--env", "buckets", "--conf", conf, "--json").json
    assert server.keys(BUCKET) == before
    assert (planned["lake"], planned["held_by"], planned["put_back"]) == (LAKE, None, [])
    assert {"silver.orders", "gold.fact_orders", "kpi.kpi_revenue_daily"} <= {
        each["table"] for each in planned["tables"]
    }


def but_for_the_lease(server: ObjectStorage) -> dict[str, str]:
    """Everything in the bucket but the count of those who held the lake."""
    return {key: tag for key, tag in server.keys(BUCKET).items() if not key.endswith(FILE)}


def test_nothing_else_is_said(loaded: Ended, engine: str) -> None:
    """Neither how Spark finds its jars nor what it warns of; `spark-submit` itself speaks before the job begins."""
    said = loaded.err if engine == DEFAULT_ENGINE else loaded.out
    steps = [json.loads(line)["step"] for line in said.splitlines() if line.startswith("{")]
    assert (steps[0], steps[-1]) == ("engine", "published")
    assert "hadoop" not in loaded.out + loaded.err
    assert "WARN" not in loaded.out
    assert SECRET not in loaded.out + loaded.err


def test_an_engine_writes_many_rows_itself(engine: str, server: ObjectStorage) -> None:
    """The shop's few rows are written beside it."""
    script = [
        sys.executable,
        "-m",
        "tests.storage.write_by_engine",
        engine,
        server.endpoint_url,
        f"s3a://{BUCKET}/many",
    ]
    ended = subprocess.run(
        script, cwd=REPOSITORY, env={**os.environ, **SHORT_LIVED_JVM}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert json.loads(ended.stdout) == {"1": ["a", "b"], "2": ["a", "c"], "latest": ["a", "c"]}


@pytest.mark.parametrize("command", [("run",), ("plan",), ("status",), ("query", "total_orders")], ids=" ".join)
def test_missing_bucket_is_6_without_a_secret(
    engine: str, conf: Path, truth: dict[str, Any], command: tuple[str, ...]
) -> None:
    if engine != DEFAULT_ENGINE:
        pytest.skip("no engine takes part in it")
    ended = lakehouse(*command, "--lake", "s3://no-such-bucket/lake", "--env", "buckets", "--conf", conf)
    assert ended.code == 6
    assert ended.err.startswith("error: could not read s3://no-such-bucket/lake/")
    assert ended.err.endswith(": NoSuchBucket\n")
