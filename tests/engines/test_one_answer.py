"""Every engine, one answer: each question of the table, asked of every engine, has the answer of DuckDB from facts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.query import Source
from tests.cli.command import CONF
from tests.engines.agreement import SCORES, Score, cells, differences, told
from tests.engines.conftest import AskedLake, Engine
from tests.engines.questions import PARTIAL, WHOLE, Question, key_of, questions

pytestmark = pytest.mark.engines

METRICS = load_metrics(CONF / "metrics")
QUESTIONS = questions(METRICS)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """DuckDB and Trino are asked beside Sail; of DuckDB only what it has another source for than the reference."""
    if "asked_of" not in metafunc.fixturenames:
        return
    engine = str(metafunc.config.getoption("--engine"))
    asked = _some(int(metafunc.config.getoption("--one-in")))
    cases = [pytest.param(engine, question, id=f"{engine}, {question}") for question in asked]
    if engine == "sail":
        from_kpi = [question for question in asked if question.source is Source.BEST]
        is_named = metafunc.config.getoption("--trino") is not None
        marks = [] if is_named else [pytest.mark.skip(reason="no Trino is named by --trino: see `make engines`")]
        cases += [pytest.param("duckdb", question, id=f"duckdb, {question}") for question in from_kpi]
        cases += [pytest.param("trino", question, id=f"trino, {question}", marks=marks) for question in asked]
        partly = [question for question in asked if question.lake == PARTIAL]
        cases += [pytest.param("athena", question, id=f"athena, {question}", marks=marks) for question in partly]
    metafunc.parametrize(("asked_of", "question"), cases)


def _some(one_in: int) -> list[Question]:
    """Each so many-th question, beginning with another one each day, so that in as many days all are asked."""
    return QUESTIONS[datetime.now(UTC).toordinal() % one_in :: one_in]


def test_every_cell_is_the_same(question: Question, asked_engine: Engine, lake: AskedLake) -> None:
    query = question.of(lake.metrics)
    expected = lake.by_duckdb(replace(query, source=Source.FACTS))
    wrong = ["it was not answered"]
    try:
        wrong = list(differences(asked_engine.answer(query), expected, key_of(query)))
    finally:
        SCORES.append(Score(question.kind, asked_engine.title, len(query.metrics), cells(expected), len(wrong)))
    assert not wrong, told(question, wrong)


@pytest.mark.in_turn
def test_every_metric_is_asked_for_in_every_way_and_has_values_that_can_differ(lakes: dict[str, AskedLake]) -> None:
    """Nulls are alike on every engine: a metric that is never anything else would be compared in vain."""
    metrics = lakes[WHOLE].metrics
    asked = [(question, question.of(metrics, Source.FACTS)) for question in QUESTIONS]
    answers = [lakes[question.lake].by_duckdb(query) for question, query in asked]
    assert [str(question) for (question, _), answer in zip(asked, answers, strict=True) if not answer.num_rows] == []
    told = Counter[str]()
    for (_, query), answer in zip(asked, answers, strict=True):
        told.update({name: answer.num_rows - answer[name].null_count for name in query.metrics})
    assert {name for name in metrics.by_name if told[name] <= 100} == set()


@pytest.mark.parametrize("kind", ["every grain, from facts", "by one dimension", "compared, from facts"])
def test_a_kind_of_question_leaves_out_only_what_has_no_right_answer(kind: str) -> None:
    own = [question for question in QUESTIONS if question.kind == kind]
    asked = {name for question in own for name in question.of(METRICS).metrics}
    assert asked == {name for question in own for name in question.answerable(METRICS)}
