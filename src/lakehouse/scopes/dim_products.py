"""How far changes reach into dim_products: the catalogue's changes, and lines of products that it does not name."""

from __future__ import annotations

import pyarrow.compute as pc

from lakehouse.gold import dim_products
from lakehouse.scope import Keys, Scope, Scoped, having
from lakehouse.silver.order_lines import TABLE as ORDER_LINES
from lakehouse.silver.products import TABLE as PRODUCTS
from lakehouse.spark import F


def scoped(scope: Scope) -> Scoped:
    """The products reached; lines are looked into only for those that the catalogue has no name for."""
    sold = Keys.of(scope.images(ORDER_LINES)["product_id"])
    reached = scope.changed(PRODUCTS) | sold
    catalogue = scope.now(PRODUCTS, "product_id", reached)
    named = catalogue.filter(~pc.field("_is_deleted") & pc.field("product_name").is_valid())
    unnamed = reached - Keys.of(named["product_id"])
    keys = scope.changed(PRODUCTS) | (sold & unnamed)
    if not keys:
        return Scoped(keys)
    made = dim_products.transform(
        scope.frame(having(catalogue, "product_id", keys)),
        scope.frame(scope.now(ORDER_LINES, "product_id", keys & unnamed)),
    )
    return Scoped(keys, made.where(F.col("product_id").isNotNull()))
