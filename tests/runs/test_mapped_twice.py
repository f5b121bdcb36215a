"""A source that brings a record to one entity in two ways, such as a customer as buyer and as recipient."""

from __future__ import annotations

from tests.runs.small_shop import SOURCE, SmallShop

BEFORE, CUSTOMERS = SOURCE.split("  customers:\n    from")
ITEM = "    - from" + CUSTOMERS.replace("\n", "\n  ").rstrip() + "\n"
TWICE = BEFORE + "  customers:\n" + ITEM + ITEM


def test_the_same_row_counts_once_and_a_bad_one_is_kept_for_each(shop: SmallShop) -> None:
    shop.source = TWICE
    shop.deliver("customers_2", "c2,bob@example.com,1", ",nobody@example.com,1", minute=1)
    report = shop.run()
    (balance,) = [each for each in report.balances if each.entity == "customers"]
    counts = (balance.rows, balance.loaded, balance.duplicate, balance.quarantined)
    assert counts == (6, 2, 2, 2)
    assert len(shop.published("customers")) == 2
    rejects = shop.published("quarantine.rejects")
    assert [row["reasons"] for row in rejects] == ["missing:customer_id"] * 2
    stored = shop.snapshot().dataset("quarantine.rejects").to_table()
    assert len(set(stored["reject_id"].to_pylist())) == 2
