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
    from lakehouse.runs.plan import Plan
    from lakehouse.runs.planned_tables import PlannedTable


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
        console.print(f"everything that it reaches is made anew: {plan.rebuilt}", markup=False)
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
    columns = ("table", "how", "partitions", "rows", "MB read", "MB written", "why", "partitions known by")
    table = Table(*columns, box=None, pad_edge=False)
    for column in table.columns[2:6]:
        column.justify = "right"
    for each in plan.tables:
        megabytes = (f"{size / 1e6:,.2f}" for size in (each.read_bytes, each.forecast.bytes))
        rows = f"{each.forecast.rows:,}"
        table.add_row(each.table, each.reach.value, _partitions(each), rows, *megabytes, each.why, each.forecast.basis)
    return table


def _partitions(planned: PlannedTable) -> str:
    count, known = planned.forecast.partitions, planned.forecast.of_partitions
    return f"{count:,} of {known:,}" if known else f"{count:,}"


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
