"""`lakehouse plan`: what a run would do, and what it would take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from lakehouse.cli.options import (
    AsJson,
    Configuration,
    EngineName,
    Environment,
    Full,
    LakeLocation,
    LandingLocation,
    Sources,
    run_request,
)
from lakehouse.cli.output import console, print_json

if TYPE_CHECKING:
    from lakehouse.runs.forecast import Forecast
    from lakehouse.runs.plan import Plan


def plan(
    lake: LakeLocation = None,
    source: Sources = None,
    landing: LandingLocation = None,
    engine: EngineName = None,
    full: Full = False,
    env: Environment = "local",
    conf: Configuration = None,
    as_json: AsJson = False,
) -> None:
    """Say what `lakehouse run` would read and write, why, and what it would take; nothing is started or written.

    Example: lakehouse plan --lake build/lake --landing build/landing --source demo_shop
    """
    from lakehouse.runs.run import plan as find

    request = run_request(lake, source, landing, engine, full, env, conf)
    found = find(request)
    if as_json:
        print_json(found.as_json())
    else:
        _print(found)


def _print(plan: Plan) -> None:
    for name in plan.missing:
        console.print(f"{name}: required, and no file of it is there", markup=False)
    if plan.held_by is not None:
        console.print(f"not now: {plan.held_by}", markup=False, soft_wrap=True)
    for name in plan.put_back:
        console.print(f"{name}: put back first, an earlier run ended before publishing", markup=False)
    if plan.is_empty:
        console.print(f"nothing new: run {plan.base_run_id} would stay published", markup=False)
        return
    if plan.rebuilt:
        console.print(f"what it reaches is made anew: {plan.rebuilt}", markup=False)
    if plan.files:
        console.print(_files(plan))
    console.print(_tables(plan))
    _print_estimate(plan)


def _files(plan: Plan) -> Table:
    table = Table("new files of", "files", "kB", "records", "known by", box=None, pad_edge=False)
    for column in table.columns[1:4]:
        column.justify = "right"
    for each in plan.files:
        size = f"{each.bytes / 1000:,.1f}"
        exact = each.basis in {"read", "empty"}
        records = f"{'' if exact else 'about '}{each.records:,}"
        table.add_row(str(each), f"{len(each.files):,}", size, records, each.basis)
    return table


def _tables(plan: Plan) -> Table:
    columns = ("table", "how", "partitions", "likely", "rows", "MB read", "MB written", "why", "estimated by")
    table = Table(*columns, box=None, pad_edge=False)
    for column in table.columns[:7]:
        # Where a terminal is narrow, sentences are broken into lines, and names and numbers are not.
        column.no_wrap = True
    table.columns[7].overflow = "fold"
    for number in (2, 4, 5, 6):
        table.columns[number].justify = "right"
    for each in plan.tables:
        megabytes = (f"{size / 1e6:,.2f}" for size in (each.read_bytes, each.forecast.bytes))
        written = each.forecast
        partitions, likely = _partitions(written), _span(written.likely)
        reach, rows = each.reach.value, f"{written.rows:,}"
        table.add_row(each.table, reach, partitions, likely, rows, *megabytes, _brief(each.why), written.basis)
    return table


def _partitions(forecast: Forecast) -> str:
    count, known = forecast.partitions, forecast.of_partitions
    return f"{count:,} of {known:,}" if known else f"{count:,}"


def _span(newest_first: tuple[str, ...]) -> str:
    return " … ".join(dict.fromkeys((newest_first[-1], newest_first[0]))) if newest_first else ""


def _brief(why: str) -> str:
    """A reason with at most two names."""
    names = why.split(", ")
    return why if len(names) <= 2 else f"{', '.join(names[:2])} and {len(names) - 2} more"


def _print_estimate(plan: Plan) -> None:
    if plan.estimate is None:
        return
    told = plan.estimate
    billed = f"{told.dpu_seconds:,.0f} DPU-seconds, ${told.dollars:,.2f}"
    console.print(f"about {told.seconds:,.0f} s on {plan.engine}")
    console.print(f"as a job on AWS Glue about {told.glue_seconds:,.0f} s: {billed}")
    console.print("which assumes:")
    for assumption in plan.assumptions:
        console.print(f"  {assumption}", markup=False, soft_wrap=True)
    console.print("the tables are certain: a run writes no other; how much of each is an estimate")
