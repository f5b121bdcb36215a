"""`lakehouse generate`: landing files of a made-up shop."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from lakehouse.cli.options import AsJson
from lakehouse.cli.output import console, print_json

FIRST_DAY = date(2026, 1, 1)


def generate(
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    days: Annotated[int, typer.Option(help="Days of business.")] = 90,
    orders_per_day: Annotated[int, typer.Option(help="Orders on an average day.")] = 222,
    seed: Annotated[int, typer.Option(help="The same seed makes the same shop.")] = 7,
    start: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day; 2026-01-01.")] = None,
    dirty: Annotated[float, typer.Option(help="Share of rows that are wrong in some way, up to 0.5.")] = 0.0,
    as_json: AsJson = False,
) -> None:
    """Write the landing files of a made-up but realistic shop, and truth.json: the KPIs that must come out.

    Example: lakehouse generate --out build/landing --days 90 --orders-per-day 222 --seed 7
    """
    from lakehouse.generate import generate as make

    report = make(out, days, orders_per_day, seed, start.date() if start else FIRST_DAY, dirty)
    if as_json:
        print_json(asdict(report))
        return
    console.print(
        f"{report.files:,} files with {report.rows:,} rows ({report.bytes / 1e6:,.1f} MB) in {out}, "
        f"made in {report.seconds:.1f} s; what must come out is in {report.truth}",
        markup=False,
        soft_wrap=True,
    )
