"""A run's report for people: files, rows, what was set aside and why, times, and the KPIs of the last day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from lakehouse.ask.asking import ask
from lakehouse.ask.written import value
from lakehouse.gold.conversion import MISSING_RATE
from lakehouse.runs.day_states import DayState, State
from lakehouse.runs.report import EntityBalance, RunReport, Status
from lakehouse.runs.snapshot import Snapshot
from lakehouse.semantic.metrics import Metrics
from lakehouse.semantic.query import Query

HEADLINE = "headline"
"""Tag of the metrics that a run's last day is summed up by."""

_SLOWEST = 8
_OUTCOMES = "stale: older than the version that counts; filtered: the source says it is none of the entity's"


def print_report(console: Console, report: RunReport, snapshot: Snapshot, metrics: Metrics) -> None:
    """Write the report of a run that ended well."""
    if report.status is Status.UNCHANGED:
        console.print(f"nothing new: run {report.run_id} stays published ({report.seconds:.1f} s)")
        return
    if report.rebuilt:
        console.print(f"everything from bronze was made anew: {report.rebuilt}", markup=False)
    console.print(f"{report.files:,} files with {report.rows:,} records")
    if report.balances:
        console.print(_balances(report.balances))
        console.print(_OUTCOMES)
    _print_counts(console, "set aside, by reason", report.rejected)
    _print_counts(console, "can not count yet", report.set_aside)
    if any(MISSING_RATE in reason for reason in report.set_aside):
        console.print(
            f"  amounts are reported in {snapshot.manifest.basis.business.currency}, and some have no exchange rate "
            "into it: deliver `exchange_rates`, or set `business.currency` in the environment's settings",
            soft_wrap=True,
        )
    _print_counts(console, "checks that warn", report.warnings)
    for problem in report.problems:
        console.print(f"  {problem.file}: {problem.what}\n    {problem.explanation}", markup=False, soft_wrap=True)
    for name in report.missing:
        console.print(f"  {name}: required, and no file of it was there", markup=False)
    if report.days:
        console.print("days for which files came empty, late, or not all:")
    print_days(console, report.days)
    slowest = sorted(report.tables, key=lambda table: -table.seconds)[:_SLOWEST]
    console.print("slowest: " + ", ".join(f"{table.table} {table.seconds:.1f} s" for table in slowest), markup=False)
    _print_last_day(console, snapshot, metrics)
    console.print(
        f"published run {report.run_id} of {report.lake} in {report.seconds:.1f} s on {report.engine}",
        markup=False,
        soft_wrap=True,
    )


def print_days(console: Console, days: Sequence[DayState]) -> None:
    """The days that did not come as a day does, those alike in one line, and what follows from each state."""
    alike: dict[State, dict[tuple[str, ...], list[DayState]]] = defaultdict(lambda: defaultdict(list))
    for each in days:
        alike[each.state][each.objects].append(each)
    for state, by_objects in alike.items():
        for objects, found in by_objects.items():
            first, last = found[0].day, found[-1].day
            spoken = str(first) if first == last else f"{len(found)} days from {first} to {last}"
            told = f"  {spoken} {state}: {', '.join(objects)}"
            console.print(told, markup=False, highlight=False, soft_wrap=True)
        console.print(f"    {state.explanation}", markup=False, highlight=False, soft_wrap=True)


def _balances(balances: tuple[EntityBalance, ...]) -> Table:
    columns = ("rows", "loaded", "unchanged", "stale", "duplicate", "quarantined", "filtered")
    table = Table("entity", box=None, pad_edge=False, collapse_padding=True)
    for column in columns:
        table.add_column(column, justify="right")
    for balance in balances:
        table.add_row(balance.entity, *(f"{getattr(balance, column):,}" for column in columns))
    return table


def _print_counts(console: Console, title: str, counts: Mapping[str, int]) -> None:
    if counts:
        console.print(f"{title}:")
        for name, count in counts.items():
            console.print(f"  {count:>9,}  {name}", markup=False)


def _print_last_day(console: Console, snapshot: Snapshot, metrics: Metrics) -> None:
    asked = tuple(metric.name for metric in metrics.tagged(HEADLINE))
    if not asked:
        return
    answer = ask(snapshot, metrics, Query(asked))
    if not answer.records:
        return
    last = answer.records[-1]
    currency = snapshot.manifest.basis.business.currency
    table = Table(f"last day, {last['period_start']}", "", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    for metric in answer.compiled.metrics:
        shown = value(metric, last[metric.name], last[f"{metric.name}_reason"], currency)
        table.add_row(metric.definition.business_name, shown)
    console.print(table)
