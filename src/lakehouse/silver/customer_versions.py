"""customer_versions: every delivered version of every customer; what the type 2 history is made of."""

from __future__ import annotations

from dataclasses import replace

from lakehouse.silver.customers import TABLE as CUSTOMERS

TABLE = replace(
    CUSTOMERS,
    name="customer_versions",
    grain="One row per customer account and version.",
    primary_key=("customer_id", "_version"),
    scope_by="customer_id",
)
