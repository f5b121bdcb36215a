"""The landing files: made-up shops, made once and kept, and landing folders with some of their days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from lakehouse.generate import generate

ORDERS_PER_DAY = 913
MOST_DAYS = 1_095
"""1,095 days of 913 orders are a million; a larger shop has more orders a day, a smaller one fewer days."""

SEED = 7
FIRST_DAY = date(2023, 1, 1)


@dataclass(frozen=True)
class Shop:
    """A made-up shop without broken rows: its files by object and day, and its truth."""

    folder: Path

    @property
    def truth(self) -> Path:
        return self.folder / "truth.json"

    @cached_property
    def days(self) -> list[str]:
        return sorted({path.name.partition(".")[0][-10:] for path in self.folder.glob("orders/*.csv")})

    def deliver(self, days: Iterable[str], landing: Path) -> None:
        """Put the files of these days into a landing folder, as links."""
        wanted = set(days)
        for path in self.folder.glob("*/*.csv*"):
            target = landing / path.relative_to(self.folder)
            if path.name.partition(".")[0][-10:] in wanted and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.hardlink_to(path)

    @contextmanager
    def delivered(self, day: str, landing: Path) -> Iterator[None]:
        """One day's files are in landing meanwhile, and not afterwards."""
        self.deliver([day], landing)
        try:
            yield
        finally:
            for path in landing.glob(f"*/*{day}.csv*"):
                path.unlink()


def shop_of(root: Path, days: int, orders_per_day: int) -> Shop:
    """The shop of this size in a folder of `root`, generated if it is not there yet."""
    shop = Shop(root / f"shop-{days}x{orders_per_day}")
    # The truth is written last: with it, all files are there.
    if not shop.truth.exists():
        generate(shop.folder, days, orders_per_day, SEED, FIRST_DAY)
    return shop


def shop_with(root: Path, orders: int) -> Shop:
    """A shop with about so many orders."""
    days = max(1, min(MOST_DAYS, round(orders / ORDERS_PER_DAY)))
    return shop_of(root, days, max(1, round(orders / days)))
