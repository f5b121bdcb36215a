"""The SQL views of the marts: each engine takes them as they are written, and they have what questions have."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from lakehouse.ask.engines import SparkEngine
from lakehouse.semantic.exports.view import View
from lakehouse.semantic.exports.views import views
from lakehouse.semantic.load import load_metrics
from lakehouse.semantic.query import Dialect
from tests.cli.command import CONF
from tests.engines.agreement import differences
from tests.engines.conftest import AskedLake
from tests.engines.questions import PARTIAL
from tests.engines.trino import Trino

pytestmark = [pytest.mark.engines, pytest.mark.in_turn]

VIEWS = views(load_metrics(CONF / "metrics"))
KEYS = {view.name: view.key for view in VIEWS}
NO_ROWS = {"revenue_of_refunds"}
"""The young shop's files of refunds never came."""


def statements(view: View, dialect: Dialect) -> Sequence[str]:
    """Those that create it and say what its columns are, without the semicolons."""
    return [each for each in view.statements(dialect).split(";\n") if each]


@pytest.fixture(scope="module")
def expected(lakes: dict[str, AskedLake]) -> dict[str, pa.Table]:
    """Every view as DuckDB has it."""
    with duckdb.connect() as connection:
        for name in {table for view in VIEWS for table in view.tables}:
            connection.register(name, lakes[PARTIAL].snapshot.dataset(name))
        for view in VIEWS:
            for statement in statements(view, Dialect.DUCKDB):
                connection.execute(statement)
        queries = {name: f"select * from {name} order by {key}" for name, key in KEYS.items()}
        return {name: connection.sql(query).to_arrow_table() for name, query in queries.items()}


def test_a_view_has_the_columns_that_it_says(expected: dict[str, pa.Table]) -> None:
    for view in VIEWS:
        assert (expected[view.name].num_rows > 0) == (view.name not in NO_ROWS)
        assert expected[view.name].schema.names == list(view.columns)


@pytest.mark.parametrize("view", VIEWS, ids=list(KEYS))
def test_on_the_session(
    view: View, sessions: dict[str, SparkEngine], spark: SparkSession, expected: dict[str, pa.Table]
) -> None:
    engine = sessions[PARTIAL]
    for name in view.tables:
        engine.table(name).createOrReplaceTempView(name)
    # Views over what only the session knows are the session's.
    (statement,) = statements(view, Dialect.SPARK)
    spark.sql(statement.replace("CREATE OR REPLACE VIEW", "CREATE OR REPLACE TEMPORARY VIEW", 1))
    answer = engine.run(f"SELECT * FROM {view.name} ORDER BY {view.key}", ())
    assert not list(differences(answer, expected[view.name], (view.key,)))


@pytest.mark.parametrize("view", VIEWS, ids=list(KEYS))
def test_on_trino(view: View, request: pytest.FixtureRequest, expected: dict[str, pa.Table]) -> None:
    server = _trino(request, "trino_servers")
    for statement in statements(view, Dialect.TRINO):
        server.run(statement)
    answer = server.run(f"SELECT * FROM {view.name} ORDER BY {view.key}")
    assert not list(differences(answer, expected[view.name], (view.key,)))


@pytest.mark.parametrize("name", KEYS)
def test_on_athena(name: str, request: pytest.FixtureRequest, expected: dict[str, pa.Table]) -> None:
    answer = _trino(request, "on_athena").run(f"SELECT * FROM {name} ORDER BY {KEYS[name]}")
    assert not list(differences(answer, expected[name], (KEYS[name],)))


def test_of_two_slots_athena_reads_the_one_that_is_published(request: pytest.FixtureRequest) -> None:
    plan = _trino(request, "on_athena").run("EXPLAIN SELECT count(*) FROM fact_orders").to_pylist()[0]
    assert "fact_orders__a" in str(plan)
    assert "fact_orders__b" not in str(plan)


def _trino(request: pytest.FixtureRequest, fixture: str) -> Trino:
    if request.config.getoption("--trino") is None:
        pytest.skip("no Trino is named by --trino: see `make engines`")
    found = request.getfixturevalue(fixture)
    return found if isinstance(found, Trino) else found[PARTIAL]
