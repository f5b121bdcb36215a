"""The Glue catalog entry: its text, Glue's own rules about it, and a catalog that takes it."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape
from botocore.validate import validate_parameters
from moto import mock_aws

from lakehouse.derive.catalog_entry import (
    COMMENT_LENGTH,
    PART_LENGTH,
    schema_json,
    table_input,
    version_input,
    view_input,
)
from lakehouse.derive.schema import arrow_schema
from lakehouse.gold.dim_exchange_rates import TABLE as DIM_EXCHANGE_RATES
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.kpi.daily import kpi_tables
from lakehouse.quality.quarantine import REJECTS
from lakehouse.runs.catalog import GOLD, RECORDS, SILVER
from lakehouse.semantic.load import load_metrics
from lakehouse.table import BIGINT, INTEGER, STRING, STRINGS, Field, Layer, Table

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden" / "catalog"
KPIS = tuple(kpi.table for kpi in kpi_tables(load_metrics(ROOT / "conf" / "metrics")))
TABLES = (*SILVER, *(model.table for model in GOLD), *KPIS, *RECORDS)


def entry(table: Table) -> dict[str, Any]:
    committed_at = datetime(2026, 3, 1, 4, 30, tzinfo=UTC)
    return table_input(table, f"s3://lake/{table.path}", version=7, committed_at=committed_at)


def schema_of(parameters: Mapping[str, str]) -> str:
    """The schema put together as Spark does it."""
    parts = int(parameters["spark.sql.sources.schema.numParts"])
    return "".join(parameters[f"spark.sql.sources.schema.part.{number}"] for number in range(parts))


@pytest.mark.parametrize("table", [DIM_EXCHANGE_RATES, FACT_ORDERS], ids=lambda table: table.name)
def test_entry_of_a_table(table: Table) -> None:
    path = GOLDEN / f"{table.name}.json"
    text = json.dumps(entry(table), indent=2, ensure_ascii=False) + "\n"
    if "UPDATE_GOLDEN" in os.environ:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def test_partition_fields_are_columns_like_all_others() -> None:
    made = entry(FACT_ORDERS)
    assert made["PartitionKeys"] == []
    assert FACT_ORDERS.partition_by[0] in [column["Name"] for column in made["StorageDescriptor"]["Columns"]]


def test_location_and_serde_path_are_the_same_folder() -> None:
    descriptor = entry(FACT_ORDERS)["StorageDescriptor"]
    assert descriptor["Location"] == descriptor["SerdeInfo"]["Parameters"]["path"] == "s3://lake/gold/fact_orders/"


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_the_schema_comes_back_from_its_parts(table: Table) -> None:
    parameters = entry(table)["Parameters"]
    parts = [value for name, value in parameters.items() if name.startswith("spark.sql.sources.schema.part.")]
    assert all(0 < len(part) <= PART_LENGTH for part in parts)
    schema = json.loads(schema_of(parameters))
    assert [(field["name"], field["nullable"], field["metadata"]["comment"]) for field in schema["fields"]] == [
        (field.name, field.nullable, field.description) for field in table.fields
    ]


def test_a_long_schema_has_several_parts() -> None:
    numbers = {table: int(entry(table)["Parameters"]["spark.sql.sources.schema.numParts"]) for table in TABLES}
    assert numbers[DIM_EXCHANGE_RATES] == 1
    assert numbers[FACT_ORDERS] > 1


@pytest.mark.parametrize("table", [FACT_ORDERS, REJECTS], ids=str)
def test_spark_reads_the_schema(table: Table) -> None:
    types = pytest.importorskip("pyspark.sql.types")
    pandas_types = pytest.importorskip("pyspark.sql.pandas.types")
    schema = types.StructType.fromJson(json.loads(schema_json(table)))
    assert pandas_types.to_arrow_schema(schema).names == arrow_schema(table).names
    assert [field.dataType.simpleString() for field in schema.fields] == [field.type for field in table.fields]


def test_types_have_sparks_names_in_the_schema_and_hives_in_the_columns() -> None:
    fields = [Field("a", INTEGER, "The a."), Field("b", BIGINT, "The b."), Field("c", STRINGS, "The c.")]
    made = entry(Table(Layer.GOLD, "t", "One row.", tuple(fields), ("a",)))
    assert [column["Type"] for column in made["StorageDescriptor"]["Columns"]] == ["int", "bigint", "array<string>"]
    assert [field["type"] for field in json.loads(schema_of(made["Parameters"]))["fields"]] == [
        "integer",
        "long",
        {"type": "array", "elementType": "string", "containsNull": True},
    ]


@pytest.mark.parametrize(
    ("description", "comment"),
    [
        ("Two\nlines, \t and a tab.", "Two lines, and a tab."),
        ("x" * 254 + ".", "x" * 254 + "."),
        ("word " * 60 + "end.", ("word " * 50).rstrip() + "…"),
        ("x" * 300 + ".", "x" * 254 + "…"),
    ],
    ids=["one line", "just fits", "cut after a word", "one long word"],
)
def test_a_comment_is_one_line_that_glue_takes(description: str, comment: str) -> None:
    table = Table(Layer.GOLD, "t", "One row.", (Field("a", STRING, description),), ("a",))
    assert entry(table)["StorageDescriptor"]["Columns"][0]["Comment"] == comment
    assert len(comment) <= COMMENT_LENGTH
    assert json.loads(schema_of(entry(table)["Parameters"]))["fields"][0]["metadata"]["comment"] == description


# ── one version of a table, and views ─────────────────────────────────────────────────────────────────────────────────


WEEKS = (date(2026, 1, 5), date(2026, 3, 30))


def version_entry(table: Table) -> dict[str, Any]:
    return version_input(table, f"{table.name}__a", f"s3://lake/lists/{table.name}", WEEKS)


def test_a_version_without_partitions_has_all_fields_as_columns() -> None:
    made = version_entry(DIM_EXCHANGE_RATES)
    assert made["Name"] == "dim_exchange_rates__a"
    assert [each["Name"] for each in made["StorageDescriptor"]["Columns"]] == list(DIM_EXCHANGE_RATES.field_names)
    assert made["Parameters"] == {"EXTERNAL": "TRUE", "classification": "parquet"}


def test_the_weeks_of_a_version_are_reckoned() -> None:
    made = version_entry(FACT_ORDERS)
    assert [each["Name"] for each in made["PartitionKeys"]] == ["order_week"]
    assert "order_week" not in [each["Name"] for each in made["StorageDescriptor"]["Columns"]]
    parameters = made["Parameters"]
    assert parameters["projection.order_week.range"] == "2026-01-05,2026-03-30"
    assert parameters["storage.location.template"] == "s3://lake/lists/fact_orders/order_week=${order_week}"


def test_a_view_says_its_columns_in_the_types_of_both_languages() -> None:
    columns = {"a": (STRINGS, "The a."), "b": ("decimal(18,2)", "The b."), "c": (INTEGER, "The c.")}
    made = view_input("v", "Three columns.", columns, "SELECT 1", "shop")
    told = json.loads(base64.b64decode(made["ViewOriginalText"].removeprefix("/* Presto View: ").removesuffix(" */")))
    assert told["columns"] == [
        {"name": "a", "type": "array(varchar)"},
        {"name": "b", "type": "decimal(18,2)"},
        {"name": "c", "type": "integer"},
    ]
    assert (told["originalSql"], told["schema"]) == ("SELECT 1", "shop")
    assert made["StorageDescriptor"]["Columns"][1] == {"Name": "b", "Type": "decimal(18,2)", "Comment": "The b."}


# ── by Glue's own model ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def request_shape() -> StructureShape:
    model = ServiceModel(Loader().load_service_model("glue", "service-2"))
    shape = model.operation_model("CreateTable").input_shape
    assert isinstance(shape, StructureShape)
    return shape


def violations(value: Any, shape: Shape, path: str = "") -> Iterator[str]:
    """What botocore itself does not look at: longest lengths and patterns."""
    match shape:
        case StructureShape():
            for name, inner in value.items():
                yield from violations(inner, shape.members[name], f"{path}.{name}")
        case ListShape():
            for number, inner in enumerate(value):
                yield from violations(inner, shape.member, f"{path}[{number}]")
        case MapShape():
            for name, inner in value.items():
                yield from violations(name, shape.key, f"{path}.{name}")
                yield from violations(inner, shape.value, f"{path}.{name}")
        case StringShape():
            if len(value) > shape.metadata.get("max", len(value)):
                yield f"{path} is longer than {shape.metadata['max']}"
            if path.endswith((".Comment", ".Description", ".Name")) and re.search(r"[\x00-\x08\x0a-\x1f]", value):
                yield f"{path} is not one line"


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_glue_would_take_every_table(request_shape: StructureShape, table: Table) -> None:
    columns = {field.name: (field.type, field.description) for field in table.fields}
    for made in (entry(table), view_input(table.name, table.grain, columns, "SELECT 1", "shop")):
        request = {"DatabaseName": table.layer.value, "TableInput": made}
        validate_parameters(request, request_shape)
        assert list(violations(request, request_shape)) == []


@pytest.mark.parametrize("table", [model.table for model in GOLD] + list(KPIS), ids=str)
def test_glue_would_take_a_version_of_every_table_that_is_shown(request_shape: StructureShape, table: Table) -> None:
    request = {"DatabaseName": "shop", "TableInput": version_entry(table)}
    validate_parameters(request, request_shape)
    assert list(violations(request, request_shape)) == []


def test_the_rules_are_looked_at(request_shape: StructureShape) -> None:
    broken = entry(DIM_EXCHANGE_RATES)
    broken["StorageDescriptor"]["Columns"][0]["Comment"] = "x" * 256
    broken["Description"] = "two\nlines"
    assert list(violations({"DatabaseName": "gold", "TableInput": broken}, request_shape)) == [
        ".TableInput.Description is not one line",
        ".TableInput.StorageDescriptor.Columns[0].Comment is longer than 255",
    ]


# ── in a catalog ──────────────────────────────────────────────────────────────────────────────────────────────────────


@mock_aws
def test_a_catalog_takes_the_entry_and_gives_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    glue = boto3.client("glue", region_name="eu-central-1")
    glue.create_database(DatabaseInput={"Name": "gold", "LocationUri": "s3://lake/gold/"})
    made: Any = entry(FACT_ORDERS)
    glue.create_table(DatabaseName="gold", TableInput=made)
    glue.update_table(DatabaseName="gold", TableInput=made)
    found: Any = glue.get_table(DatabaseName="gold", Name="fact_orders")["Table"]
    assert {name: found[name] for name in made} == made
