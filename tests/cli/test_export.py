"""`lakehouse export`: files for other tools, and what these are not told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shutil import copy, copytree

import pytest
from sqlglot import exp, parse

from lakehouse.grain import Grain
from lakehouse.semantic.exports.export import WRITTEN_SQL
from lakehouse.semantic.exports.metricflow import export
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.query import Dialect
from tests.cli.command import CONF, contents, lakehouse
from tests.cli.conftest import PublishedShop


def one_mart(folder: Path) -> Path:
    """A configuration with one mart: of all of them views take a while."""
    conf = folder / "conf"
    copytree(CONF / "environments", conf / "environments")
    (conf / "metrics").mkdir()
    copy(CONF / "metrics" / "payments.yml", conf / "metrics")
    copy(CONF / "dimensions.yml", conf)
    return conf


METRICS = load_metrics(CONF / "metrics")


def test_metricflow_writes_every_file(tmp_path: Path) -> None:
    out = tmp_path / "metricflow"
    said = lakehouse("export", "metricflow", "--out", out, "--schema", "shop", "--conf", CONF, "--json").json
    expected = export(METRICS, "shop")
    assert contents(out) == {name: text.encode() for name, text in expected.files.items()}
    assert said["out"] == str(out)
    assert said["files"] == list(expected.files)
    assert [verdict["name"] for verdict in said["verdicts"]] == [verdict.name for verdict in expected.verdicts]


def test_every_loss_is_told_with_its_reason(tmp_path: Path) -> None:
    out = lakehouse("export", "metricflow", "--out", tmp_path, "--conf", CONF).out
    expected = export(METRICS)
    *lines, last = out.splitlines()
    assert len(lines) == 1 + len(expected.losses)
    for line, loss in zip(lines[1:], expected.losses, strict=True):
        assert line.split()[0] == loss.kind
        assert all(part in line for part in (loss.name, loss.fidelity, loss.reason))
    exact = len(expected.verdicts) - len(expected.losses)
    assert last == f"{len(expected.files)} files in {tmp_path}; {exact} of {len(expected.verdicts)} told exactly"


def test_what_is_not_written_any_more_is_removed(tmp_path: Path) -> None:
    lakehouse("export", "metricflow", "--out", tmp_path, "--conf", CONF)
    (tmp_path / "metrics_revenue.yml").rename(tmp_path / "metrics_of_old.yml")
    (tmp_path / "own.yml").write_text("# mine\n")
    lakehouse("export", "metricflow", "--out", tmp_path, "--conf", CONF)
    assert {path.name for path in tmp_path.iterdir()} == {*export(METRICS).files, "own.yml"}


@pytest.mark.parametrize("dialect", list(Dialect))
def test_views_are_files_of_the_dialect(dialect: Dialect, tmp_path: Path) -> None:
    conf = one_mart(tmp_path)
    out = tmp_path / "views"
    said = lakehouse(
        "export", "views", "--dialect", dialect, "--schema", "shop", "--out", out, "--conf", conf, "--json"
    )
    names = [*(f"payments_by_{grain}.sql" for grain in Grain), "payments_of_payments.sql"]
    assert said.json["files"] == names
    assert sorted(contents(out)) == sorted(names)
    first = (out / names[0]).read_text().removeprefix(WRITTEN_SQL)
    assert first.startswith("CREATE OR REPLACE VIEW shop.payments_by_day")
    trees = parse(first, dialect=dialect.value)
    read = {table.sql() for tree in trees if tree for table in tree.find_all(exp.Table)}
    assert {name for name in read if "kpi" in name} == {"shop.kpi_payments_daily AS kpi_payments_daily"}


def test_athena_views_are_written_pointer_first(published_shop: PublishedShop, tmp_path: Path) -> None:
    conf = one_mart(tmp_path)
    out = tmp_path / "views"
    arguments = ("--lake", published_shop.lake, "--out", out, "--conf", conf)
    said = lakehouse("export", "athena-views", *arguments, "--json").json
    assert said["files"][0] == "01_published_snapshot.sql"
    assert said["files"][-1].endswith("payments_of_payments.sql")
    run_id = lakehouse("status", "--lake", published_shop.lake, "--json").json["run_id"]
    assert f"'{run_id}' AS run_id" in (out / said["files"][0]).read_text()
    assert "fact_orders__b" in next(out.glob("*_fact_orders.sql")).read_text()
    assert lakehouse("export", "athena-views", *arguments).out == f"{len(said['files'])} views in {out}\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "nothing to do: give --out"),
        (("--create",), "no Glue database is named: give --database"),
        (("--create", "--database", "shop"), "is a folder: Athena reads lakes in S3"),
    ],
    ids=["neither", "no database", "no lake in S3"],
)
def test_athena_views_that_can_not_be_made(published_shop: PublishedShop, arguments: Sequence[str], told: str) -> None:
    ended = lakehouse("export", "athena-views", *arguments, "--lake", published_shop.lake, "--conf", CONF)
    assert ended.code == 2
    assert told in " ".join(ended.err.split())


def test_looker_is_told_of_the_business(tmp_path: Path) -> None:
    """Its currency and its week, from the environment's settings."""
    conf = one_mart(tmp_path)
    local = conf / "environments" / "local.yml"
    local.write_text(local.read_text().replace("currency: EUR", "currency: USD\n  week_start: 7"))
    out = tmp_path / "lookml"
    arguments = ("--connection", "warehouse", "--schema", "shop", "--conf", conf, "--out", out)
    said = lakehouse("export", "lookml", *arguments, "--json").json
    files = {path.relative_to(out).as_posix(): path.read_text() for path in out.rglob("*.lkml")}
    assert sorted(files) == said["files"]
    assert 'connection: "warehouse"\n' in files["lakehouse.model.lkml"]
    assert "week_start_day: sunday" in files["lakehouse.model.lkml"]
    assert "SELECT MAX(run_id) FROM shop.published_snapshot" in files["lakehouse.model.lkml"]
    assert r'value_format: "#,##0.00 \"USD\""' in files["views/payments_of_payments.view.lkml"]


def test_tableau_takes_a_saved_connection(tmp_path: Path) -> None:
    conf, out, saved = one_mart(tmp_path), tmp_path / "tableau", tmp_path / "saved.tds"
    saved.write_text("<datasource><named-connection name='ours'/></datasource>")
    said = lakehouse("export", "tableau", "--out", out, "--conf", conf, "--like", saved, "--json").json
    assert said["files"] == sorted(path.name for path in out.iterdir())
    assert 'connection="ours"' in (out / "payments_of_payments.tds").read_text()
    saved.write_text("no XML")
    ended = lakehouse("export", "tableau", "--out", out, "--conf", conf, "--like", saved)
    assert ended.code == 2
    assert "no data source of Tableau" in ended.err


def test_a_view_that_is_not_written_any_more_is_removed_from_its_folder(tmp_path: Path) -> None:
    conf, out = one_mart(tmp_path), tmp_path / "lookml"
    lakehouse("export", "lookml", "--out", out, "--conf", conf)
    (out / "views" / "dim_dates.view.lkml").rename(out / "views" / "of_old.view.lkml")
    lakehouse("export", "lookml", "--out", out, "--conf", conf)
    assert not (out / "views" / "of_old.view.lkml").exists()


def test_mistakes_in_the_definitions_are_told(tmp_path: Path) -> None:
    (tmp_path / "conf" / "metrics").mkdir(parents=True)
    ended = lakehouse("export", "metricflow", "--out", tmp_path / "out", "--conf", tmp_path / "conf")
    assert ended.code == 2
    assert "no metric files" in ended.err
    assert not (tmp_path / "out").exists()


def test_without_a_target_the_targets_are_shown() -> None:
    ended = lakehouse("export")
    assert "metricflow" in ended.out + ended.err
