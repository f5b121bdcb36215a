"""The LookML project: all that it names is there, it reads back, and what its measures amount to is our own answer."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import lkml
import pytest

from lakehouse.ask.lake import Lake
from lakehouse.grain import Grain
from lakehouse.semantic.exports.datasets import datasets
from lakehouse.semantic.exports.export import Export
from lakehouse.semantic.exports.lookml import export
from lakehouse.semantic.exports.lookml_fields import Site
from lakehouse.semantic.exports.periods import period_name, told
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.metrics import Mart
from lakehouse.semantic.query import Dialect
from tests.bi.agreement import differences
from tests.bi.looker import Project
from tests.cli.command import CONF

METRICS = load_metrics(CONF / "metrics")
DATASETS = {dataset.name: dataset for dataset in datasets(METRICS)}
PERIODS = [
    pytest.param(mart, grain, id=period_name(mart, grain))
    for mart in METRICS.marts
    for grain in (Grain.DAY, Grain.YEAR)
]
WAYS = {
    "week": ("week", None, None),
    "month by a field of the rows, of a country": ("month", "age_band", ("customer_country", "DE")),
    "day by a field of a joined table": ("day", "acquisition_channel", None),
    "year by a day of the week": ("year", "day_name", None),
}


@pytest.fixture(scope="module")
def written() -> Export:
    return export(METRICS, Site("any", "shop", Dialect.DUCKDB))


@pytest.fixture(scope="module")
def project(written: Export) -> Project:
    return Project(written.files)


def test_looker_knows_all_that_it_names(project: Project) -> None:
    assert list(project.mistakes()) == []


def test_it_reads_back(written: Export) -> None:
    for text in written.files.values():
        content = lkml.load(text)
        assert lkml.load(str(lkml.dump(content))) == content


def test_another_parser_reads_the_same(
    request: pytest.FixtureRequest, written: Export, project: Project, tmp_path: Path
) -> None:
    """It puts the model together from its includes, as Looker does."""
    modules = request.config.getoption("--node-modules")
    if modules is None:
        pytest.skip("no parser for Node is here: make bi-tools fetches it")
    for name, text in written.files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    command = ["node", str(Path(modules, "lookml-parser", "cli.js").resolve()), "--input=**/*.lkml"]
    said = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    model = json.loads(said)["model"]["lakehouse"]
    assert set(model["explore"]) == set(project.explores)
    for name, view in project.views.items():
        assert set(model["view"][name]["dimension"]) == {each["name"] for each in view["dimensions"]}
        measures = {each["name"]: each for each in view.get("measures", ())}
        assert set(model["view"][name].get("measure", ())) == set(measures)
        told = model["view"][name].get("measure", {}).items()
        assert all(each.get("sql", "").strip() == measures[key].get("sql", "") for key, each in told)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", DATASETS)
def test_measures_of_a_data_set_are_our_answers(project: Project, opened: Lake, name: str, way: str) -> None:
    grain, by, where = WAYS[way]
    metrics = list(DATASETS[name].values)
    time = f"event_{'date' if grain == 'day' else grain}"
    sql = project.question(name, metrics, time, by, where).replace("shop.", "")
    condition = f"{where[0]} = '{where[1]}'" if where else None
    assert list(differences(opened, opened.sql(sql).to_pylist(), metrics, grain, by, condition)) == []


@pytest.mark.parametrize(("mart", "grain"), PERIODS)
def test_measures_by_period_are_our_answers(project: Project, opened: Lake, mart: Mart, grain: Grain) -> None:
    metrics = [metric.name for metric in told(mart, grain, METRICS)]
    sql = project.question(period_name(mart, grain), metrics, "period_date").replace("shop.", "")
    assert list(differences(opened, opened.sql(sql).to_pylist(), metrics, str(grain), None, None)) == []


def test_several_periods_have_no_value(project: Project, opened: Lake) -> None:
    sql = project.question("revenue_by_day", ["total_revenue"], "period_date").replace("shop.", "")
    whole = f"SELECT {sql.partition(' AS period_start, ')[2].partition(' GROUP BY')[0]}"
    assert opened.sql(whole).to_pylist() == [{"total_revenue": None}]


def test_every_metric_is_told_or_dropped_with_a_reason(written: Export, project: Project) -> None:
    measures = {name for view in project.views for name in project.fields(view)}
    for verdict in written.verdicts:
        if verdict.kind == "metric":
            assert (verdict.name in measures) == (verdict.fidelity != "dropped")
            assert verdict.fidelity == "exact" or verdict.reason
