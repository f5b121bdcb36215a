"""How a metric's values are written for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from rich.table import Table

from lakehouse.runs.ask import Answer
from lakehouse.semantic.compile import until
from lakehouse.semantic.definition import Format
from lakehouse.semantic.metrics import Metric
from lakehouse.settings import Grain

_REASONS = {
    "no_data": "not delivered",
    "not_arrived": "not arrived yet",
    "no_history": "no period before",
    "previous_zero": "none before",
    "previous_negative": "negative before",
    "zero_denominator": "none to divide by",
}


def period(start: date, grain: Grain) -> str:
    """A period's short name: 2026-01-31, 2026-W05, 2026-01, 2026-Q1, 2026."""
    match grain:
        case Grain.DAY:
            return start.isoformat()
        case Grain.WEEK:
            iso = start.isocalendar()
            return f"{iso.year}-W{iso.week:02}"
        case Grain.MONTH:
            return f"{start:%Y-%m}"
        case Grain.QUARTER:
            return f"{start.year}-Q{(start.month + 2) // 3}"
        case Grain.YEAR:
            return str(start.year)


def value(metric: Metric, number: Decimal | float | None, why_not: str | None, currency: str) -> str:
    """A value in its metric's format, or in brackets why there is none."""
    if number is None:
        return f"({_REASONS.get(why_not or '', why_not or 'unknown')})"
    match metric.definition.format:
        case Format.CURRENCY:
            return f"{number:,.2f} {currency}"
        case Format.COUNT:
            return f"{number:,.0f}"
        case Format.PERCENT:
            return f"{100 * number:,.2f} %"
        case Format.NUMBER:
            return f"{number:,.2f}"


def by_period(answer: Answer, currency: str) -> Table:
    """One line per metric and one column per period, or the other way round where periods are many."""
    rows = answer.rows.to_pylist()
    grain = answer.compiled.query.grain
    names = [period(row["period_start"], grain) for row in rows]
    cells = [
        [value(metric, row[metric.name], row[f"{metric.name}_reason"], currency) for row in rows]
        for metric in answer.compiled.metrics
    ]
    headings = [metric.definition.business_name for metric in answer.compiled.metrics]
    if len(rows) <= _MOST_COLUMNS:
        return _table("", names, headings, cells)
    return _table(grain.value, headings, names, [list(line) for line in zip(*cells, strict=True)])


def cut_short(answer: Answer) -> list[str]:
    """A sentence for each value that is not of all its period's days, because what came in does not go as far."""
    grain = answer.compiled.query.grain
    return [
        f"{metric.definition.business_name} of {period(row['period_start'], grain)} is that up to {last}: "
        f"what it needs of the days up to {row['last_date']} has not all arrived"
        for row in answer.rows.to_pylist()
        for metric in answer.compiled.metrics
        if (last := row[until(metric.name)]) is not None and last < row["last_date"]
    ]


_MOST_COLUMNS = 6


def _table(corner: str, columns: Sequence[str], lines: Sequence[str], cells: Sequence[Sequence[str]]) -> Table:
    table = Table(corner, box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right")
    for name, line in zip(lines, cells, strict=True):
        table.add_row(name, *line)
    return table
