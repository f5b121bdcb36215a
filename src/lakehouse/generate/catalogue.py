"""The catalogue: products by category and subcategory, with prices and costs that change now and then."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from lakehouse.generate.arrays import (
    Bools,
    Floats,
    Ints,
    amounts,
    chance,
    decimals,
    flags,
    integers,
    joined,
    labels,
    pick,
    timestamps,
    words,
)
from lakehouse.generate.places import PRICE_FACTORS, REPORTING_CURRENCY

_RANGES = (
    ("Home", "Lamps", "Lamp", 2_900), ("Home", "Textiles", "Blanket", 3_900), ("Home", "Decoration", "Vase", 1_900),
    ("Kitchen", "Cookware", "Pan", 4_900), ("Kitchen", "Tableware", "Plate, 27 cm", 900),
    ("Kitchen", "Appliances", "Kettle", 5_900),
    ("Garden", "Tools", "Spade", 2_400), ("Garden", "Plants", "Herb pot", 490),
    ("Office", "Paper", "Notebook A5", 690), ("Office", "Desks", "Standing desk", 34_900),
    ("Sport", "Yoga", "Mat", 2_900), ("Sport", "Cycling", "Bicycle light", 3_400),
    ("Fashion", "Shoes", "Sneaker", 7_900), ("Fashion", "Bags", 'Backpack 15"', 5_900),
    ("Toys", "Games", "Board game", 3_200), ("Toys", "Wood", "Train set", 4_400),
    ("Hardware", "Cables", "Cable, by the metre", 84), ("Hardware", "Screws", "Screw, single", 7),
)  # fmt: skip
"""Category, subcategory, noun, usual price in cents."""

_BY_PIECE = frozenset({"Cables", "Screws"})
_COLOURS = ("white", "black", "oak", "sand", "moss", "sea", "brick", "grey", "sun", "night")
_BRANDS = ("House", "Basics", "Studio", "North", "Outlet")
_DAILY_CHANGES = 0.004


class Catalogue:
    """All products with their prices of today, in ten-thousandths of the reporting currency."""

    def __init__(self, rng: np.random.Generator, count: int, opening: int) -> None:
        self.ranges = np.arange(count, dtype=np.int64) % len(_RANGES)
        by_piece = np.array([subcategory in _BY_PIECE for _, subcategory, _, _ in _RANGES])[self.ranges]
        usual = np.array([price for *_, price in _RANGES], dtype=np.float64)[self.ranges]
        cents = usual * rng.lognormal(0.0, 0.35, count)
        shelf = np.maximum((cents / 100).astype(np.int64) * 100 + 99, 199) * 100
        self.price: Ints = np.where(by_piece, np.maximum((cents * 100).astype(np.int64), 15), shelf)
        self.cost: Ints = (self.price * rng.uniform(0.35, 0.7, count)).astype(np.int64)
        self.colour = rng.integers(0, len(_COLOURS), count)
        self.brand = rng.integers(0, len(_BRANDS), count)
        self.renamed = np.zeros(count, dtype=np.int64)
        self.active = np.ones(count, dtype=np.bool_)
        self.updated_at = np.full(count, opening - 86_400, dtype=np.int64)
        self._popularity: Floats = rng.permutation(1.0 / (np.arange(count) + 3.0) ** 0.8)

    def __len__(self) -> int:
        return len(self.price)

    def bought(self, rng: np.random.Generator, count: int) -> Ints:
        """Products of `count` cart lines, by popularity; what is no longer active is not sold."""
        return pick(rng, count, np.where(self.active, self._popularity, 0.0))

    def list_price(self, products: Ints, currencies: Ints) -> Ints:
        """Unit prices in ten-thousandths of the given currencies; whole cents except for what is sold by the piece."""
        exact: Ints = np.rint(self.price[products] * np.array(PRICE_FACTORS)[currencies]).astype(np.int64)
        fine: Bools = self.price[products] % 100 != 0
        return np.where(fine, exact, (exact + 50) // 100 * 100)

    def change(self, rng: np.random.Generator, at: int, span: int) -> Ints:
        """Changes price, cost, name or availability of some products between `at` and `at + span`; gives them."""
        changed = np.flatnonzero(chance(rng, len(self), _DAILY_CHANGES)).astype(np.int64)
        kinds = pick(rng, len(changed), (5, 3, 1, 1))
        factor = rng.uniform(0.9, 1.12, len(changed))
        whole = np.where(self.price[changed] % 100 == 0, 100, 1)
        price = np.maximum((self.price[changed] * factor).astype(np.int64) // whole * whole, 15)
        self.price[changed] = np.where(kinds == 0, price, self.price[changed])
        cost = np.maximum((self.cost[changed] * factor).astype(np.int64), 5)
        self.cost[changed] = np.where(kinds == 1, cost, self.cost[changed])
        self.renamed[changed] += kinds == 2
        self.active[changed] ^= (kinds == 3) & (changed % len(_RANGES) != 0)
        self.updated_at[changed] = at + rng.integers(0, span, len(changed))
        return changed

    def names(self, products: Ints) -> pa.Array:
        nouns = words([noun for _, _, noun, _ in _RANGES], self.ranges[products])
        editions = words(("", " (new)"), np.minimum(self.renamed[products], 1))
        return joined(nouns, " ", words(_COLOURS, self.colour[products]), editions)

    def facts(self, products: Ints) -> pa.Table:
        """What the truth asks of these products: since when they cost so much, and what they are."""
        return pa.table(
            {
                "product_id": integers(products),
                "updated_at": integers(self.updated_at[products]),
                "unit_cost": decimals(self.cost[products], 4),
                "category": words([category for category, *_ in _RANGES], self.ranges[products]),
            }
        )

    def columns(self, products: Ints) -> dict[str, pa.Array]:
        """The rows to deliver for these products, as they are now."""
        ranges = self.ranges[products]
        return {
            "product_id": labels("P-", products, 6),
            "sku": labels("SKU", products * 7 + 10_000, 7),
            "product_name": self.names(products),
            "category": words([category for category, *_ in _RANGES], ranges),
            "subcategory": words([subcategory for _, subcategory, _, _ in _RANGES], ranges),
            "brand": words(_BRANDS, self.brand[products]),
            "unit_price": amounts(self.price[products], 4),
            "unit_cost": amounts(self.cost[products], 4),
            "currency": words((REPORTING_CURRENCY,), np.zeros(len(products), dtype=np.int64)),
            "is_active": flags(self.active[products]),
            "updated_at": timestamps(self.updated_at[products]),
        }
