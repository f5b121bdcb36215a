from __future__ import annotations

import re

import pytest

from lakehouse.verbs.patterns import Pattern

MATCHES = {
    "yyyy-MM-dd": (
        ["2024-02-29", "0001-12-31"],
        ["0000-01-01", "2024-2-29", "2024-13-01", "2024-01-32", "2024-01-01\n"],
    ),
    "d/M/yy": (["1/2/24", "01/12/99"], ["1/2/2024", "32/1/24", "1/13/24", "0/1/24"]),
    "dd MMM yyyy": (
        ["05 Jan 2024", "05 JAN 2024", "05 jan 2024"],
        ["05 Foo 2024", "05 January 2024", "05 \u017fep 2024"],
    ),
    "yyyy-MM-dd'T'HH:mm:ss.SSSX": (
        ["2024-01-05T23:59:59.000Z", "2024-01-05T00:00:00.123+05:30", "2024-01-05T00:00:00.123-0800"],
        ["2024-01-05T24:00:00.000Z", "2024-01-05T00:00:00.12Z", "2024-01-05T00:00:00.123", "2024-01-05T00:60:00.123Z"],
    ),
    "M/d/yyyy h:mm a": (["1/5/2024 12:00 AM", "1/5/2024 1:00 pm"], ["1/5/2024 13:00 PM", "1/5/2024 0:00 AM"]),
    "'on '(yyyy.MM.dd)": (["on (2024.01.05)"], ["on 2024.01.05", "on (2024-01-05)"]),
}


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [(pattern, text, index == 0) for pattern, both in MATCHES.items() for index in (0, 1) for text in both[index]],
)
def test_matches_whole_texts_only(pattern: str, text: str, matches: bool) -> None:
    # Python spells the end of a text \Z, both engines \z.
    expression = Pattern.parse(pattern).expression.replace(r"\z", r"\Z")
    assert bool(re.search(expression, text)) is matches


@pytest.mark.parametrize(
    ("pattern", "text", "parts"),
    [
        (
            "yyyy-MM-dd HH:mm",
            "2024-01-05 10:11",
            {"year": "2024", "month": "01", "day": "05", "hour": "10", "minute": "11"},
        ),
        ("MMM dd, yyyy", "Jan 05, 2024", {"month_name": "Jan", "day": "05", "year": "2024"}),
        (
            "hh:mm a dd.MM.yy",
            "01:02 pm 05.01.24",
            {"hour_of_half": "01", "half": "pm", "day": "05", "year_of_century": "24"},
        ),
    ],
)
def test_parts_of_fixed_width_have_slots(pattern: str, text: str, parts: dict[str, str]) -> None:
    slots = Pattern.parse(pattern).slots
    assert {part: text[slots[part][0] - 1 :][: slots[part][1]] for part in parts} == parts


@pytest.mark.parametrize(
    ("pattern", "unslotted"),
    [("d/MM/yyyy", {"day", "month", "year"}), ("yyyy-M-dd", {"month", "day"}), ("yyyy-MM-dd HH:mmXXX", {"offset"})],
)
def test_what_may_shift_has_no_slot(pattern: str, unslotted: set[str]) -> None:
    parsed = Pattern.parse(pattern)
    assert set(parsed.groups) - set(parsed.slots) == unslotted


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("yyyy-MM-dd EEE", "unknown letters 'EEE'"),
        ("YYYY-MM-dd", "unknown letters 'YYYY'"),
        ("yyyy-MM-DD", "unknown letters 'DD'"),
        ("yyyy-MM-dd dd", "gives the day twice"),
        ("yyyy-MM", "must give the day once"),
        ("MM/dd", "must give the year once"),
        ("yyyy-MM-MMM-dd", "must give the month once"),
        ("yyyy-MM-dd hh:mm", "hours are HH, or hh with a"),
        ("yyyy-MM-dd HH:mm a", "hours are HH, or hh with a"),
        ("yyyy-MM-ddT", "unknown letters 'T'"),
    ],
)
def test_mistakes_are_named(pattern: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Pattern.parse(pattern)
