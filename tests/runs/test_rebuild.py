"""What is made anew because something else than rows changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lakehouse.runs.manifest import Basis, Manifest
from lakehouse.runs.rebuild import Rebuild, basis, code_hash, decide
from lakehouse.runs.workspace import CHECKOUT, open_workspace
from lakehouse.settings import Business

WORKSPACE = open_workspace(CHECKOUT, "local", ["jaffle_shop", "stripe"])
JAFFLE, STRIPE = WORKSPACE.sources["jaffle_shop"], WORKSPACE.sources["stripe"]
NOW = Basis(
    code_sha256="code", metrics_sha256="metrics", business=Business(), sources={"jaffle_shop": JAFFLE, "stripe": STRIPE}
)
OTHER_JAFFLE = JAFFLE.model_copy(update={"timezone": "Europe/Berlin"})


def published(made_with: Basis) -> Manifest:
    return Manifest(
        run_id="before",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        engine="sail",
        parent_run_id=None,
        parent_sha256=None,
        basis=made_with,
        tables={},
        files_in=0,
        rows_in=0,
    )


@pytest.mark.parametrize(
    ("then", "rebuild"),
    [
        ({}, Rebuild()),
        ({"code_sha256": "older"}, Rebuild(silver="the code changed")),
        (
            {"sources": {"jaffle_shop": OTHER_JAFFLE, "stripe": STRIPE}},
            Rebuild(silver="the definition of jaffle_shop changed"),
        ),
        ({"sources": {"jaffle_shop": JAFFLE}}, Rebuild()),
        ({"business": Business(currency="USD")}, Rebuild(gold="the business settings changed")),
        ({"metrics_sha256": "older"}, Rebuild(kpi="the metric definitions changed")),
        (
            {"metrics_sha256": "older", "business": Business(week_start=7)},
            Rebuild(gold="the business settings changed", kpi="the metric definitions changed"),
        ),
    ],
    ids=["nothing", "code", "a source", "a source is new", "a setting", "a metric", "setting and metric"],
)
def test_decision(then: dict[str, Any], rebuild: Rebuild) -> None:
    assert decide(NOW, published(NOW.model_copy(update=then)), full=False) == rebuild


@pytest.mark.parametrize("base", [None, published(NOW)], ids=["first run", "later"])
def test_all_that_is_asked_for_is_made_anew(base: Manifest | None) -> None:
    assert decide(NOW, base, full=True) == Rebuild(silver="asked for by --full")


def test_a_first_run_makes_nothing_anew() -> None:
    assert decide(NOW, None, full=False) == Rebuild()


def test_the_reason_told_is_that_of_the_first_layer() -> None:
    assert Rebuild(silver="a", gold="b", kpi="c").reason == "a"
    assert Rebuild(gold="b", kpi="c").reason == "b"
    assert Rebuild(kpi="c").reason == "c"
    assert Rebuild().reason is None


def test_sources_that_nobody_named_stay_as_they_were() -> None:
    only_stripe = replace(WORKSPACE, sources={"stripe": STRIPE})
    base = published(NOW.model_copy(update={"sources": {"jaffle_shop": OTHER_JAFFLE}}))
    made_with = basis(only_stripe, base)
    assert made_with.sources == {"jaffle_shop": OTHER_JAFFLE, "stripe": STRIPE}
    assert (made_with.code_sha256, made_with.metrics_sha256) == (code_hash(), WORKSPACE.metrics_sha256)
    assert made_with.business == WORKSPACE.settings.business
