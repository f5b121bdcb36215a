"""Asks MetricFlow, in an environment of its own: a question file in, an answer file out, both JSON.

    python runner.py QUESTIONS ANSWERS

It knows nothing of this package and imports nothing of it, so that what it answers is MetricFlow's alone.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
from metricflow.data_table.mf_table import MetricFlowDataTable
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantic_interfaces.implementations.semantic_manifest import PydanticSemanticManifest
from metricflow_semantic_interfaces.parsing.dir_to_model import parse_directory_of_yaml_files_to_semantic_manifest
from metricflow_semantic_interfaces.validations.semantic_manifest_validator import SemanticManifestValidator
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

Json = dict[str, Any]


class Client:
    """DuckDB as MetricFlow wants to be given it."""

    sql_engine_type = SqlEngine.DUCKDB

    def __init__(self, schema: str, tables: Mapping[str, str]) -> None:
        self.sql_plan_renderer = DuckDbSqlPlanRenderer()
        self.connection = duckdb.connect()
        self.connection.execute(f"CREATE SCHEMA {schema}")
        for name, path in tables.items():
            self.connection.execute(f"CREATE TABLE {schema}.{name} AS SELECT * FROM read_parquet('{path}')")

    def query(self, stmt: str, sql_bind_parameter_set: object = None) -> MetricFlowDataTable:  # noqa: ARG002
        result = self.connection.execute(stmt)
        names = [column[0] for column in result.description]
        return MetricFlowDataTable.create_from_rows(names, result.fetchall())

    def execute(self, stmt: str, sql_bind_parameter_set: object = None) -> None:  # noqa: ARG002
        self.connection.execute(stmt)

    def dry_run(self, stmt: str, sql_bind_parameter_set: object = None) -> None:  # noqa: ARG002
        self.connection.execute(f"EXPLAIN {stmt}")

    def render_bind_parameter_key(self, bind_parameter_key: str) -> str:
        return f"${bind_parameter_key}"

    def close(self) -> None:
        self.connection.close()


def manifest_folder(asked: Json) -> str:
    """A folder of YAML files, or one of the manifests that MetricFlow is tested with and ships."""
    if "shipped" not in asked:
        return str(asked["manifest"])
    shipped = files("metricflow_semantics") / "test_helpers" / "semantic_manifest_yamls" / str(asked["shipped"])
    return str(shipped)


def answer(engine: MetricFlowEngine, question: Json) -> Json:
    """The rows of an answer, or why MetricFlow gives none."""
    bounds = {
        f"time_constraint_{name}": dt.datetime.fromisoformat(question[name])
        for name in ("start", "end")
        if question.get(name)
    }
    try:
        request = MetricFlowQueryRequest.create(
            metric_names=question["metrics"],
            group_by_names=question.get("group_by") or None,
            where_constraints=question.get("where") or None,
            **bounds,
        )
        table = engine.query(request).result_df
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
    assert table is not None
    return {"columns": list(table.column_names), "rows": [list(map(plain, row)) for row in table.rows]}


def plain(value: object) -> object:
    return value.isoformat() if isinstance(value, dt.datetime) else value


def main(arguments: Sequence[str]) -> None:
    asked, answers = (Path(argument) for argument in arguments)
    request: Json = json.loads(asked.read_text())
    schema = request["schema"]
    parsed = parse_directory_of_yaml_files_to_semantic_manifest(
        manifest_folder(request), template_mapping={"source_schema": schema}
    ).semantic_manifest
    found = SemanticManifestValidator[PydanticSemanticManifest]().validate_semantic_manifest(parsed)
    engine = MetricFlowEngine(SemanticManifestLookup(parsed), Client(schema, request["tables"]))
    given = {
        "errors": [issue.message for issue in found.errors],
        "warnings": [issue.message for issue in (*found.warnings, *found.future_errors)],
        "answers": [answer(engine, question) for question in request["questions"]],
    }
    answers.write_text(json.dumps(given))


if __name__ == "__main__":
    # A question that has no answer is told in the answer, and not on the terminal as well.
    logging.disable(logging.CRITICAL)
    main(sys.argv[1:])
