"""The stretch of days that a number is measured over, seen from the period that it stands in."""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse.semantic.comparison import Comparison
from lakehouse.semantic.definition import EVER, Cumulative


@dataclass(frozen=True)
class Window:
    """Which days up to the end of a period: by default those of the period."""

    to_date: str | None = None
    trailing_days: int | None = None

    @property
    def name(self) -> str:
        if self.to_date is not None:
            return "ever" if self.to_date == EVER else f"{self.to_date}_to_date"
        return f"trailing_{self.trailing_days}_days" if self.trailing_days else ""

    @classmethod
    def of(cls, definition: Cumulative) -> Window:
        return cls(None if definition.to_date is None else str(definition.to_date), definition.trailing_days)


@dataclass(frozen=True)
class Span:
    """The days of a window in the period itself or in the one that it is compared with.

    `arrived` are the facts that say how many days of the period have passed, where a comparison is to date. With
    `before` it is the period before that one, for who was there then, too.
    """

    window: Window = Window()
    comparison: Comparison | None = None
    arrived: tuple[str, ...] = ()
    before: bool = False

    @property
    def is_period(self) -> bool:
        """Whether it is the period itself."""
        return self == Span()

    @property
    def name(self) -> str:
        """Name of the span in a query, unique there."""
        parts = [
            self.window.name,
            str(self.comparison) if self.comparison else "",
            "".join(f"of_{fact.removeprefix('fact_')}_" for fact in self.arrived).rstrip("_"),
            "before" if self.before else "",
        ]
        return "_".join(filter(None, parts)) or "period"
