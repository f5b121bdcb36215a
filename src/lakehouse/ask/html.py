"""What a notebook shows of answers, tables and a lake. Names and values of data are text, whatever is in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lakehouse.ask.written import Written

if TYPE_CHECKING:
    from lakehouse.ask.answer import Answer
    from lakehouse.ask.lake import Lake

MOST_ROWS = 60

# Words begin and numbers end at one line; a value is not broken where a table is wide.
_WORD, _NUMBER, _WHOLE = "text-align:left;", "text-align:right;", "white-space:nowrap;"


def answer_table(answer: Answer) -> str:
    """The first rows of an answer, each value as people write it, and where there is none the reason."""
    written = Written(answer)
    styles = [_NUMBER if column.metric else _WORD for column in written.columns]
    more = len(answer) - MOST_ROWS
    rest = f"<p>and {more:,} rows more</p>" if more > 0 else ""
    return _table(written.headings, written.lines(MOST_ROWS), styles, _WHOLE) + rest


def rows_table(rows: pa.Table) -> str:
    """Rows as they are."""
    lines = ([_shown(value) for value in row.values()] for row in rows.to_pylist())
    return _table(rows.column_names, lines, [_WORD] * rows.num_columns)


def _table(heads: Sequence[str], lines: Iterable[Sequence[str]], styles: Sequence[str], of_cells: str = "") -> str:
    """A line of text for each row, so that two tables can be compared."""
    head = "".join(f"<th style='{style}'>{escape(text)}</th>" for style, text in zip(styles, heads, strict=True))
    rows = [
        "".join(f"<td style='{style}{of_cells}'>{escape(text)}</td>" for style, text in zip(styles, line, strict=True))
        for line in lines
    ]
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"


def lake_summary(lake: Lake) -> str:
    """Which snapshot it is, and what to ask it."""
    marts = "".join(
        f"<li><b>{escape(mart.title)}</b>, {len(mart.metrics)} metrics. {escape(mart.description.strip())}</li>"
        for mart in lake.definitions.marts
    )
    return (
        f"<p><b>{escape(lake.snapshot.root)}</b><br>as run <code>{escape(lake.run_id)}</code> published it</p>"
        f"<ul>{marts}</ul>"
    )


def _shown(value: Any) -> str:
    return "" if value is None else str(value)
