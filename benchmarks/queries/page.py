"""docs/benchmarks-queries.md: what was measured, and how to read it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from string import Template

from benchmarks.queries.measured import COMPILED, FACTS, KPI_TABLES, Measured

TEXTS = Path(__file__).parent
MOST_BYTES, MOST_TIME, MOST_WARM = 1 / 20, 1 / 5, 1.5


def page(measured: Measured) -> str:
    """The whole page."""
    template = Template((TEXTS / "page.md").read_text(encoding="utf-8"))
    return template.substitute(
        orders=f"{measured.orders:,}",
        days=f"{measured.days:,}",
        rounds=str(len(measured.cold[FACTS])),
        bars=_bars(measured),
        reasons=(TEXTS / "reasons.md").read_text(encoding="utf-8").strip(),
        cold=_cold(measured),
        times=str(len(measured.warm["lakehouse"])),
        warm=_warm(measured),
        date=measured.date,
        machine=measured.machine,
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _bars(measured: Measured) -> str:
    read = measured.bytes_beyond(KPI_TABLES) / measured.bytes_beyond(FACTS)
    beyond = measured.seconds_beyond(KPI_TABLES) / measured.seconds_beyond(FACTS)
    rows = (
        ("bytes read for the answer, from KPI tables / from facts", MOST_BYTES, read),
        ("time of the whole process, from KPI tables / from facts", MOST_TIME, measured.ratio("wall_seconds")),
        ("time for the answer, from KPI tables / from facts", MOST_TIME, beyond),
        ("time of a question asked again / by hand", MOST_WARM, measured.warm_ratio),
    )
    said = {True: "met", False: "**not met**"}
    return _table(
        ("what", "bar", "measured", ""),
        [(what, f"≤ {bar:g}", f"{found:.3f}", said[found <= bar]) for what, bar, found in rows],
    )


def _cold(measured: Measured) -> str:
    rows = []
    for way in (KPI_TABLES, FACTS, COMPILED):
        usages = measured.cold[way]
        seconds = median(usage.wall_seconds for usage in usages)
        read = median(usage.read_bytes for usage in usages) / 2**20
        most = max(usage.peak_bytes for usage in usages) / 2**20
        beyond = "" if way == COMPILED else f"{measured.bytes_beyond(way) / 2**20:,.2f} MiB"
        rows.append((way, f"{seconds:.2f} s", f"{most:,.0f} MiB", f"{read:,.1f} MiB", beyond))
    return _table(("way", "time", "memory", "read", "read for the answer"), rows)


def _warm(measured: Measured) -> str:
    return _table(
        ("way", "time", "fastest"),
        [
            (way, f"{median(found) * 1000:.1f} ms", f"{min(found) * 1000:.1f} ms")
            for way, found in measured.warm.items()
        ],
    )
