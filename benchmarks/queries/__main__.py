"""`python -m benchmarks.queries`: measure a question on a large lake, and write docs/benchmarks-queries.md."""

from __future__ import annotations

import argparse
from datetime import date
from functools import partial
from pathlib import Path

from benchmarks.contestants import LAKEHOUSE_ON_SAIL, REPOSITORY, carry_out
from benchmarks.queries.measured import keep, kept, measure
from benchmarks.queries.page import page
from benchmarks.queries.question import Question
from benchmarks.shops import shop_with


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5, help="Rounds; each way is taken once in each. 0: the page only.")
    parser.add_argument("--folder", type=Path, default=REPOSITORY / "build" / "bench")
    parser.add_argument("--docs", type=Path, default=REPOSITORY / "docs")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    results = folder / "results" / f"queries-{arguments.orders}.json"
    if arguments.runs:
        shop = shop_with(folder, arguments.orders)
        lake = folder / "lakes" / f"queries-{shop.folder.name}"
        # A lake that was loaded before is kept, and only brought up to date.
        carry_out(LAKEHOUSE_ON_SAIL.command(shop.folder, lake), folder / "logs" / "queries-lake.log")
        question = Question.of(lake, date.fromisoformat(shop.days[-1]))
        keep(
            measure(
                question, arguments.orders, len(shop.days), arguments.runs, folder / "logs", partial(print, flush=True)
            ),
            results,
        )
    (arguments.docs / "benchmarks-queries.md").write_text(page(kept(results)), encoding="utf-8")


if __name__ == "__main__":
    main()
