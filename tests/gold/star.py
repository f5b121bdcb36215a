"""The star schema of a few silver rows, built table by table as a run builds it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence

from pyspark.sql import SparkSession

from lakehouse.runs.catalog import GOLD, Model, in_order
from lakehouse.settings import Business
from lakehouse.table import Layer, Table
from tests.published import Row, published
from tests.rows import rows

Star = dict[str, list[Row]]


def star(
    spark: SparkSession, business: Business, silver: Mapping[str, Sequence[Mapping[str, object]]], *wanted: str
) -> Star:
    """The rows of the wanted gold tables (all of them by default) and of those they are made of, by table name."""
    found: Star = {}
    for model in in_order(_needed(wanted)):
        inputs = [
            rows(spark, table, *(found if table.layer is Layer.GOLD else silver).get(table.name, ()))
            for table in model.table.inputs
        ]
        if model.rows is not None:
            found[model.table.name] = model.rows(business).to_pylist()
        elif model.transform is not None:
            settings = {"business": business} if "business" in inspect.signature(model.transform).parameters else {}
            found[model.table.name] = published(model.table, model.transform(*inputs, **settings))
    return found


def _needed(wanted: Sequence[str]) -> set[Model]:
    models = {model.table.name: model for model in GOLD}
    return {models[name] for first in wanted or models for name in _with_inputs(models[first].table)}


def _with_inputs(table: Table) -> Iterator[str]:
    yield table.name
    for each in table.inputs:
        if each.layer is Layer.GOLD:
            yield from _with_inputs(each)
