"""product_versions: every delivered version of every product; what the type 2 history is made of."""

from __future__ import annotations

from dataclasses import replace

from lakehouse.silver.products import TABLE as PRODUCTS

TABLE = replace(
    PRODUCTS,
    name="product_versions",
    grain="One row per product and version.",
    primary_key=("product_id", "_version"),
    scope_by="product_id",
)
