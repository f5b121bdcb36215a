"""Tableau extracts: they open again, with the numbers that were published, and the data sources beside them fit."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from lakehouse.ask.hyper import SCHEMA, write_extracts
from lakehouse.ask.lake import Lake
from tests.bi.agreement import differences
from tests.bi.tableau import DataSource
from tests.cli.command import CONF, lakehouse

NAMES = ("revenue_of_orders_and_refunds", "customers_by_month")


@pytest.fixture(scope="module")
def hyper(request: pytest.FixtureRequest) -> Any:
    """Tableau's library, which has to be there where the other tools are."""
    if request.config.getoption("--tableau-schema") is None:
        pytest.importorskip("tableauhyperapi", reason="Tableau's library is not here: make bi-tools fetches it")
    return import_module("tableauhyperapi")


@pytest.fixture(scope="module")
def extracts(hyper: Any, opened: Lake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("extracts")
    written = write_extracts(opened, folder, NAMES)
    assert {name: rows[name.removesuffix(".hyper")] for name, rows in written.items()} == {
        f"{name}.hyper": opened.sql(f"select * from {name}").num_rows for name in NAMES
    }
    return folder


def asked(hyper: Any, file: Path, sql: str) -> list[dict[str, Any]]:
    """What Hyper itself answers."""
    quiet = {"telemetry": hyper.Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, "parameters": {"log_config": ""}}
    with hyper.HyperProcess(**quiet) as process, hyper.Connection(process.endpoint, file) as connection:
        connection.execute_command(f'SET search_path TO {SCHEMA.lower()}, "{SCHEMA}"')
        with connection.execute_query(sql) as result:
            names = [str(column.name.unescaped) for column in result.schema.columns]
            return [dict(zip(names, map(plain, row), strict=True)) for row in result]


def plain(value: Any) -> Any:
    return value.to_date() if hasattr(value, "to_date") else value


def test_a_sheet_of_an_extract_has_our_answers(hyper: Any, extracts: Path, opened: Lake) -> None:
    """Its formulas, by Hyper, which is what Tableau asks."""
    source = DataSource((extracts / "revenue_of_orders_and_refunds.tds").read_text(encoding="utf-8"))
    metrics = ["total_revenue", "average_order_value", "net_revenue", "refund_rate"]
    sheet = source.sheet(metrics, "event_date", "week", "acquisition_channel").replace("DOUBLE", "DOUBLE PRECISION")
    rows = asked(hyper, extracts / "revenue_of_orders_and_refunds.hyper", sheet)
    assert list(differences(opened, rows, metrics, "week", "acquisition_channel", None)) == []


def test_an_extract_by_period_has_what_was_published(hyper: Any, extracts: Path, opened: Lake) -> None:
    rows = asked(hyper, extracts / "customers_by_month.hyper", "SELECT * FROM customers_by_month ORDER BY period_start")
    published = opened.sql("select * from customers_by_month order by period_start").to_pylist()
    assert rows == [{name: row[name] for name in rows[0]} for row in published]


def test_a_data_source_connects_to_the_extract_beside_it(extracts: Path) -> None:
    text = (extracts / "customers_by_month.tds").read_text(encoding="utf-8")
    assert 'class="hyper" dbname="customers_by_month.hyper"' in text
    assert list(DataSource(text).mistakes()) == []


def test_an_extract_of_nothing_known_is_refused(opened: Lake, tmp_path: Path) -> None:
    arguments = ("--lake", opened.snapshot.root, "--conf", CONF, "--dataset", "revenue_by_dya", "--out", tmp_path)
    ended = lakehouse("export", "hyper", *arguments)
    assert ended.code == 2
    assert "did you mean 'revenue_by_day'" in ended.err
