"""`python -m benchmarks`: measure, and write docs/benchmarks.md and its chart from all that was ever measured."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.chart import chart
from benchmarks.contestants import ALL, REPOSITORY, Contestant
from benchmarks.page import page
from benchmarks.results import Results
from benchmarks.scenarios import Bench, day, full


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[], help="Orders of the full builds.")
    parser.add_argument("--histories", type=int, nargs="*", default=[], help="Days before the day's increment.")
    parser.add_argument("--engines", nargs="+", default=["sail", "spark"], choices=["sail", "spark"])
    parser.add_argument("--runs", type=int, default=1, help="Rounds; each contestant runs once in each.")
    parser.add_argument("--folder", type=Path, default=REPOSITORY / "build" / "bench")
    parser.add_argument("--docs", type=Path, default=REPOSITORY / "docs")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    contestants = _taking_part(arguments.engines)
    bench = Bench(folder, contestants, arguments.runs, lambda line: print(line, flush=True))
    for orders in arguments.sizes:
        full(bench, orders)
    if arguments.histories:
        day(bench, arguments.histories)
    publish(bench.results, arguments.docs)


def _taking_part(engines: list[str]) -> list[Contestant]:
    wanted = [contestant for contestant in ALL if contestant.engine in {*engines, "duckdb"}]
    for contestant in wanted:
        if not contestant.is_there:
            raise SystemExit(f"no environment for {contestant.engine}: make environment ENGINE={contestant.engine}")
    return wanted


def publish(results: Results, docs: Path) -> None:
    """Write the page and the chart."""
    (docs / "benchmarks.md").write_text(page(results), encoding="utf-8")
    (docs / "benchmarks.svg").write_text(chart(results), encoding="utf-8")


if __name__ == "__main__":
    main()
