"""The Glue entrypoints: Glue's own arguments, underscores for hyphens, optional ones left out, errors as exit codes."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from lakehouse.cli import job as jobs
from lakehouse.cli.app import app
from tests.cli.command import CONF, REPOSITORY, Ended, lakehouse
from tests.conftest import DEFAULT_ENGINE

OPEN = "with open_session('spark', cores=1) as session: print(session.range(3).count())"
JOBS = sorted((REPOSITORY / "jobs").glob("*.py"))


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        pytest.param([], [], id="none"),
        pytest.param(["--lake", "s3://b/lake", "--full"], ["--lake", "s3://b/lake", "--full"], id="as typed"),
        pytest.param(["--some_name", "with_underscore"], ["--some-name", "with_underscore"], id="underscores"),
        pytest.param(["--some_name=with_underscore"], ["--some-name=with_underscore"], id="underscores with a sign"),
        pytest.param(
            ["--lake", "x", "--JOB_NAME", "load", "--env", "glue"], ["--lake", "x", "--env", "glue"], id="name"
        ),
        pytest.param(
            ["--job-bookmark-option", "job-bookmark-disable", "--TempDir", "s3://b/tmp", "--source", "demo_shop"],
            ["--source", "demo_shop"],
            id="bookmarks",
        ),
        pytest.param(["--enable-metrics", "--lake", "x"], ["--lake", "x"], id="a switch before another"),
        pytest.param(["--enable-spark-ui=true", "--spark-event-logs-path", "s3://b/l"], [], id="logs"),
        pytest.param(["--additional-python-modules", "a==1", "--extra-py-files", "s3://b/x.whl"], [], id="modules"),
        pytest.param(["--conf", "spark.a=b --conf spark.c=d", "--conf", "conf"], ["--conf", "conf"], id="settings"),
        pytest.param(["--conf=spark.a=b", "--full"], ["--full"], id="settings with a sign"),
        pytest.param(["--source", "a", "--source", "b"], ["--source", "a", "--source", "b"], id="a list"),
    ],
)
def test_arguments(given: list[str], understood: list[str]) -> None:
    assert jobs.own_arguments(given) == understood


@pytest.mark.parametrize("job", JOBS, ids=lambda path: path.name)
def test_job_is_its_command_on_spark(monkeypatch: pytest.MonkeyPatch, job: Path) -> None:
    called: list[list[str]] = []
    monkeypatch.setattr(jobs, "main", called.append)
    monkeypatch.setattr(sys, "argv", [str(job), "--JOB_NAME", "x", "--lake", "s3://b/lake"])
    runpy.run_path(str(job), run_name="__main__")
    assert called == [[job.stem, "--lake", "s3://b/lake", "--engine", "spark"]]


@pytest.mark.parametrize("job", JOBS, ids=lambda path: path.name)
def test_job_takes_no_engine_or_glue_to_import(job: Path) -> None:
    text = job.read_text()
    assert "awsglue" not in text
    assert "pyspark" not in text


def test_no_option_of_ours_is_taken_for_one_of_glue() -> None:
    commands = typer.main.get_command(app).commands.values()  # type: ignore[attr-defined]
    options = {option for command in commands for parameter in command.params for option in parameter.opts}
    assert {option for option in options if jobs.own_arguments([option]) != [option]} == set()


def test_every_job_is_a_command() -> None:
    assert JOBS
    assert {job.stem for job in JOBS} <= set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def job(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> Ended:
    """`jobs/run.py` in this process."""
    monkeypatch.setattr(sys, "argv", ["run.py", *map(str, arguments)])
    return lakehouse(entry=lambda _: jobs.job("run"))


def test_wrong_arguments_end_with_2(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ended = job(monkeypatch, "--lak", tmp_path)
    assert ended.code == 2
    assert "No such option: --lak" in ended.err


def test_wrong_configuration_ends_with_2(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = ("--lake", tmp_path / "lake", "--landing", tmp_path, "--conf", CONF)
    ended = job(monkeypatch, *place, "--env", "glu", "--source", "demo_shop", "--JOB_NAME", "x")
    assert ended.code == 2
    assert ended.err.endswith("glu.yml: there is no environment 'glu' (did you mean 'glue'?)\n")


def test_nothing_to_do_ends_with_0_and_nothing_arrived_with_8(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    place = ("--lake", tmp_path / "lake", "--landing", tmp_path / "landing", "--conf", CONF)
    assert job(monkeypatch, *place, "--env", "glue", "--source", "demo_shop").code == 8


@pytest.mark.parametrize("how", ["submitted", "own"])
def test_spark_says_nothing_but_what_went_wrong(engine: str, tmp_path: Path, how: str) -> None:
    """Wrong configuration by a real `spark-submit`; a session of our own keeps its chatter to itself."""
    if engine == DEFAULT_ENGINE:
        pytest.skip("runs with --engine spark")
    binaries = Path(sys.executable).parent
    command: dict[str, list[str | Path]] = {
        "submitted": [
            binaries / "spark-submit",
            "--master",
            "local[1]",
            REPOSITORY / "jobs" / "run.py",
            "--env",
            "locl",
            "--conf",
            CONF,
        ],
        "own": [
            sys.executable,
            "-c",
            f"from lakehouse.session import open_session\n{OPEN}",
        ],
    }
    ended = subprocess.run(
        command[how],
        env={
            **os.environ,
            "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(REPOSITORY / "src"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if how == "own":
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "3\n", "")
    else:
        assert ended.returncode == 2
        assert ended.stdout.endswith("locl.yml: there is no environment 'locl' (did you mean 'local'?)\n")
