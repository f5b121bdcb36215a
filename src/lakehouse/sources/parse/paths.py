"""Where records and columns are inside a JSON document: `orders[].line_items[]`, `customer.address[0].city`, `^.id`."""

from __future__ import annotations

import re
from dataclasses import dataclass

_KEY = re.compile(r"[^\[\].^]+")
_STEP = re.compile(r"(?P<key>[^\[\].^]+)(?P<indexes>(\[\d+\])*)")


@dataclass(frozen=True)
class RecordStep:
    """One key on the way to the records; `each` where it holds an array whose elements are meant."""

    key: str
    each: bool


@dataclass(frozen=True)
class ColumnPath:
    """`up` enclosing records outwards, then the keys and array positions to follow."""

    up: int
    steps: tuple[str | int, ...]


def parse_records_path(text: str | None) -> tuple[RecordStep, ...]:
    """The steps of a records path; none for None. ValueError if it is malformed."""
    if text is None:
        return ()
    steps = []
    for part in text.split("."):
        key, each = (part[:-2], True) if part.endswith("[]") else (part, False)
        if not _KEY.fullmatch(key):
            raise ValueError(f"records path '{text}': '{part}' is neither a key nor a key followed by []")
        steps.append(RecordStep(key, each))
    return tuple(steps)


def parse_column_path(text: str) -> ColumnPath:
    """The steps of a column path; ValueError if it is malformed."""
    carets = len(text) - len(text.lstrip("^"))
    rest = text[carets:]
    if carets and not rest.startswith("."):
        raise ValueError(f"column path '{text}': '^' is followed by '.' and a key")
    steps: list[str | int] = []
    for part in rest[1 if carets else 0 :].split("."):
        match = _STEP.fullmatch(part)
        if match is None:
            raise ValueError(f"column path '{text}': '{part}' is neither a key nor a key followed by [0], [1], …")
        steps.append(match["key"])
        steps.extend(int(index) for index in re.findall(r"\d+", match["indexes"]))
    return ColumnPath(carets, tuple(steps))
