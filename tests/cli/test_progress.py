"""How far a run is: on a terminal, in a log, and in agreement with what it does."""

from __future__ import annotations

import json

import pytest

from lakehouse.cli import output
from lakehouse.runs.context import Progress

STEP = Progress("gold.fact_orders", "1,000 rows", 7, 34)


def test_a_terminal_gets_a_line_for_people(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    output.progress(quiet=False)(STEP)
    assert capsys.readouterr().err.split() == ["7/34", "gold.fact_orders", "1,000", "rows"]


def test_a_log_gets_a_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    output.progress(quiet=False)(STEP)
    line = json.loads(capsys.readouterr().err)
    assert line.pop("at").endswith("+00:00")
    assert line == {"step": "gold.fact_orders", "what": "1,000 rows", "number": 7, "planned": 34}


def test_with_json_only_the_result_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    output.progress(quiet=True)(STEP)
    assert capsys.readouterr() == ("", "")
