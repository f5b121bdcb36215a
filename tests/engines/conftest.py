"""One lake for all questions, the engines that answer them, and the page that tells how they did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyspark
import pytest
from pyspark.sql import DataFrame, SparkSession

from lakehouse.ask.asking import stored
from lakehouse.ask.engines import DuckDB, QueryEngine, SparkEngine
from lakehouse.athena.catalog import Catalog
from lakehouse.athena.publish import publish
from lakehouse.generate import generate
from lakehouse.runs.snapshot import Snapshot, open_snapshot
from lakehouse.semantic.compiler.compile import CompiledQuery, compile_query
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Query
from lakehouse.settings import Storage
from tests.engines import page
from tests.engines.agreement import SCORES
from tests.engines.questions import LAKES, PARTIAL, WHOLE, Question
from tests.engines.trino import ATHENA, Trino, trino
from tests.object_storage import CREDENTIALS, REGION, ObjectStorage, object_storage
from tests.runs.shops import Runner

SMALL_DATA = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.shuffle.partitions": "1",
}
"""What makes Spark fast with much data makes it slow with little: a third of the time without."""

YEAR = 400
"""Days of the large shop: more than a year, so that something stands against those of the second January."""


@dataclass(frozen=True)
class AskedLake:
    """A published lake, and its answers."""

    folder: Path
    snapshot: Snapshot
    metrics: Metrics
    _compiled: dict[Query, CompiledQuery] = field(default_factory=dict)
    _by_duckdb: dict[Query, pa.Table] = field(default_factory=dict)

    def answer(self, query: Query, engine: QueryEngine) -> pa.Table:
        if query not in self._compiled:
            self._compiled[query] = compile_query(query, self.metrics, stored(self.snapshot, self.metrics))
        compiled = self._compiled[query]
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


@dataclass(frozen=True)
class InMemory(SparkEngine):
    """A Spark session that reads each table's files once."""

    _tables: dict[str, DataFrame] = field(default_factory=dict)

    def table(self, name: str) -> DataFrame:
        if name not in self._tables:
            self._tables[name] = super().table(name).cache()
        return self._tables[name]


@pytest.fixture(scope="session")
def sessions(lakes: dict[str, AskedLake], spark: SparkSession, engine: str) -> Iterator[dict[str, SparkEngine]]:
    """The session over each lake."""
    if engine != "spark":
        yield {name: SparkEngine(lake.snapshot, spark) for name, lake in lakes.items()}
        return
    for name, value in SMALL_DATA.items():
        spark.conf.set(name, value)
    yield {name: InMemory(lake.snapshot, spark) for name, lake in lakes.items()}
    for name in SMALL_DATA:
        spark.conf.unset(name)


@pytest.fixture
def lake(question: Question, lakes: dict[str, AskedLake]) -> AskedLake:
    return lakes[question.lake]


@pytest.fixture(scope="session")
def aws() -> Iterator[ObjectStorage]:
    """S3 and Glue, of this machine."""
    with object_storage() as server:
        yield server


@pytest.fixture(scope="session")
def trino_servers(
    lakes: dict[str, AskedLake], aws: ObjectStorage, request: pytest.FixtureRequest
) -> Iterator[dict[str, Trino]]:
    """Trino for each lake, with the snapshot's tables: of each the newest version is the published one."""
    folder = lakes[WHOLE].folder.parents[1]
    work = folder / "trino"
    work.mkdir()
    with trino(Path(request.config.getoption("--trino")), folder, work, aws.endpoint_url) as started:
        found = {name: replace(started, schema=name) for name in lakes}
        for name, server in found.items():
            server.run(f"CREATE SCHEMA {name}")
            for table in lakes[name].snapshot.tables:
                layer, _, plain = table.partition(".")
                if layer in {"gold", "kpi"}:
                    server.register(plain, f"{name}/lake/{layer}/{plain}")
        yield found


@pytest.fixture(scope="session")
def on_athena(trino_servers: dict[str, Trino], lakes: dict[str, AskedLake], aws: ObjectStorage) -> Trino:
    """Trino with the catalog that Athena has, where the views show the lake whose days are partly known, in S3."""
    lake = lakes[PARTIAL]
    aws.make_bucket("shop")
    aws.upload(lake.folder, "shop", "lake")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": aws.endpoint_url, "AWS_REGION": REGION}.items():
            patch.setenv(name, value)
        publish(open_snapshot("s3://shop/lake", Storage()), lake.metrics, Catalog("shop", REGION))
    return replace(trino_servers[PARTIAL], schema="shop", catalog=ATHENA)


@dataclass(frozen=True)
class Engine:
    """An engine by the name that the page calls it."""

    title: str
    answer: Callable[[Query], pa.Table]


@pytest.fixture
def asked_engine(asked_of: str, lake: AskedLake, question: Question, request: pytest.FixtureRequest) -> Engine:
    if asked_of == "duckdb":
        return Engine("DuckDB", lake.by_duckdb)
    if asked_of == "trino":
        server: Trino = request.getfixturevalue("trino_servers")[question.lake]
        return Engine("Trino", lambda query: lake.answer(query, server))
    if asked_of == "athena":
        views: Trino = request.getfixturevalue("on_athena")
        return Engine("Athena's views", lambda query: lake.answer(query, views))
    title = "Sail" if asked_of == "sail" else f"Spark {'.'.join(pyspark.__version__.split('.')[:2])}"
    session: SparkEngine = request.getfixturevalue("sessions")[question.lake]
    return Engine(title, lambda query: lake.answer(query, session))


def pytest_terminal_summary(config: pytest.Config) -> None:
    name = config.getoption("--engines-page")
    if name and SCORES:
        file = Path(name)
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        file.write_text(page.written(SCORES, before, YEAR), encoding="utf-8")
