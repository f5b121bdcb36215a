"""The Delta properties of a table, as its declaration decides them."""

from __future__ import annotations

from collections.abc import Mapping

from lakehouse.table import Field, Privacy, Table

KEPT_DAYS = 400
"""How long versions can be read that are not the latest; Delta from 4.1 on refuses to go back further."""

RETENTION = {
    "delta.deletedFileRetentionDuration": f"interval {KEPT_DAYS} days",
    "delta.logRetentionDuration": f"interval {KEPT_DAYS} days",
    "delta.enableExpiredLogCleanup": "false",
}
"""No engine removes on its own what a kept manifest pins: `lakehouse vacuum` alone knows which versions those are."""

_WITHOUT_ORDER = {"binary", "boolean", "array<string>"}


def table_properties(table: Table) -> Mapping[str, str]:
    """Property name → value.

    Least and greatest values, which Delta keeps as plain text in the log, are kept for no direct personal data. Spark
    refuses partition fields among them: their values are in the log anyway.
    """
    indexed = [field.name for field in table.fields if _is_indexed(field) and field.name not in table.partition_by]
    return {"delta.dataSkippingStatsColumns": ",".join(f"`{name}`" for name in indexed), **RETENTION}


def _is_indexed(field: Field) -> bool:
    return field.privacy is not Privacy.PII_DIRECT and field.type not in _WITHOUT_ORDER
