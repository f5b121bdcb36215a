"""Definitions as a LookML project: its text. What it amounts to is seen in `tests/bi`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lakehouse.semantic.exports.export import Fidelity
from lakehouse.semantic.exports.lookml import export
from lakehouse.semantic.exports.lookml_fields import Site
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.metrics import Metrics

HERE = Path(__file__).parent
GOLDEN = HERE / "golden" / "lookml"
SITE = Site("warehouse", "shop", currency="USD", week_start=7)


@pytest.fixture(scope="module")
def small() -> Metrics:
    return load_metrics(HERE / "definitions" / "metrics")


def test_golden_files(small: Metrics) -> None:
    files = export(small, SITE).files
    if "UPDATE_GOLDEN" in os.environ:
        for path in (path for path in GOLDEN.rglob("*") if path.is_file()):
            path.unlink()
        for name, text in files.items():
            (GOLDEN / name).parent.mkdir(parents=True, exist_ok=True)
            (GOLDEN / name).write_text(text, encoding="utf-8")
    written = {path.relative_to(GOLDEN).as_posix(): path for path in GOLDEN.rglob("*.lkml")}
    assert {name: path.read_text(encoding="utf-8") for name, path in written.items()} == dict(files)


def test_the_same_bytes_each_time(small: Metrics) -> None:
    assert list(export(small, SITE).files.items()) == list(export(small, SITE).files.items())


def test_what_is_not_told_has_its_reason(metrics: Metrics) -> None:
    verdicts = {verdict.name: verdict for verdict in export(metrics, SITE).verdicts}
    assert verdicts["cohort_retention_rate"].fidelity is Fidelity.DROPPED
    assert verdicts["revenue_month_to_date"].fidelity is Fidelity.APPROXIMATED
    assert "and not by dimensions: it is of other days" in verdicts["revenue_month_to_date"].reason
    assert verdicts["net_revenue"].note == "in revenue_of_orders_and_refunds"
