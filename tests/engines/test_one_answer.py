"""Every engine, one answer: each question of the table, asked of every engine, has the answer of DuckDB from facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.query import Source
from tests.cli.command import CONF
from tests.engines.agreement import SCORES, Score, cells, differences, told
from tests.engines.conftest import AskedLake, Engine
from tests.engines.questions import NOBODY, WHOLE, Question, key_of, questions

pytestmark = pytest.mark.engines

QUESTIONS = questions(load_metrics(CONF / "metrics"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """DuckDB and Trino are asked beside Sail; of DuckDB only what it has another source for than the reference."""
    if "asked_of" not in metafunc.fixturenames:
        return
    engine = str(metafunc.config.getoption("--engine"))
    cases = [pytest.param(engine, question, id=f"{engine}, {question}") for question in QUESTIONS]
    if engine == "sail":
        from_kpi = [question for question in QUESTIONS if question.source is Source.BEST]
        is_named = metafunc.config.getoption("--trino") is not None
        marks = [] if is_named else [pytest.mark.skip(reason="no Trino is named by --trino: see `make engines`")]
        cases += [pytest.param("duckdb", question, id=f"duckdb, {question}") for question in from_kpi]
        cases += [pytest.param("trino", question, id=f"trino, {question}", marks=marks) for question in QUESTIONS]
    metafunc.parametrize(("asked_of", "question"), cases)


def test_every_cell_is_the_same(question: Question, asked_engine: Engine, lake: AskedLake) -> None:
    query = question.of(lake.metrics)
    expected = lake.by_duckdb(replace(query, source=Source.FACTS))
    wrong = ["it was not answered"]
    try:
        wrong = list(differences(asked_engine.answer(query), expected, key_of(query)))
    finally:
        left_out = len(question.meant(lake.metrics)) - len(query.metrics)
        sizes = len(query.metrics), left_out, cells(expected)
        SCORES.append(Score(question.kind, asked_engine.title, *sizes, len(wrong)))
    assert not wrong, told(question, wrong)


def test_every_metric_has_values_that_can_differ(lakes: dict[str, AskedLake]) -> None:
    """Nulls are alike on every engine: a metric that is never anything else would be compared in vain."""
    metrics = lakes[WHOLE].metrics
    told, empty = dict.fromkeys(metrics.by_name, 0), []
    for question in QUESTIONS:
        query = question.of(metrics, Source.FACTS)
        answer = lakes[question.lake].by_duckdb(query)
        for name in query.metrics:
            told[name] += answer.num_rows - answer[name].null_count
        if not answer.num_rows:
            empty.append(question.name)
    assert empty == [f"{NOBODY} by month"]
    assert min(told.values()) > 100, told
