"""A lake asked by Athena: the SQL that is sent, what comes back as what it is, and what is refused.

What the SQL gives on Athena's engine, `tests/engines` sees; here a server answers with what DuckDB said.
"""

from __future__ import annotations

import json
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from lakehouse.ask.athena import AthenaEngine
from lakehouse.ask.lake import Lake
from lakehouse.athena.catalog import Catalog
from lakehouse.athena.views import pointer
from lakehouse.errors import ConfigurationError, IntegrityError, StorageError
from lakehouse.runs.snapshot import Snapshot
from lakehouse.semantic.load import load_metrics
from lakehouse.settings import Athena, Settings
from tests.athena.conftest import BUCKET, aws, in_s3
from tests.cli.command import CONF
from tests.object_storage import REGION, ObjectStorage

__all__ = ["aws", "in_s3"]

SETTINGS = Settings(athena=Athena(database="shop", results=f"s3://{BUCKET}/results/"))
TYPES = {pa.int64(): "bigint", pa.float64(): "double", pa.date32(): "date", pa.string(): "varchar"}


@pytest.fixture(scope="module")
def asked(in_s3: Snapshot) -> Lake:
    """The lake by Athena, whose views show it."""
    shown(in_s3.manifest.run_id, in_s3)
    return Lake(in_s3, load_metrics(CONF / "metrics"), SETTINGS, "athena")


def shown(run_id: str, snapshot: Snapshot) -> None:
    catalog = Catalog("shop", REGION)
    catalog.make_database("s3://shop")
    entry = pointer("a", run_id, snapshot.manifest.created_at).entry("shop")
    catalog.put(entry, catalog.tables())


def answers_with(server: ObjectStorage, rows: pa.Table) -> None:
    """What the server gives for the next query: rows as texts, as Athena gives them, after the names of the columns."""
    header = {"Data": [{"VarCharValue": name} for name in rows.schema.names]}
    data = [
        {"Data": [{} if value is None else {"VarCharValue": str(value)} for value in row.values()]}
        for row in rows.to_pylist()
    ]
    columns = [column_of(field) for field in rows.schema]
    results = [{"rows": [header, *data], "column_info": columns}]
    body = json.dumps({"region": REGION, "results": results}).encode()
    address = f"{server.endpoint_url}/moto-api/static/athena/query-results"
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as response:
        assert response.status == 201


def column_of(field: pa.Field) -> dict[str, Any]:
    if pa.types.is_decimal(field.type):
        return {"Name": field.name, "Type": "decimal", "Precision": field.type.precision, "Scale": field.type.scale}
    return {"Name": field.name, "Type": TYPES[field.type], "Precision": 0, "Scale": 0}


def test_an_answer_is_that_of_duckdb(asked: Lake, aws: ObjectStorage) -> None:
    question: dict[str, Any] = {"metrics": ["total_revenue", "revenue_growth_rate", "total_orders"], "grain": "month"}
    expected = replace(asked, engine_name="duckdb").query(**question).rows
    answers_with(aws, expected)
    answer = asked.query(**question)
    assert "CAST" in answer.sql
    assert answer.rows.to_pylist() == expected.to_pylist()
    assert answer.rows.schema.field("period_start").type == pa.date32()
    assert pa.types.is_decimal(answer.rows.schema.field("total_revenue").type)


def test_its_own_sql_is_sent_as_it_is(asked: Lake, aws: ObjectStorage) -> None:
    answers_with(aws, pa.table({"total_orders": [41]}))
    assert asked.sql("SELECT total_orders FROM orders_by_year").to_pylist() == [{"total_orders": 41}]


@pytest.mark.parametrize(
    ("shown_for", "allowed", "minutes"),
    [
        pytest.param(5, 60, 0, id="shown just now"),
        pytest.param(30, 60, 0, id="a query from before may still have run"),
        pytest.param(50, 60, 20, id="for a while"),
        pytest.param(500, 60, 60, id="for long"),
        pytest.param(500, 0, 0, id="not allowed"),
    ],
)
def test_no_result_from_before_the_snapshot_is_given_again(
    in_s3: Snapshot, shown_for: int, allowed: int, minutes: int
) -> None:
    engine = AthenaEngine(in_s3, Athena(database="shop", reuse_minutes=allowed))
    since = datetime.now(UTC) - timedelta(minutes=shown_for, seconds=30)
    assert engine._reusable_minutes(since) == minutes


def test_another_snapshot_than_the_one_that_is_shown_is_refused(asked: Lake, in_s3: Snapshot) -> None:
    shown("of-yesterday", in_s3)
    try:
        with pytest.raises(IntegrityError, match="shows that of run of-yesterday, not that of run"):
            _ = asked.query("total_orders").rows
    finally:
        shown(in_s3.manifest.run_id, in_s3)


@pytest.mark.parametrize(
    ("athena", "error", "told"),
    [
        pytest.param(Athena(), ConfigurationError, "no Glue database is named", id="no database"),
        pytest.param(Athena(database="unknown"), IntegrityError, "shows no snapshot", id="nothing shown"),
        pytest.param(
            Athena(database="shop", results="s3://nowhere/"), StorageError, "Athena has no answer", id="no such bucket"
        ),
    ],
)
def test_what_can_not_be_asked_is_told(asked: Lake, athena: Athena, error: type[Exception], told: str) -> None:
    lake = replace(asked, settings=Settings(athena=athena))
    with pytest.raises(error, match=told):
        _ = lake.query("total_orders").rows
