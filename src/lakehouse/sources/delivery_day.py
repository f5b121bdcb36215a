"""Which day a delivered file is for: the date in its path, as daily deliveries are named."""

from __future__ import annotations

import re
from datetime import date

_DATE = re.compile(r"(?<!\d)(\d{4})([-_/]?)(\d{2})\2(\d{2})(?!\d)")


def delivery_day(path: str) -> date | None:
    """The last date in the path (`2026-03-01`, `2026_03_01`, `2026/03/01`, `20260301`); None if there is none."""
    for year, _, month, day in reversed(_DATE.findall(path)):
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    return None
