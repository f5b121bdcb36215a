"""`lakehouse backfill`: what landing holds of some days."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from lakehouse.cli.options import (
    AsJson,
    Configuration,
    EngineName,
    Environment,
    LakeLocation,
    LandingLocation,
    Sources,
    run_request,
)
from lakehouse.cli.output import console, print_json, progress
from lakehouse.runs.days import Days, Publish

if TYPE_CHECKING:
    from lakehouse.runs.backfill import Backfilled, Published
    from lakehouse.runs.run import Request

First = Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")]
Last = Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, included.")]
How = Annotated[
    Publish, typer.Option("--publish", help="One snapshot of all days at once, or one for each day, in their order.")
]
Again = Annotated[
    bool, typer.Option("--again", help="Make everything anew from bronze, these days too if they are loaded already.")
]


def backfill(
    first: First,
    last: Last,
    publish: How = Publish.ONCE,
    again: Again = False,
    lake: LakeLocation = None,
    source: Sources = None,
    landing: LandingLocation = None,
    engine: EngineName = None,
    env: Environment = "local",
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """Load the files in landing whose path names one of these days; what is loaded already is skipped.

    What was interrupted goes on where it stopped when it is called again.

    Example: lakehouse backfill --lake build/lake --source demo_shop --landing in --from 2026-01-01 --to 2026-01-31
    """
    days = Days(first.date(), last.date())
    request = run_request(lake, source, landing, engine, False, env, conf)
    from lakehouse.runs.backfill import backfill as carry_out

    def told(published: Published) -> None:
        if as_json:
            print_json({**asdict(published.days), **published.report.as_json()})
        elif publish is Publish.DAY:
            _print_day(published)
        else:
            _print_all(published, request)

    done = carry_out(request, days, publish, progress(quiet=as_json), told, again=again)
    if not as_json:
        _print_total(done)
    elif not done.published:
        print_json({**asdict(days), "status": "unchanged", "files": 0})


def _print_day(published: Published) -> None:
    from lakehouse.cli.summary import print_days

    report = published.report
    loaded = sum(balance.loaded for balance in report.balances)
    set_aside = sum(balance.quarantined for balance in report.balances)
    rows = f"{report.files:,} files with {report.rows:,} records: {loaded:,} loaded, {set_aside:,} set aside"
    _say(f"{published.days}  {rows}; published run {report.run_id} in {report.seconds:.1f} s")
    if report.rebuilt:
        _say(f"  everything from bronze was made anew: {report.rebuilt}")
    for problem in report.problems:
        _say(f"  {problem.file}: {problem.what}\n    {problem.explanation}")
    print_days(console, report.days)


def _print_all(published: Published, request: Request) -> None:
    from lakehouse.cli.summary import print_report
    from lakehouse.runs.snapshot import open_snapshot

    report, workspace = published.report, request.workspace
    print_report(console, report, open_snapshot(report.lake, workspace.settings.storage), workspace.metrics)


def _print_total(done: Backfilled) -> None:
    if done.undated:
        _say(f"{len(done.undated):,} new files have no day in their path, for `lakehouse run`: {done.undated[0]}, …")
    if done.same:
        _say(f"{len(done.same):,} files were touched or moved and hold what is loaded already: {done.same[0]}, …")
    if not done.published:
        _say(f"nothing to do: no file of {done.days} is new")
        return
    reports = [published.report for published in done.published]
    rows = f"{sum(report.files for report in reports):,} files with {sum(report.rows for report in reports):,} records"
    _say(f"{done.days}: {rows}, {len(reports):,} published, in {sum(report.seconds for report in reports):.1f} s")


def _say(sentence: str) -> None:
    console.print(sentence, markup=False, soft_wrap=True)
