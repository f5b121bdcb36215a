"""The shipped sources over real files, or the generator's: what comes out is what `SOURCES.md` and DuckDB say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.generate.generate import generate
from lakehouse.sources.check import check_source, check_sources
from lakehouse.sources.mapping import map_rows
from tests.sources.deliveries import bronze, found
from tests.sources.entities import ENTITIES

SOURCES = Path(__file__).resolve().parents[2] / "conf" / "sources"
Mapped = dict[str, list[dict[str, Any]]]


def mapped(spark: SparkSession, name: str, folder: Path) -> Mapped:
    """Entity → all candidate rows that a source makes of a folder of files."""
    source = check_source(SOURCES / f"{name}.yml", ENTITIES)
    files = {object_name: found(source, object_name, folder) for object_name in source.objects}
    frames: dict[str, DataFrame] = {
        object_name: bronze(spark, source, object_name, paths) for object_name, paths in files.items() if paths
    }
    return {
        entity: [
            row.asDict()
            for mapping in source.mappings(entity)
            for object_name in mapping.objects
            if object_name in frames
            for row in map_rows(frames[object_name], source, mapping, ENTITIES[entity])
            .withColumns({name: F.col(name).cast("string") for name in ("updated_at",)})
            .collect()
        ]
        for entity in source.entities
    }


def good(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if not row["_is_filtered"] and not row["_reasons"]]


def total(rows: list[dict[str, Any]], value: Callable[[dict[str, Any]], Decimal]) -> Decimal:
    return sum((value(row) for row in rows), Decimal(0))


def test_all_shipped_sources_are_right_together() -> None:
    names = [source.source for source in check_sources(sorted(SOURCES.glob("*.yml")), ENTITIES)]
    assert names == ["demo_shop", "jaffle_shop", "online_retail", "shopify", "stripe"]


def test_jaffle_shop(spark: SparkSession, shared_data: Path) -> None:
    rows = mapped(spark, "jaffle_shop", shared_data / "jaffle_shop_classic" / "seeds")
    assert {entity: (len(found_rows), len(good(found_rows))) for entity, found_rows in rows.items()} == {
        "customers": (100, 100),
        "orders": (99, 99),
        "order_lines": (113, 113),
        "payments": (113, 113),
    }
    assert len({row["customer_id"] for row in rows["orders"]}) == 62
    assert total(rows["payments"], lambda row: row["amount"]) == Decimal("1672.00")
    assert total(rows["order_lines"], lambda row: row["quantity"] * row["unit_price_amount"]) == Decimal("1672.00")
    assert {row["status"] for row in rows["orders"]} == {"placed", "fulfilled", "returned"}
    assert {row["order_id"] for row in rows["order_lines"]} <= {row["order_id"] for row in rows["orders"]}


@pytest.fixture(scope="module")
def retail(spark: SparkSession, shared_data: Path) -> Mapped:
    return mapped(spark, "online_retail", shared_data / "uci_online_retail_2010-12")


@pytest.fixture(scope="module")
def invoice_lines(shared_data: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        "create table lines as select * from read_csv(?, header = true, all_varchar = true)",
        [str(shared_data / "uci_online_retail_2010-12" / "*.csv")],
    )
    connection.execute(
        "create view sales as "
        "select *, cast(Quantity as decimal(18, 3)) * cast(UnitPrice as decimal(18, 4)) as amount "
        "from lines where regexp_full_match(InvoiceNo, '[0-9]+') "
        "and cast(Quantity as decimal(18, 3)) > 0 and cast(UnitPrice as decimal(18, 4)) > 0"
    )
    return connection


def test_online_retail_figures(retail: Mapped) -> None:
    """Those of `SOURCES.md`."""
    orders, lines, refunds = (good(retail[name]) for name in ("orders", "order_lines", "refunds"))
    gross = total(lines, lambda row: row["quantity"] * row["unit_price_amount"])
    cancelled = total(refunds, lambda row: row["goods_amount"])
    assert (len(orders), gross.quantize(Decimal("0.01"))) == (1559, Decimal("823746.14"))
    invoices = {row["refund_id"].rsplit("-", 1)[0] for row in refunds}
    assert (len(invoices), cancelled) == (326, Decimal("74789.12"))
    assert (gross - cancelled).quantize(Decimal("0.01")) == Decimal("748957.02")
    assert {row["order_id"] for row in refunds} == {None}


def test_online_retail_agrees_with_duckdb(retail: Mapped, invoice_lines: duckdb.DuckDBPyConnection) -> None:
    expected = invoice_lines.execute(
        "select 'online_retail:' || InvoiceNo, sum(amount), count(*), "
        "'online_retail:' || max(split_part(CustomerID, '.', 1)), "
        "strftime(min(InvoiceDate::timestamp), '%Y-%m-%d %H:%M:%S') "
        "from sales group by 1 order by 1"
    ).fetchall()
    amounts: dict[str, Decimal] = {}
    for row in good(retail["order_lines"]):
        amount = row["quantity"] * row["unit_price_amount"]
        amounts[row["order_id"]] = amounts.get(row["order_id"], Decimal(0)) + amount
    given = [
        (row["order_id"], amounts[row["order_id"]], row["_row_count"], row["customer_id"], str(row["ordered_at"]))
        for row in sorted(good(retail["orders"]), key=lambda row: str(row["order_id"]))
    ]
    assert given == expected


def test_online_retail_equal_lines_are_two_sales(retail: Mapped) -> None:
    lines = good(retail["order_lines"])
    assert len({row["order_line_id"] for row in lines}) == len(lines) == 41480
    contents = {(row["order_id"], row["product_id"], row["quantity"], row["unit_price_amount"]) for row in lines}
    assert len(contents) < len(lines)


def test_online_retail_accounts_for_every_record(retail: Mapped) -> None:
    assert {entity: sum(row["_row_count"] for row in rows) for entity, rows in retail.items()} == dict.fromkeys(
        ENTITIES.keys() & retail.keys(), 42481
    )
    assert {row["_reasons"] for rows in retail.values() for row in rows} == {""}


def test_online_retail_customers_and_products(retail: Mapped, invoice_lines: duckdb.DuckDBPyConnection) -> None:
    (counts,) = invoice_lines.execute(
        "select (select count(distinct CustomerID) from lines), (select count(distinct upper(StockCode)) from sales)"
    ).fetchall()
    customers, products = good(retail["customers"]), good(retail["products"])
    assert (len({row["customer_id"] for row in customers}), len({row["product_id"] for row in products})) == counts
    assert {row["country_code"] for row in customers} >= {"GB", "FR", "IE"}
    assert "online_retail:17850" in {row["customer_id"] for row in customers}


def test_stripe(spark: SparkSession, shared_data: Path) -> None:
    rows = mapped(spark, "stripe", shared_data / "fivetran_dbt_stripe" / "integration_tests" / "seeds")
    charges, refunds = good(rows["payments"]), good(rows["refunds"])
    assert (len(charges), len(rows["payments"])) == (16, 16)
    assert {row["status"] for row in charges} == {"failed"}
    assert {row["failure_reason"] for row in charges} == {"card_declined"}
    assert max(row["amount"] for row in charges) == Decimal("32932.32")
    assert total(refunds, lambda row: row["goods_amount"]) == Decimal("23914.21")
    assert {row["currency_code"] for row in [*charges, *refunds]} == {"USD"}
    assert "stripe:ch_0IBft2ig6peNXzgDv3vdM6nM" in {row["payment_id"] for row in refunds}


def test_shopify(spark: SparkSession, shared_data: Path) -> None:
    rows = mapped(spark, "shopify", shared_data / "shopify_fixtures" / "test" / "fixtures")
    assert {entity: len(good(found_rows)) for entity, found_rows in rows.items()} == {
        "orders": 2,
        "order_lines": 3,
        "payments": 2,
        "refunds": 1,
        "customers": 2,
        "products": 8,
    }
    assert all(len(good(found_rows)) == len(found_rows) for found_rows in rows.values())
    order = "shopify:450789469"
    linked = ("orders", "order_lines", "payments", "refunds")
    assert {row["order_id"] for entity in linked for row in rows[entity]} == {order}
    assert {row["customer_id"] for row in [*rows["orders"], *rows["customers"]]} == {"shopify:207119551"}
    assert sorted(row["order_line_id"] for row in rows["order_lines"]) == [
        "shopify:466157049",
        "shopify:518995019",
        "shopify:703073504",
    ]
    assert {row["product_id"] for row in rows["order_lines"]} <= {row["product_id"] for row in rows["products"]} | {
        f"shopify:{variant}" for variant in (39072856, 49148385, 457924702)
    }
    assert [(row["goods_amount"], row["reason"]) for row in rows["refunds"]] == [
        (Decimal("209.00"), "it broke during shipping")
    ]
    assert {(row["status"], row["amount"]) for row in rows["payments"]} == {("pending", Decimal("409.94"))}


def test_demo_shop_clean(spark: SparkSession, tmp_path: Path) -> None:
    generate(tmp_path, days=3, orders_per_day=30, seed=7, start=date(2026, 1, 1))
    rows = mapped(spark, "demo_shop", tmp_path)
    assert {entity for entity, found_rows in rows.items() if found_rows} == set(ENTITIES)
    assert [row for found_rows in rows.values() for row in found_rows if row["_reasons"] or row["_is_filtered"]] == []


def test_demo_shop_dirty(spark: SparkSession, tmp_path: Path) -> None:
    """What a mapping can see of what the generator plants is set aside, and nothing else is."""
    generate(tmp_path, days=4, orders_per_day=60, seed=7, start=date(2026, 1, 1), dirty=0.2)
    rows = mapped(spark, "demo_shop", tmp_path)
    codes = {
        reason.split(":")[0]
        for found_rows in rows.values()
        for row in found_rows
        for reason in row["_reasons"].split(";")
    }
    assert codes == {"", "missing", "unknown_value", "invalid_decimal", "invalid_integer", "invalid_timestamp"}
    bad = {"teleported", "unknown?", "abc", "NaN"}
    assert not bad & {str(value) for found_rows in rows.values() for row in good(found_rows) for value in row.values()}
