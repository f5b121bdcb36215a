"""A source that declares other columns, or other objects, than when its files were read."""

from __future__ import annotations

from typing import Any

from tests.runs.small_shop import SOURCE, SmallShop

COLUMNS = "columns: [customer_id, email, changed]"
HEADER = "customer_id,email,changed,town"
WITH_CITY = SOURCE.replace(COLUMNS, "columns: {customer_id: , email: , changed: , city: town}").replace(
    "email: email", "email: email\n      city: city"
)
OTHER_MAPPING = SOURCE.replace("email: email", "email: lower(email)")


def cities(shop: SmallShop) -> dict[str, str | None]:
    return {row["customer_id"].removeprefix("corner:"): row["city"] for row in shop.published("customers")}


def bronze(shop: SmallShop) -> list[dict[str, Any]]:
    """Records as sent, in the order of their keys."""
    rows = [row for row in shop.published("bronze.corner__customers") if row["customer_id"]]
    return [{name: row.get(name) for name in ("customer_id", "city", "_extra")} for row in rows]


def test_columns_come_and_go_and_no_value_is_lost(shop: SmallShop) -> None:
    shop.deliver("customers_2", "c2,bob@example.com,1,Bonn", header=HEADER, minute=1)
    shop.run()
    assert cities(shop) == {"c1": None, "c2": None}

    shop.source = WITH_CITY.replace("changed: , city: town}", "changed: , city: town}\n    optional: [city]")
    assert shop.run().rebuilt == "the definition of corner changed"
    assert cities(shop) == {"c1": None, "c2": "Bonn"}
    shop.deliver("customers_3", "c3,cyd@example.com,1,Cork", header=HEADER, minute=2)
    shop.run()
    assert cities(shop) == {"c1": None, "c2": "Bonn", "c3": "Cork"}

    declared, shop.source = shop.source, SOURCE
    shop.deliver("customers_4", "c4,dot@example.com,1,Dover", header=HEADER, minute=3)
    shop.deliver("customers_5", "c5,eve@example.com,1", minute=4)
    shop.run()
    assert set(cities(shop).values()) == {None}
    assert bronze(shop) == [
        {"customer_id": "c1", "city": None, "_extra": None},
        {"customer_id": "c2", "city": None, "_extra": '{"town":"Bonn"}'},
        {"customer_id": "c3", "city": "Cork", "_extra": None},
        {"customer_id": "c4", "city": None, "_extra": '{"town":"Dover"}'},
        {"customer_id": "c5", "city": None, "_extra": None},
    ]

    shop.source = declared
    shop.run()
    assert cities(shop) == {"c1": None, "c2": "Bonn", "c3": "Cork", "c4": "Dover", "c5": None}


def test_an_object_that_is_declared_again_still_has_its_rows(shop: SmallShop) -> None:
    before = shop.facts()
    customers = SOURCE[SOURCE.index("  customers:\n    files") : SOURCE.index("entities:")]
    mapping = SOURCE[SOURCE.index("  customers:\n    from") :]
    shop.source = SOURCE.replace(customers, "").replace(mapping, "")
    shop.run()
    shop.source = SOURCE
    shop.run()
    assert shop.facts() == before
