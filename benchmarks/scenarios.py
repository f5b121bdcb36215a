"""What is measured: a full build, a day's increment on histories of several lengths, a run with nothing new.

Contestants take turns, round by round, and what each wrote is checked; FailedError if it is wrong.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from benchmarks.agreement import (
    Numbers,
    PlainLake,
    Totals,
    Written,
    comparable,
    months,
    published,
    totals,
    true_months,
    wrong_months,
    wrong_totals,
)
from benchmarks.contestants import (
    PLAIN_ON_DUCKDB,
    REPOSITORY,
    Contestant,
    FailedError,
    Kind,
    carry_out,
)
from benchmarks.results import Results, Sample
from benchmarks.shops import MOST_DAYS, ORDERS_PER_DAY, Shop, shop_of, shop_with

NOTHING_NEW = "nothing-new"


@dataclass
class Bench:
    """Where everything is kept, who takes part, how often, and who is told of each measurement."""

    folder: Path
    contestants: Sequence[Contestant]
    rounds: int
    tell: Callable[[str], None]
    _samples: dict[tuple[str, Contestant], list[Sample]] = field(default_factory=lambda: defaultdict(list))

    @property
    def results(self) -> Results:
        return Results(self.folder / "results")

    def of_kind(self, kind: Kind) -> list[Contestant]:
        return [contestant for contestant in self.contestants if contestant.kind is kind]

    def measure(self, scenario: str, contestant: Contestant, command: Sequence[str], tables: Sequence[str]) -> Path:
        """Run the command and keep what it took; the file with its output."""
        log = self.folder / "logs" / f"{scenario}--{contestant.name.replace(' ', '-')}.log"
        usage = carry_out(command, log)
        samples = self._samples[scenario, contestant]
        samples.append(Sample(usage, _parts(log) if contestant.kind is Kind.LAKEHOUSE else {}, len(tables)))
        self.results.keep(scenario, contestant, samples)
        self.tell(
            f"{scenario:<16} {contestant.name:<24} {usage.wall_seconds:8.1f} s {usage.cpu_seconds:8.1f} s CPU "
            f"{usage.peak_bytes / 2**20:8,.0f} MiB {usage.read_bytes / 2**20:8,.0f} MiB read"
        )
        return log

    def fresh(self, name: str) -> Path:
        """An empty place of that name."""
        place = self.folder / "work" / name
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        return place


def _parts(log: Path) -> dict[str, float]:
    """Seconds by layer, as the run reports them."""
    report = json.loads(log.read_text(encoding="utf-8").splitlines()[-1])
    parts: dict[str, float] = defaultdict(float)
    for step in report["tables"]:
        parts[step["table"].partition(".")[0]] += step["seconds"]
    return {name: round(seconds, 3) for name, seconds in parts.items()}


# ── a full build ──────────────────────────────────────────────────────────────────────────────────────────────────────


def full(bench: Bench, orders: int) -> None:
    """Every contestant makes all tables of a shop with so many orders."""
    shop, scenario = shop_with(bench.folder, orders), f"full-{orders}"
    truth = true_months(shop.truth)
    committed: dict[str, Sequence[str]] = {}
    written: dict[Contestant, Totals] = {}
    for number in range(bench.rounds):
        for contestant in bench.contestants:
            lake = bench.fresh("lake")
            tables = committed.get(contestant.engine, ())
            if contestant.kind is Kind.FLOOR and not tables:
                continue
            bench.measure(scenario, contestant, contestant.command(shop.folder, lake, tables), tables)
            if contestant.kind is Kind.LAKEHOUSE:
                committed[contestant.engine] = published(lake).tables
            if contestant.kind is not Kind.FLOOR:
                require_right(contestant, truth, months(_written(contestant, lake)))
            if contestant.kind is not Kind.FLOOR and number == 0:
                written[contestant] = totals(_written(contestant, lake))
                _require_alike(written)
    bench.fresh("lake")


def _written(contestant: Contestant, lake: Path) -> Written:
    return published(lake) if contestant.kind is Kind.LAKEHOUSE else PlainLake(lake)


def require_right(contestant: Contestant, expected: Numbers, actual: Numbers) -> None:
    """FailedError if a KPI of a month is not as expected."""
    _require_none(contestant, list(wrong_months(expected, actual)))


def _require_alike(written: dict[Contestant, Totals]) -> None:
    """FailedError if a plain script's tables are not lakehouse's."""
    product = next((found for contestant, found in written.items() if contestant.kind is Kind.LAKEHOUSE), None)
    for contestant, found in written.items():
        if product is not None and contestant.kind is Kind.PLAIN:
            _require_none(contestant, list(wrong_totals(product, found)))


def _require_none(contestant: Contestant, wrong: list[str]) -> None:
    if wrong:
        raise FailedError(f"{contestant.name} wrote wrong numbers:\n  " + "\n  ".join(wrong[:20]))


# ── a day's increment ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _History:
    """The last days before the day that is measured: their landing folder, and what must come out with that day."""

    days: int
    shop: Shop
    landing: Path
    expected: Numbers

    @property
    def first_day(self) -> str:
        return self.shop.days[-1 - self.days]

    @property
    def scenario(self) -> str:
        return f"day-{self.days}"

    @property
    def day(self) -> str:
        return self.shop.days[-1]


def day(bench: Bench, histories: Iterable[int], longest: int = MOST_DAYS, orders_per_day: int = ORDERS_PER_DAY) -> None:
    """The same day's files after histories of these lengths, of one and the same shop; then a run with nothing new."""
    shop = shop_of(bench.folder, longest + 1, orders_per_day)
    prepared = [_history(bench, shop, days) for days in histories]
    lakes = {history.days: _lake(bench, history) for history in prepared}
    for _ in range(bench.rounds):
        for contestant in bench.of_kind(Kind.LAKEHOUSE):
            for history in prepared:
                _measure_day(bench, history, contestant, lakes[history.days])
            if prepared:
                _measure_nothing_new(bench, prepared[0], contestant, lakes[prepared[0].days])


def _history(bench: Bench, shop: Shop, days: int) -> _History:
    landing = bench.folder / f"landing-{days}-of-{shop.folder.name}"
    shop.deliver(shop.days[-1 - days : -1], landing)
    scratch = bench.fresh("expected")
    with shop.delivered(shop.days[-1], landing):
        carry_out(PLAIN_ON_DUCKDB.command(landing, scratch), bench.folder / "logs" / "expected.log")
    expected = months(PlainLake(scratch))
    if days + 1 == len(shop.days):
        require_right(PLAIN_ON_DUCKDB, true_months(shop.truth), expected)
    return _History(days, shop, landing, expected)


def _lake(bench: Bench, history: _History) -> Path:
    """The history's lake, made by one run and kept until the product changes.

    One engine makes it for all: they write the same tables, and a lake is theirs in turns.
    """
    contestant = bench.of_kind(Kind.LAKEHOUSE)[0]
    name = f"{history.landing.name}-{_product()}"
    lake, unfinished = bench.folder / "lakes" / name, bench.folder / "lakes" / f"{name}-unfinished"
    if not lake.exists():
        shutil.rmtree(unfinished, ignore_errors=True)
        bench.tell(f"{history.scenario:<16} {contestant.name:<24} makes its history")
        carry_out(contestant.command(history.landing, unfinished), bench.folder / "logs" / "history.log")
        unfinished.rename(lake)
    return lake


def _product() -> str:
    """What tells this version of the product from others."""
    content = sha256()
    for path in sorted([*(REPOSITORY / "src").rglob("*.py"), *(REPOSITORY / "conf").rglob("*.yml")]):
        content.update(path.read_bytes())
    return content.hexdigest()[:12]


def _measure_day(bench: Bench, history: _History, contestant: Contestant, kept: Path) -> None:
    lake = bench.fresh("lake") / "lake"
    copy(kept, lake)
    before = published(lake).manifest.tables
    with history.shop.delivered(history.day, history.landing):
        bench.measure(history.scenario, contestant, contestant.command(history.landing, lake), ())
    snapshot = published(lake)
    expected, actual = (comparable(numbers, history.first_day) for numbers in (history.expected, months(snapshot)))
    require_right(contestant, expected, actual)
    after = snapshot.manifest.tables
    changed = [name for name, pin in after.items() if name not in before or before[name].version != pin.version]
    for floor in bench.of_kind(Kind.FLOOR):
        if floor.engine == contestant.engine:
            _measure_floor(bench, history.scenario, floor, changed)
    bench.fresh("lake")


def _measure_floor(bench: Bench, scenario: str, floor: Contestant, tables: Sequence[str]) -> None:
    """One commit to each of the tables that the run before has written, which are there already."""
    kept = bench.folder / "lakes" / f"floor-{floor.engine}-{len(tables)}"
    if not kept.exists():
        carry_out(floor.command(kept, kept, tables), bench.folder / "logs" / "floor.log")
    lake = bench.fresh("floor") / "lake"
    copy(kept, lake)
    bench.measure(scenario, floor, floor.command(lake, lake, tables), tables)


def _measure_nothing_new(bench: Bench, history: _History, contestant: Contestant, kept: Path) -> None:
    log = bench.measure(NOTHING_NEW, contestant, contestant.command(history.landing, kept), ())
    status = json.loads(log.read_text(encoding="utf-8").splitlines()[-1])["status"]
    if status != "unchanged":
        raise FailedError(f"a second run of {contestant.name} says '{status}', and nothing was new")


def copy(kept: Path, lake: Path) -> None:
    """A copy with its files' times, for nothing where the file system shares blocks."""
    subprocess.run(["cp", "-a", "--reflink=auto", str(kept), str(lake)], check=True)
