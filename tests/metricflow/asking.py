"""Questions put to MetricFlow and to our compiler, and their answers in one shape."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lakehouse.semantic.compiler.compile import compile_query
from lakehouse.semantic.exports.metricflow import export
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Calendar, Query

REPOSITORY = Path(__file__).resolve().parents[2]
PYTHON = REPOSITORY / ".venv-metricflow" / "bin" / "python"
RUNNER = Path(__file__).with_name("runner.py")
SCHEMA = "gold"

Key = tuple[object, ...]
"""The first day of a period, and the members of the dimensions asked for."""


@dataclass(frozen=True)
class Cell:
    """A number of an answer, or why there is none; MetricFlow gives no reasons."""

    value: float | None
    reason: str | None = None


Cells = Mapping[Key, Cell]


@dataclass(frozen=True)
class Asked:
    """A question in MetricFlow's words."""

    metric: str
    group_by: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    where: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        bounds = {name: day.isoformat() for name, day in (("start", self.start), ("end", self.end)) if day}
        return {"metrics": [self.metric], "group_by": list(self.group_by), "where": list(self.where), **bounds}


@dataclass(frozen=True)
class Lake:
    """Tables as Parquet files, by name."""

    tables: Mapping[str, Path]

    def ours(
        self, metrics: Metrics, query: Query, stored: Mapping[str, Collection[str]] | None = None
    ) -> Mapping[str, Cells]:
        """What our compiler answers, metric by metric; from the facts where `stored` names no KPI tables."""
        compiled = compile_query(query, metrics, stored or {})
        with duckdb.connect() as connection:
            for name in compiled.tables:
                connection.from_parquet(str(self.tables[name])).create_view(name)
            rows = connection.sql(compiled.sql()).to_arrow_table().to_pylist()
        time = () if query.grain is Calendar.TOTAL else ("period_start",)
        keys = [tuple(plain(row[name]) for name in (*time, *query.by)) for row in rows]
        return {
            name: {key: Cell(number(row[name]), row[f"{name}_reason"]) for key, row in zip(keys, rows, strict=True)}
            for name in query.metrics
        }

    def theirs(self, manifest: Mapping[str, str], questions: Sequence[Asked], folder: Path) -> list[Cells | str]:
        """What MetricFlow answers to each question, or the error that it ends with."""
        source = _folder(folder / "manifest", manifest)
        given = run({"manifest": str(source), **self._asked(questions)}, folder)
        assert not given["errors"], given["errors"]
        return [_cells(answer, asked) for answer, asked in zip(given["answers"], questions, strict=True)]

    def shipped(self, name: str, questions: Sequence[Asked], folder: Path) -> list[Cells | str]:
        """The same by a manifest that MetricFlow itself is tested with."""
        given = run({"shipped": name, **self._asked(questions)}, folder)
        return [_cells(answer, asked) for answer, asked in zip(given["answers"], questions, strict=True)]

    def _asked(self, questions: Sequence[Asked]) -> dict[str, Any]:
        tables = {name: str(path) for name, path in self.tables.items()}
        return {"schema": SCHEMA, "tables": tables, "questions": [each.as_json() for each in questions]}


def manifest(metrics: Metrics) -> Mapping[str, str]:
    """The files that are exported for the schema of these tests."""
    return export(metrics, SCHEMA).files


def run(request: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """What the runner answers, in MetricFlow's own environment."""
    if not PYTHON.exists():
        pytest.skip("MetricFlow's environment is not made: make .venv-metricflow/.metricflow")
    folder.mkdir(parents=True, exist_ok=True)
    questions, answers = folder / "questions.json", folder / "answers.json"
    questions.write_text(json.dumps(request))
    ended = subprocess.run([PYTHON, RUNNER, questions, answers], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-4000:]
    given: dict[str, Any] = json.loads(answers.read_text())
    return given


def _folder(folder: Path, texts: Mapping[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _cells(answer: Mapping[str, Any], asked: Asked) -> Cells | str:
    if "error" in answer:
        return str(answer["error"])
    at = [answer["columns"].index(name) for name in (*asked.group_by, asked.metric)]
    keyed = ([row[n] for n in at] for row in answer["rows"])
    return {tuple(map(plain, key)): Cell(number(value)) for *key, value in keyed}


def plain(value: object) -> object:
    """A day as a day, whether it comes as one, as a midnight or as text; all else that there is as text."""
    if isinstance(value, str) and value.endswith("T00:00:00"):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def number(value: Any) -> float | None:
    return None if value is None else float(value)
