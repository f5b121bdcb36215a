"""`lakehouse export`: files for other tools, and what these are not told."""

from __future__ import annotations

from pathlib import Path

from lakehouse.semantic.exports.metricflow import export
from lakehouse.semantic.load import load_metrics
from tests.cli.command import CONF, contents, lakehouse

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


def test_mistakes_in_the_definitions_are_told(tmp_path: Path) -> None:
    (tmp_path / "conf" / "metrics").mkdir(parents=True)
    ended = lakehouse("export", "metricflow", "--out", tmp_path / "out", "--conf", tmp_path / "conf")
    assert ended.code == 2
    assert "no metric files" in ended.err
    assert not (tmp_path / "out").exists()


def test_without_a_target_the_targets_are_shown() -> None:
    ended = lakehouse("export")
    assert "metricflow" in ended.out + ended.err
