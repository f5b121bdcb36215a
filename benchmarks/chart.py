"""docs/benchmarks.svg: time and memory of the full builds as bars."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from benchmarks.contestants import ALL, Kind
from benchmarks.results import Result, Results

WIDTH, LABELS, GAP, LINE = 860, 190, 90, 22
PANEL = (WIDTH - LABELS - 2 * GAP) // 2
INK, TIME, MEMORY = "#57606a", "#2f6fb0", "#c77b30"
HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13" '
    'role="img" aria-label="Time and memory of the full builds">'
)


def chart(results: Results) -> str:
    """An SVG with a block for each size, contestants below each other, and a bar for their time and their memory."""
    body, y = [], LINE
    for scenario in results.scenarios("full-"):
        measured = [result for one in ALL if one.kind is not Kind.FLOOR and (result := results.of(scenario, one))]
        body += [*_block(f"{int(scenario.partition('-')[2]):,} orders", measured, y)]
        y += (len(measured) + 2) * LINE
    return "\n".join([HEAD.format(width=WIDTH, height=y), *body, "</svg>"]) + "\n"


def _block(title: str, measured: list[Result], y: int) -> Iterator[str]:
    left, right = LABELS, LABELS + PANEL + GAP
    yield _text(0, y, title, "bold")
    yield _text(left, y, "time, s")
    yield _text(right, y, "memory, MiB")
    longest = max(result.median("wall_seconds") for result in measured)
    largest = max(result.median("peak_bytes") for result in measured)
    for number, result in enumerate(measured, start=1):
        at = y + number * LINE
        seconds, held = result.median("wall_seconds"), result.median("peak_bytes")
        yield _text(0, at, result.contestant)
        yield _bar(left, at, seconds / longest, TIME, f"{seconds:,.1f}")
        yield _bar(right, at, held / largest, MEMORY, f"{held / 2**20:,.0f}")


def _bar(x: int, y: int, share: float, colour: str, label: str) -> str:
    width = max(1, round(share * PANEL))
    box = f'<rect x="{x}" y="{y - 12}" width="{width}" height="15" fill="{colour}"/>'
    return box + _text(x + width + 5, y, label)


def _text(x: int, y: int, text: str, weight: str = "normal") -> str:
    return f'<text x="{x}" y="{y}" fill="{INK}" font-weight="{weight}">{escape(text)}</text>'
