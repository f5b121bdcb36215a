"""Date and time patterns in the usual letters, read without an engine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec"

# Spelled out, because engines disagree on what differs in case only.
_MONTH_NAME = "|".join("".join(f"[{letter.upper()}{letter}]" for letter in name) for name in re.findall("...", MONTHS))
# The name of each part and the texts it may be.
_PARTS: Mapping[str, tuple[str, str]] = {
    "yyyy": ("year", "000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3}"),
    "yy": ("year_of_century", "[0-9]{2}"),
    "MM": ("month", "0[1-9]|1[0-2]"),
    "M": ("month", "0?[1-9]|1[0-2]"),
    "MMM": ("month_name", _MONTH_NAME),
    "dd": ("day", "0[1-9]|[12][0-9]|3[01]"),
    "d": ("day", "0?[1-9]|[12][0-9]|3[01]"),
    "HH": ("hour", "[01][0-9]|2[0-3]"),
    "H": ("hour", "[01]?[0-9]|2[0-3]"),
    "hh": ("hour_of_half", "0[1-9]|1[0-2]"),
    "h": ("hour_of_half", "0?[1-9]|1[0-2]"),
    "a": ("half", "[AaPp][Mm]"),
    "mm": ("minute", "[0-5][0-9]"),
    "m": ("minute", "[0-5]?[0-9]"),
    "ss": ("second", "[0-5][0-9]"),
    "s": ("second", "[0-5]?[0-9]"),
    **{"S" * digits: ("fraction", f"[0-9]{{{digits}}}") for digits in range(1, 7)},
    **dict.fromkeys(("X", "XX", "XXX", "Z", "ZZZ"), ("offset", "Z|[+-](?:0[0-9]|1[0-8]):?[0-5][0-9]")),
}
_WIDTHS = {"a": 2} | {letters: len(letters) for letters in _PARTS if len(letters) > 1 and letters[0] not in "XZ"}
_PIECE = re.compile(r"'(?P<quoted>[^']*)'|(?P<letters>([A-Za-z])\3*)|(?P<other>.)", re.DOTALL)


@dataclass(frozen=True)
class Pattern:
    """A pattern as the regular expression of the texts it matches, and where each part stands in them.

    Letters: yyyy, yy (2000 to 2099), MM, M, MMM (English, any case), dd, d, HH, H, hh, h, a, mm, m, ss, s, S to SSSSSS,
    X, XX, XXX, Z (each any of Z, +hh:mm, +hhmm). Text in quotes and all other characters stand for themselves.
    `groups` has the number of each part's group; `slots` first character and length of those that never shift.
    """

    expression: str
    groups: Mapping[str, int]
    slots: Mapping[str, tuple[int, int]]

    @classmethod
    def parse(cls, pattern: str) -> Pattern:
        """ValueError, naming what is wrong, for an unknown letter, a part given twice and a day not fully given."""
        expression, groups, slots = "", dict[str, int](), dict[str, tuple[int, int]]()
        start: int | None = 1
        for piece in _PIECE.finditer(pattern):
            letters = piece["letters"]
            if letters is None:
                literal = piece["quoted"] if piece["quoted"] is not None else piece["other"]
                expression += re.escape(literal)
                width: int | None = len(literal)
            else:
                part, texts = _part(letters, pattern, groups)
                expression += f"({texts})"
                groups[part] = len(groups) + 1
                width = _WIDTHS.get(letters)
                if start is not None and width is not None:
                    slots[part] = (start, width)
            start = None if start is None or width is None else start + width
        _check_whole(pattern, groups)
        return cls(rf"\A{expression}\z", groups, slots)


def _part(letters: str, pattern: str, groups: Mapping[str, int]) -> tuple[str, str]:
    if letters not in _PARTS:
        raise ValueError(f"unknown letters '{letters}' in pattern '{pattern}'")
    part, texts = _PARTS[letters]
    if part in groups:
        raise ValueError(f"pattern '{pattern}' gives the {part.replace('_', ' ')} twice")
    return part, texts


def _check_whole(pattern: str, groups: Mapping[str, int]) -> None:
    for alternatives in (("year", "year_of_century"), ("month", "month_name"), ("day",)):
        if len(set(alternatives) & set(groups)) != 1:
            raise ValueError(f"pattern '{pattern}' must give the {alternatives[0]} once")
    if ("hour_of_half" in groups) != ("half" in groups) or {"hour", "hour_of_half"} <= set(groups):
        raise ValueError(f"pattern '{pattern}': hours are HH, or hh with a")
