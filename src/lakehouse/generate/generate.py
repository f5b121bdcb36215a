"""`lakehouse generate`: landing files of a made-up shop, and the numbers that must come out of them."""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lakehouse.errors import ConfigurationError, Problem
from lakehouse.generate import truth_duckdb, truth_python
from lakehouse.generate.clock import BusinessDays
from lakehouse.generate.dirt import Dirt
from lakehouse.generate.facts import Facts
from lakehouse.generate.files import OBJECTS, Layout, csv_lines, file_name, write
from lakehouse.generate.places import REPORTING_CURRENCY
from lakehouse.generate.shop import Shop
from lakehouse.generate.trade import Business
from lakehouse.generate.truth import WEEK_START
from lakehouse.generate.truth_described import Json, describe

SOURCE = "demo_shop"
TIME_ZONE = "Europe/Berlin"
TRUTH = "truth.json"
PLAIN_PYTHON_UP_TO = 60_000
"""Orders up to which the truth is computed in plain Python; DuckDB computes the same beyond."""

_MOST_DIRT = 0.5


@dataclass(frozen=True)
class GenerateReport:
    """What was written: data files with their rows (headers not counted) and bytes, and where the truth is."""

    files: int
    rows: int
    bytes: int
    truth: Path
    seconds: float


@dataclass(frozen=True)
class _Written:
    files: int = 0
    rows: int = 0
    bytes: int = 0

    def plus(self, rows: int, size: int) -> _Written:
        return _Written(self.files + 1, self.rows + rows, self.bytes + size)


def generate(out: Path, days: int, orders_per_day: int, seed: int, start: date, dirty: float = 0.0) -> GenerateReport:
    """Writes `<out>/<object>/<object>_<day>.csv[.gz]` for each business day, and `<out>/truth.json`.

    The same arguments give the same bytes. Files of an earlier call in `out` are replaced; nothing else is touched.
    `orders_per_day` is the mean over all days; `dirty` is the share of rows that something is wrong with.

    Raises ConfigurationError, all mistakes at once, for arguments out of range.
    """
    _check(days, orders_per_day, seed, start, dirty)
    began = time.monotonic()
    _clear(out)
    calendar = BusinessDays.of(start, days, TIME_ZONE)
    delivered_days = (start, calendar.date(days - 1))
    dirt = Dirt(seed, dirty)
    with tempfile.TemporaryDirectory(prefix="lakehouse-facts-") as scratch:
        business = Business.found(seed, calendar, orders_per_day, dirt)
        with Facts(Path(scratch)) as facts:
            written = _write_files(out, Shop(business, facts), calendar, dirt)
        small = business.next.order <= PLAIN_PYTHON_UP_TO
        measured = (truth_python if small else truth_duckdb).measure(Path(scratch), TIME_ZONE, delivered_days)
    asked: dict[str, Json] = {"seed": seed, "days": days, "orders_per_day": orders_per_day, "start": start.isoformat()}
    settings: dict[str, Json] = {"time_zone": TIME_ZONE, "reporting_currency": REPORTING_CURRENCY}
    delivered: dict[str, Json] = {name: {"files": each.files, "rows": each.rows} for name, each in written.items()}
    planted: dict[str, Json] = {kind: dict(sorted(counts.items())) for kind, counts in sorted(dirt.planted.items())}
    truth: dict[str, Json] = {
        "meta": {"source": SOURCE, **asked, "dirty": dirty, **settings, "week_start": WEEK_START},
        "delivered": delivered,
        "planted": planted,
        **describe(measured, delivered_days),
    }
    path = out / TRUTH
    path.write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
    return GenerateReport(
        files=sum(each.files for each in written.values()),
        rows=sum(each.rows for each in written.values()),
        bytes=sum(each.bytes for each in written.values()),
        truth=path,
        seconds=time.monotonic() - began,
    )


def _write_files(out: Path, shop: Shop, calendar: BusinessDays, dirt: Dirt) -> dict[str, _Written]:
    written = {name: _Written() for name in OBJECTS}
    for name in OBJECTS:
        (out / name).mkdir(parents=True, exist_ok=True)
    for number, name, table in shop.extracts():
        day = calendar.date(number)
        if dirt.share:
            layout, lines = dirt.lay_out(name, day, table)
        else:
            layout = Layout(tuple(table.column_names))
            lines = csv_lines(table, layout.columns)
        size = write(out / file_name(name, day), layout, lines)
        written[name] = written[name].plus(len(lines), size)
    return written


def _clear(out: Path) -> None:
    (out / TRUTH).unlink(missing_ok=True)
    for name in OBJECTS:
        for old in sorted((out / name).glob(f"{name}_????-??-??.csv*")):
            old.unlink()


def _check(days: int, orders_per_day: int, seed: int, start: date, dirty: float) -> None:
    rules = (
        (1 <= days <= 36_600, f"--days {days}: must be 1 to 36600"),
        (1 <= orders_per_day <= 1_000_000, f"--orders-per-day {orders_per_day}: must be 1 to 1000000"),
        (0 <= seed < 2**63, f"--seed {seed}: must be 0 or more"),
        (1971 <= start.year <= 2199, f"--start {start}: must lie in the years 1971 to 2199"),
        (0 <= dirty <= _MOST_DIRT, f"--dirty {dirty}: must be a share from 0 to {_MOST_DIRT}"),
    )
    wrong = [Problem("generate", 0, 0, message) for holds, message in rules if not holds]
    if wrong:
        raise ConfigurationError(wrong)
