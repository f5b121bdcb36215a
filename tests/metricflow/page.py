"""docs/metricflow.md: what was compared, and where the two differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class Page:
    """What the tests of a run found."""

    samples: Any = None
    shipped: Any = None

    @property
    def is_whole(self) -> bool:
        return False

    def text(self) -> str:
        return ""
