"""The Tableau data sources: all that they name is there, and what their measures amount to is our own answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse.ask.lake import Lake
from lakehouse.grain import Grain
from lakehouse.semantic.exports.datasets import datasets
from lakehouse.semantic.exports.export import Export
from lakehouse.semantic.exports.periods import period_name, told
from lakehouse.semantic.exports.tableau import Place, export
from lakehouse.semantic.exports.tableau_source import Connection
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.metrics import Mart
from tests.bi.agreement import differences
from tests.bi.tableau import DataSource, schema
from tests.cli.command import CONF

METRICS = load_metrics(CONF / "metrics")
DATASETS = {dataset.name: dataset for dataset in datasets(METRICS)}
WAYS = {
    "week": ("week", None, None),
    "month by a field of the rows, of a country": ("month", "age_band", ("customer_country", "DE")),
    "day by a field of a joined table": ("day", "acquisition_channel", None),
}


@pytest.fixture(scope="module")
def written() -> Export:
    return export(METRICS, Place(Connection("shop", "eu-central-1")))


@pytest.fixture(scope="module")
def sources(written: Export) -> dict[str, DataSource]:
    return {name.removesuffix(".tds"): DataSource(text) for name, text in written.files.items()}


def test_tableau_knows_all_that_they_name(sources: dict[str, DataSource]) -> None:
    assert [(name, mistake) for name, source in sources.items() for mistake in source.mistakes()] == []


def test_tableaus_own_schema_has_them(
    request: pytest.FixtureRequest, sources: dict[str, DataSource], tmp_path: Path
) -> None:
    folder = request.config.getoption("--tableau-schema")
    if folder is None:
        pytest.skip("Tableau's schema is not here: make bi-tools fetches it")
    read = schema(Path(folder) / "schema.xsd", tmp_path)
    for name, source in sources.items():
        assert read.validate(source.root), (name, read.error_log)
    assert not read.validate(DataSource(sources["revenue_by_day"].text.replace('datatype="real"', 'datatype="x"')).root)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", DATASETS)
def test_measures_of_a_data_set_are_our_answers(
    sources: dict[str, DataSource], opened: Lake, name: str, way: str
) -> None:
    grain, by, where = WAYS[way]
    metrics = list(DATASETS[name].values)
    rows = opened.sql(sources[name].sheet(metrics, "event_date", grain, by, where)).to_pylist()
    condition = f"{where[0]} = '{where[1]}'" if where else None
    assert list(differences(opened, rows, metrics, grain, by, condition)) == []


@pytest.mark.parametrize("mart", METRICS.marts, ids=[mart.name for mart in METRICS.marts])
def test_measures_by_period_are_our_answers(sources: dict[str, DataSource], opened: Lake, mart: Mart) -> None:
    metrics = [metric.name for metric in told(mart, Grain.MONTH, METRICS)]
    sheet = sources[period_name(mart, Grain.MONTH)].sheet(metrics, "period_start", "month")
    assert list(differences(opened, opened.sql(sheet).to_pylist(), metrics, "month", None, None)) == []


def test_several_periods_have_no_value(sources: dict[str, DataSource], opened: Lake) -> None:
    sheet = sources["revenue_by_day"].sheet(["total_revenue"], "period_start", "month")
    assert {row["total_revenue"] for row in opened.sql(sheet).to_pylist()} == {None}


def test_every_metric_is_told_or_dropped_with_a_reason(written: Export, sources: dict[str, DataSource]) -> None:
    measures = {name for source in sources.values() for name in source.formulas}
    for verdict in written.verdicts:
        if verdict.kind == "metric":
            assert (verdict.name in measures) == (verdict.fidelity != "dropped")
            assert verdict.fidelity == "exact" or verdict.reason
