"""The checks of a published table, derived from its declaration: key, references, vocabularies, expectations."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

from lakehouse.spark import Column, DataFrame, F
from lakehouse.table import Severity, Table

COLUMNS = ("table", "name", "severity", "failed_rows")


def checks(table: Table, frame: DataFrame, others: Mapping[str, DataFrame]) -> DataFrame | None:
    """One row per check of the table: (table, name, severity, failed_rows); None if it declares nothing to check.

    `others` holds the tables that its references point to, by name; references to others are not checked. A null
    points nowhere and is right where the field may be null; the unknown member is a row like any other.
    """
    parts = [*_row_checks(table, frame), *_key_check(table, frame), *_reference_checks(table, frame, others)]
    return reduce(lambda left, right: left.unionByName(right), parts) if parts else None


def _row_checks(table: Table, frame: DataFrame) -> list[DataFrame]:
    """All rules about single rows, in one pass over the table."""
    rules: list[tuple[str, Severity, Column]] = [
        (expectation.name, expectation.severity, F.expr(expectation.predicate)) for expectation in table.expectations
    ]
    rules += [
        (
            f"{field.name}_is_in_vocabulary",
            Severity.BLOCK,
            F.col(field.name).isNull() | F.col(field.name).isin(*field.values),
        )
        for field in table.fields
        if field.values
    ]
    rules += [
        (f"{field.name}_is_not_null", Severity.BLOCK, F.col(field.name).isNotNull())
        for field in table.fields
        if not field.nullable
    ]
    if not rules:
        return []
    failed = frame.agg(
        *(
            F.count(F.when(~F.coalesce(rule, F.lit(False)), F.lit(1))).alias(f"_{number}")
            for number, (_, _, rule) in enumerate(rules)
        )
    )
    listed = F.array(
        *(
            F.struct(
                F.lit(str(table)).alias("table"),
                F.lit(name).alias("name"),
                F.lit(severity.value).alias("severity"),
                F.col(f"_{number}").alias("failed_rows"),
            )
            for number, (name, severity, _) in enumerate(rules)
        )
    )
    return [failed.select(F.explode(listed).alias("check")).select("check.*")]


def _key_check(table: Table, frame: DataFrame) -> list[DataFrame]:
    if not table.primary_key:
        return []
    repeated = frame.groupBy(*table.primary_key).agg(F.count(F.lit(1)).alias("_rows")).where(F.col("_rows") > 1)
    return [_counted(repeated, table, "primary_key_is_unique")]


def _reference_checks(table: Table, frame: DataFrame, others: Mapping[str, DataFrame]) -> list[DataFrame]:
    found = []
    for field in table.fields:
        target, _, column = (field.references or "").partition(".")
        if target not in others:
            continue
        known = others[target].select(F.col(column).alias("_known"))
        named = frame.where(F.col(field.name).isNotNull()).select(F.col(field.name).alias("_named"))
        orphans = named.join(known, F.col("_named") == F.col("_known"), "left_anti")
        found.append(_counted(orphans, table, f"{field.name}_points_to_{target}"))
    return found


def _counted(frame: DataFrame, table: Table, name: str) -> DataFrame:
    return frame.agg(F.count(F.lit(1)).alias("failed_rows")).select(
        F.lit(str(table)).alias("table"),
        F.lit(name).alias("name"),
        F.lit(Severity.BLOCK.value).alias("severity"),
        "failed_rows",
    )
