"""The page on defining metrics: whole, up to date, and its examples are right."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from lakehouse.semantic.compiler.compile import compile_query
from lakehouse.semantic.definition import (
    Aggregate,
    Cohort,
    Cumulative,
    Derived,
    Fraction,
    Growth,
    MartFile,
    Measure,
    Offset,
    Ratio,
    Simple,
)
from lakehouse.semantic.dimensions import DimensionsFile, DimensionStanza
from lakehouse.semantic.facts import FACTS
from lakehouse.semantic.language import language_page
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.query import Calendar, Query

PAGE = Path(__file__).resolve().parents[2] / "docs" / "defining-metrics.md"
MODELS = (Simple, Ratio, Derived, Growth, Offset, Cumulative, Cohort)
MODELS_BESIDE = (Fraction, Measure, MartFile, DimensionsFile, DimensionStanza)


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == language_page()


@pytest.mark.parametrize("model", [*MODELS, *MODELS_BESIDE])
def test_every_key_is_told(model: type[BaseModel]) -> None:
    page = language_page()
    for name, field in model.model_fields.items():
        assert name == "type" or f"| `{name}` |" in page
        assert field.description


def test_every_aggregate_and_every_fact_is_told() -> None:
    page = language_page()
    for name in (*Aggregate, *FACTS):
        assert f"| `{name}` |" in page


def test_its_examples_are_right(tmp_path: Path) -> None:
    metrics, dimensions = language_page().split("```")[1:4:2]
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "garden.yml").write_text(metrics.removeprefix("yaml\n"))
    (tmp_path / "dimensions.yml").write_text(dimensions.removeprefix("yaml\n"))
    loaded = load_metrics(tmp_path / "metrics")
    names = tuple(metric.name for metric in loaded.metrics)
    assert names == ("garden_revenue", "garden_revenue_growth")
    question = Query(names, Calendar.MONTH, by=("first_channel", "customer_age"))
    assert compile_query(question, loaded).sql()
