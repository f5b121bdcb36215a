"""Other people's files, read by the parser and by an independent reader."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import duckdb
import pytest

from lakehouse.sources.formats import CsvFormat, JsonFormat
from lakehouse.sources.parse.parse import parse
from lakehouse.sources.parse.plan import ColumnPlan, ParsePlan
from tests.sources.parse.reading import Row, columns, csv_plan, good, json_plan, notices, read, rejects

RETAIL = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")


UNQUOTED = "shopify_transaction_data.csv"
"""The one file among them that holds quotes inside unquoted fields."""


def python_reads(path: Path) -> tuple[list[str], list[list[str]]]:
    quoting: Literal[0, 3] = csv.QUOTE_NONE if path.name == UNQUOTED else csv.QUOTE_MINIMAL
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *records = csv.reader(file, strict=True, quoting=quoting)
    return header, records


def query(sql: str) -> tuple[Any, ...]:
    row: tuple[Any, ...] = duckdb.connect().execute(sql).fetchall()[0]
    return row


def test_every_csv_file_reads_as_pythons_csv_reads_it(shared_data: Path) -> None:
    paths = sorted(shared_data.rglob("*.csv"))
    assert len(paths) > 100
    for path in paths:
        header, records = python_reads(path)
        declared = CsvFormat(null_values=(), quote="" if path.name == UNQUOTED else '"')
        plan = ParsePlan(tuple(ColumnPlan(f"c{at}", name) for at, name in enumerate(header)), declared)
        table = [row for batch in parse(path.as_uri(), path.read_bytes(), plan) for row in batch.to_pylist()]
        rows = [row for row in table if row["_reject_reason"] is None]
        assert [[row[f"c{at}"] for at in range(len(header))] for row in rows] == records, path
        assert [row["_row_number"] for row in rows] == list(range(1, len(records) + 1)), path
        assert {row["_reject_reason"] for row in table} <= {None, "notice:no_final_newline"}, path


def test_online_retail_has_the_figures_that_duckdb_finds(shared_data: Path) -> None:
    files = sorted((shared_data / "uci_online_retail_2010-12").glob("*.csv"))
    plan = ParsePlan(columns(*RETAIL), CsvFormat())
    rows = [row for path in files for row in read(path.read_bytes(), plan)]
    net = Decimal(sum(Decimal(row["Quantity"]) * Decimal(row["UnitPrice"]) for row in rows))
    anonymous = sum("CustomerID" not in row for row in rows)
    expected = query(
        f"""select count(*), cast(sum(cast(Quantity as int) * cast(UnitPrice as decimal(18, 4))) as decimal(18, 2)),
                   count(*) filter (where CustomerID is null)
            from read_csv({[str(path) for path in files]}, all_varchar = true, header = true, strict_mode = true)"""
    )
    assert (len(rows), net.quantize(Decimal("0.01")), anonymous) == expected
    assert (len(rows), net) == (42_481, Decimal("748957.02"))


def test_online_shoppers_has_the_figures_that_duckdb_finds(shared_data: Path) -> None:
    path = shared_data / "uci_online_shoppers" / "online_shoppers_intention.csv"
    header, _ = python_reads(path)
    rows = good(read(path.read_bytes(), ParsePlan(columns(*header), CsvFormat())))
    expected = query(
        f"""select count(*), count(*) filter (where Revenue = 'TRUE'), count(distinct r)
            from (select Revenue, r from read_csv('{path}', all_varchar = true, header = true) as r)"""
    )
    distinct = len({tuple(sorted(row.items())) for row in rows})
    assert (len(rows), sum(row["Revenue"] == "TRUE" for row in rows), distinct) == expected
    assert (len(rows), len(rows) - distinct) == (12_330, 125)


def fixture(shared_data: Path, name: str) -> bytes:
    return (shared_data / "shopify_fixtures" / "test" / "fixtures" / name).read_bytes()


def test_the_file_with_quotes_inside_fields_is_rejected_unless_declared_as_unquoted(shared_data: Path) -> None:
    (path,) = shared_data.rglob(UNQUOTED)
    assert [code for _, code, _ in rejects(read(path.read_bytes(), csv_plan("id")))] == ["broken_quotes"] * 3
    assert len(good(read(path.read_bytes(), csv_plan("id", quote="")))) == 5


@pytest.mark.parametrize(
    ("name", "records", "paths", "expected"),
    [
        pytest.param(
            "orders.json",
            "orders[]",
            ("id", "total=total_price", "customer=customer.id", "shop_total=total_price_set.shop_money.amount"),
            lambda d: [
                (o["id"], o["total_price"], o["customer"]["id"], o["total_price_set"]["shop_money"]["amount"])
                for o in d["orders"]
            ],
            id="orders",
        ),
        pytest.param(
            "order.json",
            "order.line_items[]",
            ("id", "price", "order_id=^.id", "currency=^.currency"),
            lambda d: [(i["id"], i["price"], o["id"], o["currency"]) for o in [d["order"]] for i in o["line_items"]],
            id="lines of an order",
        ),
        pytest.param(
            "order.json",
            "order",
            ("id", "total=total_price", "city=shipping_address.city", "first=line_items[0].sku"),
            lambda d: [
                (o["id"], o["total_price"], o["shipping_address"]["city"], o["line_items"][0]["sku"])
                for o in [d["order"]]
            ],
            id="one order",
        ),
        pytest.param(
            "refund.json",
            "refund.refund_line_items[]",
            ("id", "sku=line_item.sku", "refund_id=^.id", "created_at=^.created_at"),
            lambda d: [
                (i["id"], i["line_item"]["sku"], d["refund"]["id"], d["refund"]["created_at"])
                for i in d["refund"]["refund_line_items"]
            ],
            id="lines of a refund",
        ),
        pytest.param(
            "transactions.json",
            None,
            ("id", "amount", "status"),
            lambda d: [(t["id"], t["amount"], t["status"]) for t in d],
            id="transactions",
        ),
        pytest.param(
            "products.json",
            "variants[]",
            ("id", "price", "product=^.title"),
            lambda d: [(v["id"], v["price"], p["title"]) for p in d for v in p["variants"]],
            id="variants of products",
        ),
    ],
)
def test_shopify_payloads(
    shared_data: Path, name: str, records: str | None, paths: tuple[str, ...], expected: Any
) -> None:
    content = fixture(shared_data, name)
    plan = json_plan(*paths, records=records)
    found = [tuple(row.get(column.name) for column in plan.columns) for row in good(read(content, plan))]
    assert found
    assert found == [tuple(map(str, row)) for row in expected(json.loads(content))]


def test_every_shopify_payload_is_read_whole(shared_data: Path) -> None:
    """Nothing is declared, so each record must come back, value for value, in `_extra`."""
    paths = sorted((shared_data / "shopify_fixtures").rglob("*.json"))
    assert len(paths) > 90
    for path in paths:
        document = json.loads(path.read_bytes())
        rows = read(path.read_bytes(), ParsePlan((), JsonFormat(), max_rejected_share=1))
        elements = list(objects(document))
        assert [json.loads(row.get("_extra", "{}")) for row in good(rows)] == elements, path
        assert len(rejects(rows)) == (len(document) - len(elements) if isinstance(document, list) else 0), path


def objects(document: Any) -> Iterator[Row]:
    for element in document if isinstance(document, list) else [document]:
        if isinstance(element, dict):
            yield element


def test_stripe_resources_are_one_document(shared_data: Path) -> None:
    (path,) = (shared_data / "stripe_mock_fixtures").rglob("fixtures3.json")
    plan = json_plan("id?", "amount", "currency", records="resources.charge")
    rows = read(path.read_bytes(), plan)
    charge = json.loads(path.read_bytes())["resources"]["charge"]
    assert [(row["id"], row["amount"]) for row in good(rows)] == [(charge["id"], str(charge["amount"]))]
    assert notices(rows)[0].startswith("notice:undeclared_columns:amount_captured")
