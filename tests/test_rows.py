"""What the rows of tests are filled with."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pyspark.sql import SparkSession

from lakehouse import verbs
from lakehouse.derive.contract import conform
from lakehouse.derive.schema import arrow_schema
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.silver.order_lines import TABLE as ORDER_LINES
from lakehouse.silver.orders import TABLE as ORDERS
from tests.rows import MOMENT, arrow_rows, rows


def test_given_values_are_read_as_declared() -> None:
    (row,) = arrow_rows(
        ORDERS, {"order_id": "a", "ordered_at": "2024-03-01T09:30", "shipping_amount": 5.1, "is_test": "true"}
    ).to_pylist()
    assert row["order_id"] == "a"
    assert row["ordered_at"] == datetime(2024, 3, 1, 9, 30, tzinfo=UTC)
    assert row["shipping_amount"] == Decimal("5.10")
    assert row["is_test"] is True


def test_the_rest_is_filled_by_rules() -> None:
    first, second = arrow_rows(ORDER_LINES, {}, {}).to_pylist()
    assert (first["order_line_id"], second["order_line_id"]) == ("order_line_id-1", "order_line_id-2")
    assert first["order_id"] == second["order_id"] == arrow_rows(ORDERS, {}).to_pylist()[0]["order_id"]
    assert first["product_id"] is None
    assert (first["quantity"], first["discount_amount"]) == (1, 0)
    assert arrow_rows(FACT_ORDERS, {}).to_pylist()[0]["ordered_at"] == MOMENT


def test_a_frame_is_as_declared(spark: SparkSession) -> None:
    frame = rows(spark, ORDERS, {"order_id": "a"}, {"order_id": "b"})
    assert conform(frame, ORDERS).columns == list(ORDERS.field_names)
    assert verbs.to_arrow(frame).to_pylist() == arrow_rows(ORDERS, {"order_id": "a"}, {"order_id": "b"}).to_pylist()
    assert rows(spark, ORDERS).count() == 0
    assert arrow_rows(ORDERS).schema == arrow_schema(ORDERS)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"orderd_at": "2024-01-01"}, KeyError, "'ordered_at'"),
        ({"order_id": None}, ValueError, "never null"),
    ],
    ids=["unknown field", "null where none can be"],
)
def test_a_mistake_in_a_test_is_told(given: dict[str, object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        arrow_rows(ORDERS, given)
