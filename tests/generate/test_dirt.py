"""What is planted is there, as often as the truth says."""

from __future__ import annotations

import csv
import io
from collections import Counter

import pytest

from tests.generate.conftest import KEYS, GeneratedShop


def _planted(shop: GeneratedShop, kind: str) -> dict[str, int]:
    found: dict[str, int] = shop.truth["planted"][kind]
    return found


def _counted(found: Counter[str]) -> dict[str, int]:
    return {name: count for name, count in found.items() if count}


def test_a_clean_shop_has_no_dirt(clean_shop: GeneratedShop) -> None:
    assert clean_shop.truth["planted"] == {}
    for name in KEYS:
        assert len(clean_shop.good(name)) == clean_shop.truth["delivered"][name]["rows"]


def test_every_kind_is_planted(dirty_shop: GeneratedShop) -> None:
    assert set(dirty_shop.truth["planted"]) == {
        "duplicate_same_file",
        "duplicate_other_file",
        "stale",
        "conflict",
        "null_key",
        "too_few_fields",
        "too_many_fields",
        "unbalanced_quote",
        "invalid_number",
        "invalid_date",
        "unknown_status",
        "unknown_customer",
        "unknown_product",
        "unpublished_currency",
        "orphan_payment",
        "file_reordered_columns",
        "file_undeclared_column",
        "file_crlf",
        "file_byte_order_mark",
    }


def test_files_are_laid_out_oddly(clean_shop: GeneratedShop, dirty_shop: GeneratedShop) -> None:
    found: dict[str, Counter[str]] = {kind: Counter() for kind in ("byte_order_mark", "crlf", "undeclared_column")}
    reordered: Counter[str] = Counter()
    for name in clean_shop.truth["delivered"]:
        usual = clean_shop.text(clean_shop.files(name)[0]).splitlines()[0].split(",")
        for path in dirty_shop.files(name):
            first, *_ = dirty_shop.text(path).split("\n", 1)
            columns = first.rstrip("\r").split(",")
            found["crlf"][name] += first.endswith("\r")
            found["undeclared_column"][name] += "delivery_note" in columns
            found["byte_order_mark"][name] += path.suffix != ".gz" and path.read_bytes().startswith(b"\xef\xbb\xbf")
            reordered[name] += [column for column in columns if column != "delivery_note"] != usual
    for kind, counts in found.items():
        planted = _planted(dirty_shop, f"file_{kind}")
        if kind == "byte_order_mark":
            planted = {name: count for name, count in planted.items() if name != "sessions"}
        assert _counted(counts) == planted, kind
    assert _counted(reordered) == _planted(dirty_shop, "file_reordered_columns")


@pytest.mark.parametrize("object_name", KEYS)
def test_broken_rows_are_as_many_as_planted(dirty_shop: GeneratedShop, object_name: str) -> None:
    planted = {kind: counts.get(object_name, 0) for kind, counts in dirty_shop.truth["planted"].items()}
    narrow = wide = 0
    for path in dirty_shop.files(object_name):
        header, *records = csv.reader(io.StringIO(dirty_shop.text(path), newline=""))
        narrow += sum(len(record) < len(header) for record in records)
        wide += sum(len(record) > len(header) for record in records)
    rows = dirty_shop.delivered(object_name)
    assert wide == planted["too_many_fields"]
    assert narrow >= planted["too_few_fields"]
    kinds = ("null_key", "invalid_number", "invalid_date", "unknown_status", "unbalanced_quote")
    rejected = len(rows) - len(dirty_shop.good(object_name))
    assert rejected + narrow == sum(planted[kind] for kind in kinds) + planted["too_few_fields"]
    assert dirty_shop.truth["delivered"][object_name]["rows"] == len(rows) + narrow + wide


@pytest.mark.parametrize("object_name", KEYS)
def test_no_broken_row_uses_a_real_key(dirty_shop: GeneratedShop, object_name: str) -> None:
    """Were one accepted by mistake, it would show in the numbers."""
    good = dirty_shop.good(object_name)
    bad = Counter(tuple(row.items()) for row in dirty_shop.delivered(object_name))
    bad.subtract(tuple(row.items()) for row in good)
    keys = {dict(row)[KEYS[object_name]].strip() for row, count in bad.items() if count}
    assert keys
    assert all(key == "" or key.startswith("X") for key in keys)
    assert not any(row[KEYS[object_name]].startswith("X") for row in good)


def test_redelivered_rows(dirty_shop: GeneratedShop) -> None:
    copies = stale = 0
    versions: dict[str, str] = {}
    seen: Counter[tuple[tuple[str, str], ...]] = Counter()
    for row in dirty_shop.good("orders"):
        row.pop("delivery_note", None)
        identity = tuple(sorted(row.items()))
        copies += seen[identity] > 0
        seen[identity] += 1
        stale += row["updated_at"] < versions.get(row["order_id"], "")
        versions[row["order_id"]] = max(row["updated_at"], versions.get(row["order_id"], ""))
    kinds = ("duplicate_same_file", "duplicate_other_file", "stale")
    assert copies == sum(_planted(dirty_shop, kind).get("orders", 0) for kind in kinds)
    assert stale >= _planted(dirty_shop, "stale")["orders"] > 0


@pytest.mark.parametrize(("object_name", "column"), [("orders", "coupon_code"), ("customers", "city")])
def test_conflicting_versions_differ_where_no_number_depends_on_it(
    dirty_shop: GeneratedShop, object_name: str, column: str
) -> None:
    payloads: dict[tuple[str, str], set[str]] = {}
    others: dict[tuple[str, str], set[tuple[str, ...]]] = {}
    for row in dirty_shop.good(object_name):
        version = (row[KEYS[object_name]], row["updated_at"])
        payloads.setdefault(version, set()).add(row[column])
        rest = sorted(item for item in row.items() if item[0] not in (column, "delivery_note"))
        others.setdefault(version, set()).add(tuple(map(str, rest)))
    assert sum(len(values) > 1 for values in payloads.values()) == _planted(dirty_shop, "conflict")[object_name]
    assert all(len(values) == 1 for values in others.values())


def test_planted_orphans(dirty_shop: GeneratedShop) -> None:
    orders = {row["order_id"] for row in dirty_shop.good("orders")}
    customers = {"", *(row["customer_id"] for row in dirty_shop.good("customers"))}
    products = {row["product_id"] for row in dirty_shop.good("products")}
    newest = {name: dirty_shop.newest(name) for name in KEYS}
    found = {
        "orphan_payment": sum(row["order_id"] not in orders for row in newest["payments"]),
        "unknown_customer": sum(
            bool(row["customer_id"]) and row["customer_id"] not in customers for row in newest["orders"]
        ),
        "unknown_product": sum(row["product_id"] not in products for row in newest["order_lines"]),
    }
    assert found == {kind: sum(_planted(dirty_shop, kind).values()) for kind in found}


def test_what_hangs_on_an_order_without_a_rate_is_counted_and_in_its_currency(dirty_shop: GeneratedShop) -> None:
    unrated = {row["order_id"] for row in dirty_shop.newest("orders") if row["currency"] == "SEK"}
    objects = ("orders", "order_lines", "payments", "refunds")
    found = Counter({name: sum(row["order_id"] in unrated for row in dirty_shop.newest(name)) for name in objects})
    assert _counted(found) == _planted(dirty_shop, "unpublished_currency")
    for name in ("payments", "refunds"):
        used = {row["order_id"] for row in dirty_shop.newest(name) if row["currency"] == "SEK"}
        assert used <= unrated, name
    assert "SEK" not in {row["from_currency"] for row in dirty_shop.good("exchange_rates")}
