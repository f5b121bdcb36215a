"""Which day a delivered file is for: the date in its path below landing, as daily deliveries are named.

A date in the path of the landing folder itself says nothing of its files.
"""

from __future__ import annotations

import re
from datetime import date

_DATE = re.compile(r"(?<!\d)(\d{4})([-_/]?)(\d{2})\2(\d{2})(?!\d)")


def path_below(landing: str, uri: str) -> str:
    """Where a file lies below the landing folder."""
    return uri.removeprefix(f"{landing}/")


def path_of_ledger(landing_path: str | None, uri: str) -> str:
    """The same of a file that was read before: as its run wrote it down.

    Older runs did not, and nothing tells where their landing folder was: of their files the name alone counts.
    """
    return uri.rpartition("/")[2] if landing_path is None else landing_path


def delivery_day(path: str) -> date | None:
    """The last date in the path (`2026-03-01`, `2026_03_01`, `2026/03/01`, `20260301`); None if there is none."""
    for year, _, month, day in reversed(_DATE.findall(path)):
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    return None
