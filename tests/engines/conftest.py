"""One lake for all questions, the engines that answer them, and the page that tells how they did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyspark
import pytest
from pyspark.sql import SparkSession

from lakehouse.ask.asking import stored
from lakehouse.ask.engines import DuckDB, QueryEngine, SparkEngine
from lakehouse.generate import generate
from lakehouse.runs.snapshot import Snapshot
from lakehouse.semantic.compiler.compile import compile_query
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Query
from tests.engines import page
from tests.engines.agreement import SCORES
from tests.engines.questions import LAKES, PARTIAL, WHOLE, Question
from tests.engines.trino import Trino, trino
from tests.runs.shops import Runner

YEAR = 400
"""Days of the large shop: more than a year, so that something stands against those of the second January."""


@dataclass(frozen=True)
class AskedLake:
    """A published lake, and its answers."""

    folder: Path
    snapshot: Snapshot
    metrics: Metrics
    _by_duckdb: dict[Query, pa.Table] = field(default_factory=dict)

    def answer(self, query: Query, engine: QueryEngine) -> pa.Table:
        compiled = compile_query(query, self.metrics, stored(self.snapshot, self.metrics))
        return engine.run(compiled.sql(engine.dialect), compiled.tables)

    def by_duckdb(self, query: Query) -> pa.Table:
        """DuckDB's answer, which is asked for once."""
        if query not in self._by_duckdb:
            self._by_duckdb[query] = self.answer(query, DuckDB(self.snapshot))
        return self._by_duckdb[query]


@pytest.fixture(scope="session")
def lakes(spark: SparkSession, engine: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, AskedLake]:
    """A dirty shop of more than a year, and one whose objects are known for different days, one of them for none."""
    folder = tmp_path_factory.mktemp("lakes")
    generate(folder / WHOLE / "landing", YEAR, 8, seed=11, start=date(2025, 1, 10), dirty=0.05)
    generate(folder / PARTIAL / "landing", 25, 12, seed=12, start=date(2025, 12, 20), dirty=0.05)
    undelivered = {
        "refunds": slice(None),
        "sessions": slice(9),
        "payments": slice(-3, None),
        "order_lines": slice(4, 6),
    }
    for name, files in undelivered.items():
        for path in sorted((folder / PARTIAL / "landing" / name).iterdir())[files]:
            path.unlink()
    return {
        name: _published(Runner(spark, engine, folder / name / "lake", folder / name / "landing")) for name in LAKES
    }


def _published(shop: Runner) -> AskedLake:
    shop.run()
    return AskedLake(shop.lake, shop.snapshot(), shop.workspace.metrics)


@pytest.fixture
def lake(question: Question, lakes: dict[str, AskedLake]) -> AskedLake:
    return lakes[question.lake]


@pytest.fixture(scope="session")
def trino_servers(lakes: dict[str, AskedLake], request: pytest.FixtureRequest) -> Iterator[dict[str, Trino]]:
    """Trino for each lake, with the snapshot's tables: of each the newest version is the published one."""
    folder = lakes[WHOLE].folder.parents[1]
    work = folder / "trino"
    work.mkdir()
    with trino(Path(request.config.getoption("--trino")), folder, work) as started:
        found = {name: replace(started, schema=name) for name in lakes}
        for name, server in found.items():
            server.run(f"CREATE SCHEMA {name}")
            for table in lakes[name].snapshot.tables:
                layer, _, plain = table.partition(".")
                if layer in {"gold", "kpi"}:
                    server.register(plain, f"{name}/lake/{layer}/{plain}")
        yield found


@dataclass(frozen=True)
class Engine:
    """An engine by the name that the page calls it."""

    title: str
    answer: Callable[[Query], pa.Table]


@pytest.fixture
def asked_engine(asked_of: str, lake: AskedLake, spark: SparkSession, request: pytest.FixtureRequest) -> Engine:
    if asked_of == "duckdb":
        return Engine("DuckDB", lake.by_duckdb)
    if asked_of == "trino":
        server: Trino = request.getfixturevalue("trino_servers")[lake.folder.parent.name]
        return Engine("Trino", lambda query: lake.answer(query, server))
    title = "Sail" if asked_of == "sail" else f"Spark {'.'.join(pyspark.__version__.split('.')[:2])}"
    session = SparkEngine(lake.snapshot, spark)
    return Engine(title, lambda query: lake.answer(query, session))


def pytest_terminal_summary(config: pytest.Config) -> None:
    name = config.getoption("--engines-page")
    if name and SCORES:
        file = Path(name)
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        file.write_text(page.written(SCORES, before, YEAR), encoding="utf-8")
