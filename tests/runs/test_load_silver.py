"""What is set aside on the way to silver: every record with its reasons, counted, and kept once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from lakehouse import verbs
from lakehouse.quality.ledger import BALANCES
from lakehouse.quality.quarantine import REJECTS
from lakehouse.runs.catalog import ENTITIES
from lakehouse.runs.load_silver import Delivery, _parent, _with_expectations
from lakehouse.runs.report import RunReport
from lakehouse.sources.definition import Source
from lakehouse.table import BIGINT, STRING, Expectation, Field, Layer, Severity, Table
from tests.rows import rows
from tests.runs.small_shop import SOURCE, SmallShop

QUARANTINE = Severity.QUARANTINE


def test_a_row_that_fails_an_expectation_is_set_aside(spark: SparkSession) -> None:
    table = Table(
        Layer.SILVER,
        "sales",
        "One row per sale.",
        (
            Field("sale_id", STRING, "The sale."),
            Field("amount", BIGINT, "What it brought.", nullable=True),
            Field("_reasons", STRING, "Why not."),
        ),
        ("sale_id",),
        expectations=(
            Expectation("is_small", "amount < 10", QUARANTINE),
            Expectation("is_odd", "abs(amount) % 2 = 1", QUARANTINE),
            Expectation("is_nice", "amount = 7", Severity.WARN),
            Expectation("is_there", "amount > 0"),
        ),
    )
    given = {
        "good": (9, "", ""),
        "one fails": (8, "", "is_odd"),
        "both fail": (12, "", "is_small;is_odd"),
        "null is no answer": (None, "", "is_small;is_odd"),
        "not even typed": (12, "missing:amount", "missing:amount"),
        "only a warning": (-3, "", ""),
    }
    frame = rows(
        spark, table, *({"sale_id": name, "amount": row[0], "_reasons": row[1]} for name, row in given.items())
    )
    found = verbs.to_arrow(frame.select("sale_id", _with_expectations(table).alias("reasons"))).to_pylist()
    assert {row["sale_id"]: row["reasons"] for row in found} == {name: row[2] for name, row in given.items()}


def test_sets_are_known_by_any_of_the_mappings(spark: SparkSession) -> None:
    lines: dict[str, Any] = {"from": "lines", "fields": {}}

    def parent(*mappings: dict[str, Any]) -> str | None:
        source = Source.model_validate(
            {"source": "s", "objects": {"lines": {"files": "l"}}, "entities": {"order_lines": list(mappings)}}
        )
        return _parent(ENTITIES["order_lines"], [Delivery(source, "lines", spark.range(0), 0)])

    assert parent(lines) is None
    assert parent(lines, {**lines, "complete_per": "order_id"}) == "order_id"


def rejects(shop: SmallShop) -> list[tuple[Any, ...]]:
    """(entity, record, reasons, bytes) of everything set aside in files of orders."""
    found = shop.lake.delta(REJECTS).to_pyarrow_table().to_pylist()
    names = ("entity", "row_number", "reasons", "raw")
    return sorted((tuple(row[name] for name in names) for row in found), key=str)


def runs(shop: SmallShop, table: Table) -> Counter[str]:
    return Counter(shop.lake.delta(table).to_pyarrow_table(columns=["_run_id"])["_run_id"].to_pylist())


def test_every_rejected_record_is_kept_with_its_reasons(shop: SmallShop) -> None:
    bad = ["o3,2026-01-07,paid,-1.00,1", "o4,2026-01-07,lost,x,1", "o5,too,few", "o6,2026-01-08,paid,6.00,1"]
    shop.deliver("orders_2", *bad, minute=1)
    first = shop.run()
    expected = [
        ("orders", 1, "shipping_is_not_negative", None),
        ("orders", 2, "unknown_value:status;invalid_decimal:shipping_amount", None),
        (None, 3, "row:too_few_fields", b"o5,too,few"),
    ]
    assert rejects(shop) == sorted(expected, key=str)
    assert (first.rows, sum(balance.rows for balance in first.balances)) == (4, 3)
    assert "o6" in shop.orders()

    shop.deliver("orders_3", ",2026-01-09,paid,1.00,1", minute=2)
    second = shop.run()
    assert rejects(shop) == sorted([*expected, ("orders", 1, "missing:order_id", None)], key=str)
    assert runs(shop, REJECTS) == {first.run_id: 3, second.run_id: 1}

    balances = runs(shop, BALANCES)
    third = shop.run(full=True)
    assert runs(shop, REJECTS) == {third.run_id: 4}
    assert runs(shop, BALANCES) == {**balances, third.run_id: 5}


def test_a_line_that_its_order_has_no_more_is_no_delivered_record(shop: SmallShop) -> None:
    shop.deliver("lines_2", "l1,o1,1,5.00,2", minute=1)
    report = shop.run()
    assert len(shop.published("order_lines")) == 3
    assert [row["order_line_id"] for row in shop.published("order_lines") if row["_is_deleted"]] == ["corner:l2"]
    assert runs(shop, BALANCES)[report.run_id] == 1


GROUPED = """  orders:
    from: lines
    group: true
    version: max(integer(changed))
    fields:
      order_id: order_id
      ordered_at: min(timestamp('2026-01-05', 'yyyy-MM-dd'))
      status: first('paid')
      currency_code: first('EUR')
      shipping_amount: sum(decimal(price))
"""


def loaded_in_groups(spark: SparkSession, engine: str, folder: Path) -> tuple[SmallShop, RunReport]:
    mapping = SOURCE[SOURCE.index("  orders:\n    from") : SOURCE.index("  order_lines:\n    from")]
    shop = SmallShop(spark, engine, folder, SOURCE.replace(mapping, GROUPED))
    shop.deliver("lines_1", "l1,o1,1,5.00,1", "l2,o1,2,6.00,1", "l3,o2,3,7.00,1", "l4,o2,3,x,1", "l5,,3,7.00,1")
    return shop, shop.run()


def test_records_that_make_one_row_are_counted_each(spark: SparkSession, engine: str, tmp_path: Path) -> None:
    shop, report = loaded_in_groups(spark, engine, tmp_path)
    assert shop.orders() == {"o1": "11.00", "o2": "7.00"}
    [orders] = [balance for balance in report.balances if balance.entity == "orders"]
    assert (orders.rows, orders.loaded, orders.quarantined) == (5, 3, 2)
