"""One lake for all questions, the engines that answer them, and the page that tells how they did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
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
from tests.engines.trino import Trino, trino
from tests.runs.shops import Runner

FIRST_DAY = date(2025, 1, 10)
DAYS = 400
"""More than a year, so that something stands against the days of the second January."""
ORDERS_PER_DAY = 8


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
def asked_lake(spark: SparkSession, engine: str, tmp_path_factory: pytest.TempPathFactory) -> AskedLake:
    folder = tmp_path_factory.mktemp("engines")
    generate(folder / "landing", DAYS, ORDERS_PER_DAY, seed=11, start=FIRST_DAY, dirty=0.05)
    shop = Runner(spark, engine, folder / "lake", folder / "landing")
    shop.run()
    return AskedLake(folder, shop.snapshot(), shop.workspace.metrics)


@pytest.fixture(scope="session")
def trino_server(asked_lake: AskedLake, request: pytest.FixtureRequest) -> Iterator[Trino]:
    """Trino with the snapshot's tables; of each the published version is the newest, as it has no other to read."""
    unpacked, work = Path(request.config.getoption("--trino")), asked_lake.folder / "trino"
    work.mkdir()
    with trino(unpacked, asked_lake.folder, work) as started:
        for name in asked_lake.snapshot.tables:
            layer, _, plain = name.partition(".")
            if layer in {"gold", "kpi"}:
                started.register(plain, f"lake/{layer}/{plain}")
        yield started


@dataclass(frozen=True)
class Engine:
    """An engine by the name that the page calls it."""

    title: str
    answer: Callable[[Query], pa.Table]


@pytest.fixture
def asked_engine(asked_of: str, asked_lake: AskedLake, spark: SparkSession, request: pytest.FixtureRequest) -> Engine:
    if asked_of == "duckdb":
        return Engine("DuckDB", asked_lake.by_duckdb)
    if asked_of == "trino":
        server: Trino = request.getfixturevalue("trino_server")
        return Engine("Trino", lambda query: asked_lake.answer(query, server))
    title = "Sail" if asked_of == "sail" else f"Spark {'.'.join(pyspark.__version__.split('.')[:2])}"
    session = SparkEngine(asked_lake.snapshot, spark)
    return Engine(title, lambda query: asked_lake.answer(query, session))


def pytest_terminal_summary(config: pytest.Config) -> None:
    name = config.getoption("--engines-page")
    if name and SCORES:
        file = Path(name)
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        file.write_text(page.written(SCORES, before, DAYS), encoding="utf-8")
