"""Definitions as Tableau data sources: their text. What it amounts to is seen in `tests/bi`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lakehouse.errors import ConfigurationError
from lakehouse.semantic.exports.export import Fidelity
from lakehouse.semantic.exports.tableau import Place, export
from lakehouse.semantic.exports.tableau_source import Connection, saved_connection
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.metrics import Metrics

HERE = Path(__file__).parent
GOLDEN = HERE / "golden" / "tableau"
PLACE = Place(Connection("shop", "us-east-1"), currency="USD", week_start=7)
SAVED = b"""<datasource><connection class='federated'><named-connections>
<named-connection caption='ours' name='athena.0abc'><connection class='athena' server='s' workgroup='bi'/>
</named-connection></named-connections></connection></datasource>"""


@pytest.fixture(scope="module")
def small() -> Metrics:
    return load_metrics(HERE / "definitions" / "metrics")


@pytest.mark.parametrize("name", ["shop_of_orders_and_payments.tds", "shop_of_order_lines.tds", "shop_by_month.tds"])
def test_golden_files(small: Metrics, name: str) -> None:
    """One of two facts, one with a product's hierarchy, and one by period: the others are like them."""
    text = export(small, PLACE).files[name]
    if "UPDATE_GOLDEN" in os.environ:
        (GOLDEN / name).write_text(text, encoding="utf-8")
    assert (GOLDEN / name).read_text(encoding="utf-8") == text


def test_a_saved_connection_takes_the_place_of_athenas(small: Metrics) -> None:
    place = Place(Connection("shop", "us-east-1", saved_connection(SAVED, "ours.tds")))
    text = export(small, place).files["shop_by_month.tds"]
    assert 'workgroup="bi"' in text
    assert text.count('connection="athena.0abc"') == 2
    assert "amazonaws" not in text


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"<datasource>", r"ours\.tds.*no data source of Tableau"), (b"<datasource/>", "there is no connection in it")],
    ids=["cut off", "without one"],
)
def test_what_is_no_saved_data_source_is_told(content: bytes, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        saved_connection(content, "ours.tds")


def test_what_is_not_told_has_its_reason(metrics: Metrics) -> None:
    verdicts = {verdict.name: verdict for verdict in export(metrics, PLACE).verdicts}
    assert verdicts["cohort_retention_rate"].reason == "it follows cohorts, which no measure of Tableau does"
    assert verdicts["revenue_growth_rate"].fidelity is Fidelity.APPROXIMATED
