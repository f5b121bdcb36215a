"""The README's recipes: what stands there to be copied works as it stands."""

from __future__ import annotations

import inspect
import re
import shlex
import shutil
from pathlib import Path
from types import ModuleType

import pytest
from pyspark.sql import SparkSession

from lakehouse.runs.catalog import GOLD, Model
from lakehouse.semantic.compiler.compile import compile_query
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.query import Calendar, Query
from lakehouse.silver.orders import TABLE as ORDERS
from tests.cli.command import CONF, REPOSITORY, lakehouse
from tests.published import by, published
from tests.rows import rows

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines() if re.match(r"\S*lakehouse ", line)]
LINKS = sorted(set(re.findall(r"\]\((?!http)([^)]+)\)", README)))


@pytest.fixture(scope="module")
def dimension() -> ModuleType:
    """The dimension's file, imported."""
    module = ModuleType("dim_sales_channels")
    exec(compile(blocks("python")[1], "README.md", "exec"), module.__dict__)
    return module


def test_the_dimension_is_as_declared(spark: SparkSession, dimension: ModuleType) -> None:
    orders = rows(
        spark,
        ORDERS,
        {"sales_channel": "web", "is_online": True, "ordered_at": "2026-01-03"},
        {"sales_channel": "web", "is_online": True, "ordered_at": "2026-01-02"},
        {"sales_channel": "store", "is_online": False, "ordered_at": "2026-01-04"},
        {"sales_channel": "fax", "_is_deleted": True},
    )
    found = by("sales_channel", published(dimension.TABLE, dimension.transform(orders)))
    assert {name: (row["is_online"], row["first_ordered_at"].day) for name, row in found.items()} == {
        "web": (True, 2),
        "store": (False, 4),
    }


def test_the_dimension_is_listed_like_the_others(dimension: ModuleType) -> None:
    [listed] = eval(f"[{blocks('python')[2]}]", {"Model": Model, dimension.TABLE.name: dimension})
    assert (listed.table, listed.transform) == (dimension.TABLE, dimension.transform)
    assert list(inspect.signature(listed.transform).parameters) == [table.name for table in listed.table.inputs]
    assert listed.table.name not in {model.table.name for model in GOLD}


@pytest.mark.parametrize("grain", [Calendar.DAY, Calendar.WEEK])
def test_the_metrics_compile_beside_the_shipped_ones(tmp_path: Path, grain: Calendar) -> None:
    shutil.copytree(CONF, tmp_path, dirs_exist_ok=True)
    before = load_metrics(tmp_path / "metrics")
    _, lines = blocks("yaml")
    with (tmp_path / "metrics" / "revenue.yml").open("a", encoding="utf-8") as file:
        file.write("\n" + lines)
    metrics = load_metrics(tmp_path / "metrics")
    new = tuple(metrics.by_name.keys() - before.by_name.keys())
    assert len(new) == lines.count("business_name:") == 1
    assert compile_query(Query(new, grain), metrics).sql()


def test_the_dimension_can_be_asked_for_beside_the_shipped_ones(tmp_path: Path) -> None:
    shutil.copytree(CONF, tmp_path, dirs_exist_ok=True)
    line, _ = blocks("yaml")
    with (tmp_path / "dimensions.yml").open("r+", encoding="utf-8") as file:
        text = file.read().replace("\n  order_status:", f"\n{line}  order_status:", 1)
        file.seek(0)
        file.write(text)
    metrics = load_metrics(tmp_path / "metrics")
    question = Query(("total_orders", "total_revenue"), Calendar.MONTH, by=("first_order",))
    assert compile_query(question, metrics).sql()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_these_options(command: str) -> None:
    words = shlex.split(command)[1:]
    path = words[: 2 if words[0] in {"sources", "metrics", "quarantine"} else 1]
    shown = lakehouse(*path, "--help")
    assert shown.code == 0, shown.err
    assert {word for word in words if word.startswith("--")} <= set(re.findall(r"--[a-z-]+", shown.out))


@pytest.mark.parametrize("link", LINKS)
def test_every_link_leads_somewhere(link: str) -> None:
    assert (REPOSITORY / link).exists()
