"""The question that is measured: its numbers by hand are lakehouse's, and the page says what was measured."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from benchmarks.contestants import FailedError
from benchmarks.measure import Usage
from benchmarks.queries import question, warm
from benchmarks.queries.measured import COMPILED, FACTS, KPI_TABLES, Measured, keep, kept
from benchmarks.queries.page import page
from benchmarks.queries.question import Question
from tests.cli.conftest import PublishedShop, published_shop

__all__ = ["published_shop"]

WEEK = date(2025, 12, 29)
MEBIBYTE = 2**20


def test_the_question_is_of_whole_weeks_within_the_history() -> None:
    asked = Question.of(Path("lake"), date(2025, 12, 31))
    assert (asked.first.weekday(), asked.last.weekday()) == (0, 6)
    assert (asked.last - asked.first).days == 34
    assert asked.last < date(2025, 12, 31)
    assert "--source facts" in " ".join(asked.command("facts"))


def test_the_numbers_by_hand_are_the_same(
    published_shop: PublishedShop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm, "ROUNDS", 2)
    monkeypatch.setattr(question, "WEEKS", 1)
    warm.main([str(published_shop.lake), str(WEEK)])
    seconds = json.loads(capsys.readouterr().out)
    assert {name: len(found) for name, found in seconds.items()} == {"lakehouse": 2, "by hand": 2}


def test_other_numbers_are_noticed(
    published_shop: PublishedShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question, "WEEKS", 1)
    text = warm.BY_HAND.read_text().replace("sum(orders.total_orders)", "sum(orders.total_orders) + 1")
    monkeypatch.setattr(warm, "BY_HAND", tmp_path / "by_hand.sql")
    warm.BY_HAND.write_text(text)
    with pytest.raises(FailedError, match="2025-12-29: average_order_value, total_orders differ"):
        warm.main([str(published_shop.lake), str(WEEK)])


def took(seconds: float, read: int) -> list[Usage]:
    return [Usage(0, seconds, seconds, 100 * MEBIBYTE, read * MEBIBYTE, ())] * 3


def measured(from_kpi: int, warm_seconds: float) -> Measured:
    cold = {KPI_TABLES: took(1.2, 20 + from_kpi), FACTS: took(2, 120), COMPILED: took(1, 20)}
    seconds = {"lakehouse": [warm_seconds] * 4, "by hand": [0.01] * 4}
    return Measured(1_000_000, 1_095, "2026-01-31", "2 cores", cold, seconds)


@pytest.mark.parametrize(
    ("from_kpi", "warm_seconds", "line"),
    [
        (5, 0.01, "| bytes read for the answer, from KPI tables / from facts | ≤ 0.05 | 0.050 | met |"),
        (6, 0.01, "| bytes read for the answer, from KPI tables / from facts | ≤ 0.05 | 0.060 | **not met** |"),
        (5, 0.015, "| time of a question asked again / by hand | ≤ 1.5 | 1.500 | met |"),
        (5, 0.02, "| time of a question asked again / by hand | ≤ 1.5 | 2.000 | **not met** |"),
        (5, 0.01, "| time of the whole process, from KPI tables / from facts | ≤ 0.2 | 0.600 | **not met** |"),
        (5, 0.01, "| time for the answer, from KPI tables / from facts | ≤ 0.2 | 0.200 | met |"),
    ],
)
def test_the_page_judges_each_bar(from_kpi: int, warm_seconds: float, line: str) -> None:
    assert line in page(measured(from_kpi, warm_seconds)).splitlines()


def test_what_was_measured_is_kept(tmp_path: Path) -> None:
    keep(measured(5, 0.01), tmp_path / "results" / "queries.json")
    assert kept(tmp_path / "results" / "queries.json") == measured(5, 0.01)
