"""Answers as tables on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from lakehouse.ask.answer import Answer
from lakehouse.ask.written import Written

_MOST_COLUMNS = 6


def answer_table(answer: Answer) -> Table:
    """A line for each row; where these are few periods of one shop, a column for each instead."""
    written = Written(answer)
    query, lines = answer.compiled.query, written.lines()
    is_by_period = not query.by and written.columns[0].name == "period_start"
    if is_by_period and len(lines) <= _MOST_COLUMNS:
        periods, *values = zip(*lines, strict=True) if lines else ((), *((),) * (len(written.columns) - 1))
        return _table(
            "", periods, [[heading, *cells] for heading, cells in zip(written.headings[1:], values, strict=True)]
        )
    corner, *headings = written.headings
    return _table(corner, headings, lines, left=len(written.columns) - len(_values(written)) - 1)


def _values(written: Written) -> list[str]:
    return [column.name for column in written.columns if column.metric is not None]


def _table(corner: str, headings: Sequence[str], lines: Sequence[Sequence[str]], left: int = 0) -> Table:
    table = Table(corner, box=None, pad_edge=False)
    for n, heading in enumerate(headings):
        table.add_column(heading, justify="left" if n < left else "right")
    for line in lines:
        table.add_row(*line)
    return table
